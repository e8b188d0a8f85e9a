/**
 * What is publicly known of holes in PostgreSQL's row security, by release. Data only, in our own words; written down
 * from the project's release notes and security pages. Grows with each quarterly release.
 */

/** A mended hole of the server itself, through which rows are seen or changed that a policy hides. */
export type ServerHole = {
  readonly id: `CVE-${string}`;
  /** The day of the releases that mended it. */
  readonly published: string;
  /** What it lets somebody do. */
  readonly what: string;
  /** What it takes besides a connection of the application's role. */
  readonly takes: string;
  /** The first major release that has it; left out: all that have row security. */
  readonly since?: number;
  /** The first major release that never had it: later ones are made from mended sources. */
  readonly neverFrom?: number;
  /** The minor release that mended it, by major release. A major that is missing here is not known. */
  readonly mendedIn: Readonly<Record<number, number>>;
  /** What has to be done on a server that was initialised by an older minor release. */
  readonly alsoRun?: string;
  readonly source: string;
};

const page = (id: string): string => `https://www.postgresql.org/support/security/${id}/`;

/** The day on which the list was last held against the releases. */
export const holesAsOf = '2026-11-22';

/** Minor releases come quarterly: a list that is older than two of them says little. */
export const holesGoodForDays = 190;

export const serverHoles: readonly ServerHole[] = [
  {
    id: 'CVE-2023-2455',
    published: '2023-05-11',
    what: 'a plan with an inlined set-returning function is kept, and answers the next role by the policies of the last one',
    takes: 'a session that works as several roles, by SET ROLE or in definer functions',
    neverFrom: 16,
    mendedIn: { 11: 20, 12: 15, 13: 11, 14: 8, 15: 3 },
    source: page('CVE-2023-2455'),
  },
  {
    id: 'CVE-2023-39418',
    published: '2023-08-10',
    what: 'MERGE checks an update by the policies for inserts, so that rows can be given away or reached',
    takes: 'INSERT and UPDATE on a table whose policies for them differ',
    since: 15,
    neverFrom: 16,
    mendedIn: { 15: 4 },
    source: page('CVE-2023-39418'),
  },
  {
    id: 'CVE-2024-4317',
    published: '2024-05-09',
    what: 'pg_stats_ext and pg_stats_ext_exprs show the most common values of columns that one may not read',
    takes: 'extended statistics (CREATE STATISTICS) on somebody’s table',
    since: 14,
    neverFrom: 17,
    mendedIn: { 14: 12, 15: 7, 16: 3 },
    alsoRun: 'fix-CVE-2024-4317.sql of the server’s share folder, as superuser, in each database',
    source: page('CVE-2024-4317'),
  },
  {
    id: 'CVE-2024-10976',
    published: '2024-11-14',
    what: 'a kept plan with a policy below a sub-query or CTE answers the next role by the policies of the last one',
    takes: 'a session that works as several roles, by SET ROLE or in definer functions',
    neverFrom: 18,
    mendedIn: { 12: 21, 13: 17, 14: 14, 15: 9, 16: 5, 17: 1 },
    source: page('CVE-2024-10976'),
  },
  {
    id: 'CVE-2024-10978',
    published: '2024-11-14',
    what: 'rolling SET SESSION AUTHORIZATION back ends SET ROLE as well, so that the login role’s policies apply',
    takes: 'a session that works as several roles, by SET ROLE',
    neverFrom: 18,
    mendedIn: { 12: 21, 13: 17, 14: 14, 15: 9, 16: 5, 17: 1 },
    source: page('CVE-2024-10978'),
  },
  {
    id: 'CVE-2025-8713',
    published: '2025-08-14',
    what: 'the planner shows sampled values of hidden rows to a leaky operator, through partitions, child tables and views',
    takes: 'a partition, child table or view that one may read, and an operator of one’s own',
    neverFrom: 18,
    mendedIn: { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 },
    source: page('CVE-2025-8713'),
  },
  {
    id: 'CVE-2026-14666',
    published: '2026-08-13',
    what: 'a kept plan outlives a change of a role’s attributes or memberships, and goes on without the policies',
    takes: 'a session that is older than the change of the role',
    mendedIn: { 14: 24, 15: 19, 16: 15, 17: 11, 18: 6 },
    source: page('CVE-2026-14666'),
  },
  {
    id: 'CVE-2026-16237',
    published: '2026-11-12',
    what: 'INSERT … ON CONFLICT DO UPDATE on a view changes rows that the view’s WHERE hides',
    takes: 'INSERT and UPDATE on a view that can be written to',
    mendedIn: { 14: 25, 15: 20, 16: 16, 17: 12, 18: 7 },
    source: page('CVE-2026-16237'),
  },
  {
    id: 'CVE-2026-116311',
    published: '2026-11-12',
    what: 'DROP OWNED BY takes the role itself off restrictive policies on tables that it does not own',
    takes: 'a restrictive policy that names the role in TO',
    mendedIn: { 14: 25, 15: 20, 16: 16, 17: 12, 18: 7 },
    source: page('CVE-2026-116311'),
  },
  {
    id: 'CVE-2026-116327',
    published: '2026-11-12',
    what: 'a leaky operator inside of CASE counts as leakproof, and is shown rows before the policy hides them',
    takes: 'SELECT on a table, and an operator of one’s own',
    // Seen on 18.4 as well; of other majors the release notes are still to be read.
    mendedIn: { 15: 20 },
    source: page('CVE-2026-116327'),
  },
  {
    id: 'CVE-2026-120154',
    published: '2026-11-12',
    what: 'the WHERE of INSERT … ON CONFLICT DO UPDATE is shown hidden rows, so that an error message reads them out',
    takes: 'INSERT, UPDATE and SELECT on a table',
    mendedIn: { 14: 25, 15: 20, 16: 16, 17: 12, 18: 7 },
    source: page('CVE-2026-120154'),
  },
];

/** The day after which a major release gets no more fixes. Source: https://www.postgresql.org/support/versioning/ */
export const endOfLife: Readonly<Record<number, string>> = {
  9: '2021-11-11',
  10: '2022-11-10',
  11: '2023-11-09',
  12: '2024-11-21',
  13: '2025-11-13',
  14: '2026-11-12',
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
};
