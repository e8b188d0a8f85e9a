import type { Connection } from './connection.ts';
import { endOfLife, holesAsOf, holesGoodForDays, type ServerHole, serverHoles } from './server-holes.ts';

/** What a server says of itself. */
export type ServerVersion = {
  readonly major: number;
  readonly minor: number;
  /** As it names itself: `15.18 (Debian 15.18-0+deb12u1)`, `19beta1`. */
  readonly text: string;
  /** A beta, a release candidate or a build of the development branch. */
  readonly preRelease: boolean;
  /** Whose changed server it is, whose version says less: `Amazon Aurora`. `null`: PostgreSQL's own sources. */
  readonly fork: string | null;
  /** Whether the catalog of this database still shows extended statistics to everybody. */
  readonly showsStatistics: boolean;
};

/** Objects that a hole needs, counted in the catalog. A hole that is missing here needs none. */
export type HoleUse = { readonly hole: ServerHole['id']; readonly missing: string; readonly count: number };

/** How a server stands to one hole. */
export type Standing =
  /** Mended in this minor release, or never there. */
  | { readonly is: 'closed'; readonly why: string }
  | { readonly is: 'open'; readonly why: string; readonly run?: string }
  /** Open, and nothing in this database is what it needs. */
  | { readonly is: 'out of use'; readonly why: string }
  | { readonly is: 'unknown'; readonly why: string };

type VersionRow = {
  number: number;
  text: string;
  full: string;
  aurora: boolean;
  alloydb: boolean;
  statistics: string;
};

/** Both views got the same condition: whoever asks has to be a member of the table's owner. */
const versionSql = `
  select current_setting('server_version_num')::int as number, current_setting('server_version') as text,
    version() as full,
    exists (select from pg_catalog.pg_proc where proname = 'aurora_version') as aurora,
    exists (select from pg_catalog.pg_settings where name like 'alloydb.%') as alloydb,
    coalesce(pg_catalog.pg_get_viewdef(to_regclass('pg_catalog.pg_stats_ext')), '')
      || coalesce(pg_catalog.pg_get_viewdef(to_regclass('pg_catalog.pg_stats_ext_exprs')), '') as statistics`;

/** What each such hole needs, where the catalog can say that there is none of it. */
const usesSql = `
  select 'CVE-2024-4317' as hole, 'no extended statistics' as missing,
    (select count(*) from pg_catalog.pg_statistic_ext)::int as count
  union all
  select 'CVE-2025-8713', 'no partition, child table or view',
    (select count(*) from pg_catalog.pg_inherits)::int + (select count(*) from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v'
        and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema')::int
  union all
  select 'CVE-2026-16237', 'no view that can be written to',
    (select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'v' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
        and pg_relation_is_updatable(c.oid, true) & 12 = 12)::int
  union all
  select 'CVE-2026-116311', 'no restrictive policy that names roles',
    (select count(*) from pg_catalog.pg_policy where not polpermissive and polroles <> '{0}')::int`;

/** @throws {SqlError} */
export async function readServerVersion(connection: Connection): Promise<ServerVersion> {
  const [row] = await connection.rows<VersionRow>(versionSql);
  if (row === undefined) throw new Error('the server has no version');
  return serverVersion(row);
}

/** @throws {SqlError} */
export function readHoleUses(connection: Connection): Promise<readonly HoleUse[]> {
  return connection.rows<HoleUse>(usesSql);
}

/** From `server_version_num`, `server_version` and `version()`, and what only a fork has. */
export function serverVersion({
  number,
  text,
  full,
  aurora,
  alloydb,
  statistics,
}: VersionRow): ServerVersion {
  const guarded = statistics.match(/pg_has_role\(c\.relowner/g)?.length ?? 0;
  return {
    major: Math.floor(number / 10_000),
    minor: number >= 100_000 ? number % 10_000 : Math.floor(number / 100) % 100,
    text,
    preRelease: /^\d+(devel|alpha|beta|rc)/i.test(text),
    fork: forkOf(full, aurora, alloydb),
    showsStatistics: statistics !== '' && guarded < 2,
  };
}

const forks =
  /EnterpriseDB|Redshift|Greenplum|CockroachDB|YugabyteDB|YB-|Postgres Pro|openGauss|Fujitsu|PolarDB/i;

function forkOf(full: string, aurora: boolean, alloydb: boolean): string | null {
  if (aurora) return 'Amazon Aurora';
  if (alloydb) return 'AlloyDB';
  const [named] = forks.exec(full) ?? [];
  return named ?? (full.startsWith('PostgreSQL ') ? null : 'not PostgreSQL by its own word');
}

/** How a server stands to a hole, from its version, its catalog and what of the hole's needs is there. */
export function standing(hole: ServerHole, server: ServerVersion, uses: readonly HoleUse[]): Standing {
  const byVersion = versionStanding(hole, server);
  if (byVersion.is !== 'open') return byVersion;
  const use = uses.find((candidate) => candidate.hole === hole.id);
  if (use?.count === 0) return { is: 'out of use', why: `${byVersion.why}; ${use.missing} here to use it` };
  return byVersion;
}

function versionStanding(hole: ServerHole, { major, minor, fork, showsStatistics }: ServerVersion): Standing {
  const { since = 0, neverFrom, mendedIn, alsoRun } = hole;
  if (major < since || (neverFrom !== undefined && major >= neverFrom && isKnownMajor(major))) {
    return { is: 'closed', why: `PostgreSQL ${major} never had it` };
  }
  const mended = mendedIn[major];
  if (mended === undefined) {
    return { is: 'unknown', why: `which release of PostgreSQL ${major} mends it is not known here` };
  }
  if (minor >= mended) {
    return alsoRun !== undefined && showsStatistics
      ? {
          is: 'open',
          why: `mended in ${major}.${mended}, but this database is older than that`,
          run: alsoRun,
        }
      : { is: 'closed', why: `mended in ${major}.${mended}` };
  }
  return fork === null
    ? { is: 'open', why: `mended in ${major}.${mended}` }
    : {
        is: 'unknown',
        why: `PostgreSQL mended it in ${major}.${mended}; ${fork} may have taken the fix earlier`,
      };
}

/** A release that came out after the list was written may have anything. */
function isKnownMajor(major: number): boolean {
  return endOfLife[major] !== undefined;
}

/** Whether a major release still gets fixes on that day; `null` where the list does not know it. */
export function isSupported({ major }: ServerVersion, day: Date): boolean | null {
  const last = endOfLife[major];
  return last === undefined ? null : day <= new Date(`${last}T23:59:59Z`);
}

/** Days since the list of holes was held against the releases. */
export function listAge(day: Date): { readonly days: number; readonly stale: boolean } {
  const days = Math.floor((day.getTime() - Date.parse(`${holesAsOf}T00:00:00Z`)) / 86_400_000);
  return { days, stale: days > holesGoodForDays };
}

/** The newest release that gets fixes on that day and of which every hole is known to be mended. */
export function cleanRelease(day: Date): ServerVersion | null {
  const majors = Object.keys(endOfLife).map(Number);
  const releases = majors.flatMap((major) => {
    const text = mendedRelease(major);
    return text === null ? [] : [plainVersion(text)];
  });
  const isClean = (server: ServerVersion): boolean =>
    isSupported(server, day) === true &&
    serverHoles.every((hole) => standing(hole, server, []).is === 'closed');
  return releases.toReversed().find(isClean) ?? null;
}

/** PostgreSQL's own release of that name, on a database that it initialised. */
export function plainVersion(text: string): ServerVersion {
  const [major = 0, minor = 0] = text.split('.').map((part) => Number.parseInt(part, 10));
  return { major, minor, text, preRelease: false, fork: null, showsStatistics: false };
}

/** The oldest minor release of its major without any of the holes; `null` where that is not known. */
export function mendedRelease(major: number): string | null {
  const affecting = serverHoles.filter(
    ({ since = 0, neverFrom = Number.POSITIVE_INFINITY }) => major >= since && major < neverFrom,
  );
  const minors = affecting.flatMap(({ mendedIn }) => mendedIn[major] ?? []);
  return minors.length === 0 ? null : `${major}.${Math.max(...minors)}`;
}

/** Whether on that `server_version_num` a role can take itself off restrictive policies that name it, by DROP OWNED BY. */
export function dropsItself(version: number): boolean {
  const [major, minor] = [Math.floor(version / 10_000), version % 10_000];
  const mended = serverHoles.find(({ id }) => id === 'CVE-2026-116311')?.mendedIn ?? {};
  const first = mended[major];
  return first === undefined ? major < Math.min(...Object.keys(mended).map(Number)) : minor < first;
}
