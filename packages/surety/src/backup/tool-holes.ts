/**
 * What is publicly known of holes in PostgreSQL's dump programs, by release. Data only, in our own words; written down from the
 * project's release notes and security pages. Grows with each quarterly release; last held against them on 2026-11-22.
 */

/** A mended hole of pg_dump, pg_dumpall or pg_restore: with it, a dump runs what somebody slipped into it. */
export type ToolHole = {
  readonly id: `CVE-${string}`;
  /** The day of the releases that mended it. */
  readonly published: string;
  /** What it lets somebody do. */
  readonly what: string;
  /** The minor release that mended it, by major release. A major that is missing here never got the fix. */
  readonly mendedIn: Readonly<Record<number, number>>;
  readonly source: string;
};

const page = (id: string): string => `https://www.postgresql.org/support/security/${id}/`;

/** The newest major release that the list knows: later ones are made from mended sources. */
const newestKnownMajor = 18;

export const toolHoles: readonly ToolHole[] = [
  {
    id: 'CVE-2025-8714',
    published: '2025-08-14',
    what: 'a superuser of the dumped server has commands run as the account that restores, by meta-commands of psql',
    mendedIn: { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6, 18: 0 },
    source: page('CVE-2025-8714'),
  },
  {
    id: 'CVE-2025-8715',
    published: '2025-08-14',
    what: 'a newline in the name of an object has commands run as the account that restores',
    mendedIn: { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6, 18: 0 },
    source: page('CVE-2025-8715'),
  },
  {
    id: 'CVE-2026-18408',
    published: '2026-08-13',
    what: 'the guard against meta-commands in a dump, \\restrict, can itself be made to run them',
    mendedIn: { 14: 24, 15: 19, 16: 15, 17: 11, 18: 6 },
    source: page('CVE-2026-18408'),
  },
  {
    id: 'CVE-2026-116314',
    published: '2026-11-12',
    what: 'what is slipped into a dump runs when it is restored',
    mendedIn: { 14: 25, 15: 20, 16: 16, 17: 12, 18: 7 },
    source: page('CVE-2026-116314'),
  },
];

/** The oldest minor release of a major without any of the holes; `null` where there is none. */
export function safeMinor(major: number): number | null {
  if (major > newestKnownMajor) return 0;
  const minors = toolHoles.map(({ mendedIn }) => mendedIn[major] ?? Number.POSITIVE_INFINITY);
  const least = Math.max(...minors);
  return Number.isFinite(least) ? least : null;
}
