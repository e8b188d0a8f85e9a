import { createHash } from 'node:crypto';
import path from 'node:path';
import type pg from 'pg';
import { SuretyError } from '../../core/error.ts';
import { version } from '../../version.ts';
import { checkStores } from '../check-stores.ts';
import { copiesIn } from '../copies.ts';
import type { PhysicalFacts } from '../facts.ts';
import type { BackupOutcome, MakeOptions } from '../make.ts';
import type { PhysicalContent } from '../manifest.ts';
import { checkDatabase, checkFacts, type Preflight } from '../preflight.ts';
import type { Description } from '../publish.ts';
import { publishAll } from '../publish-all.ts';
import { withSession } from '../session.ts';
import { type Archive, readArchive } from './archive.ts';
import type { PhysicalBackup, StanzaInfo } from './info.ts';
import { openPgBackRest, type PgBackRest } from './pgbackrest.ts';
import { damageOf } from './repository.ts';
import { described } from './segments.ts';

export type MakePhysicalOptions = Omit<MakeOptions, 'streams' | 'expect'> & {
  readonly type: 'full' | 'diff' | 'incr';
  /** Folder that a relative `config` of pgBackRest starts from. */
  readonly root: string;
};

const day = 86_400_000;
/** What the parts take at most: lists, no rows. */
const expected = 2 ** 26;
const manifestLimit = 512 * 2 ** 20;

/**
 * Lets pgBackRest make a backup, and signs what then lies in its repository. The files themselves stay there: the
 * parts in our stores are pgBackRest's `backup.manifest` (every file of the cluster with its checksum) and `repository` (label, chain,
 * retention and the SHA-1 of each WAL segment that the backup needs). Signed is only what was read back: the whole repository is verified before.
 *
 * @throws {SuretyError} `preflight/…`, `physical/…`; then nothing is signed, whatever pgBackRest made
 */
export async function makePhysicalBackup(options: MakePhysicalOptions): Promise<BackupOutcome> {
  const { facts, key, signal, now, root, env } = options;
  const { physical } = facts;
  if (physical === undefined)
    throw refused(
      'no-facts',
      'the estate says nothing of pgBackRest',
      'name its stanza and config as `physical`',
    );
  const started = now();
  checkFacts(facts, key);
  const pgbackrest = await openPgBackRest({
    stanza: physical.stanza,
    config: path.resolve(root, physical.config),
    env,
    signal,
  });
  const lockUntil = new Date(started.getTime() + facts.keep.days * day);
  const session = { url: facts.url, ca: options.ca, who: 'the role that backs up', signal };
  return withSession(session, async (client) => {
    const checked = await checkDatabase(client, now);
    const copies = copiesIn({ ...options, recipients: facts.recipients, lockUntil });
    const skews = await checkStores(copies, expected);
    const made = await makeOne({ pgbackrest, physical, checked, type: options.type });
    options.step?.(`${made.backup.label}  ${(made.took.backup ?? 0).toFixed(1)} s`);
    const counts = await countTables(client);
    try {
      await copies.put('backup.manifest', once(made.manifest));
      await copies.put('repository', once(Buffer.from(JSON.stringify(repositoryOf(made, pgbackrest)))));
      const description = describe(options, { started, checked, counts, made, pgbackrest, physical });
      return await publishAll(options, { copies, skews, description, lockUntil, notes: checked.notes });
    } catch (error) {
      await copies.clear(() => true);
      signal.throwIfAborted();
      throw error;
    }
  });
}

type Making = {
  readonly pgbackrest: PgBackRest;
  readonly physical: PhysicalFacts;
  readonly checked: Preflight;
  readonly type: MakePhysicalOptions['type'];
};

type Made = {
  readonly info: StanzaInfo;
  readonly backup: PhysicalBackup;
  readonly archive: Archive;
  /** pgBackRest's own list, deciphered. */
  readonly manifest: Buffer;
  readonly took: Readonly<Record<string, number>>;
};

async function makeOne({ pgbackrest, physical, checked, type }: Making): Promise<Made> {
  const took: Record<string, number> = {};
  const timed = async <T>(phase: string, work: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const value = await work();
    took[phase] = Math.round(performance.now() - begun) / 1000;
    return value;
  };
  const before = await pgbackrest.info();
  if (before.cluster?.systemIdentifier !== checked.systemIdentifier)
    throw refused(
      'other-cluster',
      `stanza ${physical.stanza} is not of the database that the estate names`,
      'pgbackrest stanza-create, or mend `physical` of the estate',
    );
  await timed('check', () => pgbackrest.check());
  await timed('backup', () => pgbackrest.backup(type));
  const info = await pgbackrest.info();
  const known = new Set(before.backups.map(({ label }) => label));
  const backup = info.backups.findLast(({ label }) => !known.has(label));
  if (backup === undefined)
    throw refused('no-backup', 'pgbackrest backup ended well, and there is no new backup', 'run it by hand');
  if (backup.error)
    throw refused(
      'bad-pages',
      `${backup.label} has pages whose checksums do not hold`,
      'amcheck the database',
    );
  const manifest = await pgbackrest.get(
    `backup/${physical.stanza}/${backup.label}/backup.manifest`,
    manifestLimit,
  );
  const archive = await readArchive(pgbackrest, info, backup);
  const [hole] = archive.holes;
  if (hole !== undefined)
    throw refused(
      'hole',
      `WAL is missing: ${described(hole)}`,
      'look at archive_command, then back up again',
    );
  const damage = await timed('verify', async () => damageOf(await pgbackrest.verify()));
  if (damage !== null)
    throw refused('repository-damaged', damage, 'find out what changed the repository; take a full backup');
  took.total = Object.values(took).reduce((sum, seconds) => sum + seconds, 0);
  return { info, backup, archive, manifest, took };
}

/** What part `repository` holds, as JSON. */
function repositoryOf({ info, backup, archive }: Made, { configuration, version: program }: PgBackRest) {
  const { label, type, prior, reference, timestamp, lsn, info: sizes } = backup;
  return {
    pgbackrest: program,
    cluster: info.cluster,
    archiveId: info.archiveId,
    repository: configuration.repositories.find(({ key }) => key === info.repository) ?? null,
    backup: { label, type, prior, reference, timestamp, lsn, sizes },
    segments: archive.segments.filter(({ segment }) => segment <= backup.archive.stop),
  };
}

type Described = {
  readonly started: Date;
  readonly checked: Preflight;
  readonly counts: { readonly tables: number; readonly rows: number };
  readonly made: Made;
  readonly pgbackrest: PgBackRest;
  readonly physical: PhysicalFacts;
};

function describe(
  { backup, slot, facts }: MakePhysicalOptions,
  { started, checked, counts, made, pgbackrest, physical }: Described,
): Description {
  const { systemIdentifier, database, server, size, skew } = checked;
  const content: PhysicalContent = {
    stanza: physical.stanza,
    label: made.backup.label,
    type: made.backup.type,
    cipher: made.info.cipher,
    manifest: createHash('sha256').update(made.manifest).digest('hex'),
    wal: made.backup.archive,
  };
  return {
    backup,
    engine: 'physical',
    source: { systemIdentifier, database, server, size, ...counts },
    slot: slot?.toISOString() ?? null,
    started: started.toISOString(),
    // From its stop on, the cluster can be brought to any moment that the archive reaches.
    snapshot: new Date(made.backup.timestamp.stop * 1000).toISOString(),
    databaseSkew: skew,
    recipients: [...facts.recipients],
    physical: content,
    tools: { pgbackrest: pgbackrest.version, surety: version, node: process.versions.node },
    took: { ...made.took },
  };
}

/** Nobody counts rows when pages are copied: these are the server's own estimates, for telling that a database shrank. */
async function countTables(client: pg.ClientBase): Promise<{ tables: number; rows: number }> {
  const { rows } = await client.query<{ tables: number; rows: number }>(`
    select count(*)::int as tables, coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 as rows
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`);
  const [counted] = rows;
  return { tables: counted?.tables ?? 0, rows: Math.round(counted?.rows ?? 0) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function refused(what: string, fact: string, hint: string): SuretyError {
  return new SuretyError(`physical/${what}`, fact, hint);
}
