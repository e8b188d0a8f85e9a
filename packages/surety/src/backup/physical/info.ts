import { z } from 'zod';
import { BlindError, SuretyError } from '../../core/error.ts';

const segment = z.string().regex(/^[0-9A-F]{24}$/);
const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);
const seconds = z.int().min(0);

const backup = z
  .object({
    label: z.string().regex(/^\d{8}-\d{6}F(_\d{8}-\d{6}[DI])?$/),
    type: z.enum(['full', 'diff', 'incr']),
    /** Pages whose checksum did not hold when they were copied. */
    error: z.boolean(),
    prior: z.string().nullable(),
    reference: z.array(z.string()).nullish(),
    archive: z.object({ start: segment, stop: segment }),
    lsn: z.object({ start: lsn, stop: lsn }),
    timestamp: z.object({ start: seconds, stop: seconds }),
    info: z.object({ size: z.int().min(0), repository: z.object({ delta: z.int().min(0) }) }),
    database: z.object({ id: z.int(), 'repo-key': z.int() }),
    backrest: z.object({ version: z.string() }),
  })
  .transform(({ database, backrest, reference, ...one }) => ({
    ...one,
    reference: reference ?? [],
    databaseId: database.id,
    repository: database['repo-key'],
    version: backrest.version,
  }));

/** A backup as pgBackRest lists it. Times are seconds of the database's clock. */
export type PhysicalBackup = z.infer<typeof backup>;

const stanza = z.object({
  name: z.string(),
  status: z.object({ code: z.int(), message: z.string() }),
  backup: z.array(backup),
  archive: z.array(
    z.object({
      id: z.string(),
      min: segment.nullable(),
      max: segment.nullable(),
      database: z.object({ id: z.int(), 'repo-key': z.int() }),
    }),
  ),
  db: z.array(
    z.object({
      id: z.int(),
      'repo-key': z.int(),
      'system-id': z.string().regex(/^\d+$/),
      version: z.string(),
    }),
  ),
  repo: z.array(
    z.object({
      key: z.int(),
      cipher: z.string(),
      status: z.object({ code: z.int(), message: z.string() }),
    }),
  ),
});

/** One stanza in one repository. */
export type StanzaInfo = {
  readonly stanza: string;
  readonly repository: number;
  /** `none`, `aes-256-cbc` */
  readonly cipher: string;
  /** Of the cluster that the newest entries are of; `null` where the stanza was never created. */
  readonly cluster: { readonly systemIdentifier: string; readonly major: string } | null;
  /** `15-1`: the folder of the archive that WAL goes to now. */
  readonly archiveId: string | null;
  /** Of that cluster, oldest first; those with page errors as well. */
  readonly backups: readonly PhysicalBackup[];
  /** Why there is nothing to restore from: `missing stanza path`, `no valid backups`. */
  readonly trouble: string | null;
};

const missingStanza = 1;
const ok = 0;
const noBackups = 2;
const noStanzaData = 3;

/**
 * What `pgbackrest info --output=json` said. It exits 0 whatever it found, so that only this text tells.
 *
 * @throws {SuretyError} `physical/answer` when it is not what pgBackRest says
 * @throws {BlindError} `physical/repository` when pgBackRest could not look into the repository
 */
export function readInfo(text: string, name: string): StanzaInfo {
  const found = parse(text).find((one) => one.name === name);
  const repo = found?.repo.toSorted((a, b) => a.key - b.key)[0];
  if (found === undefined || repo === undefined)
    return { ...nothing(name), trouble: `pgBackRest knows no stanza ${name}` };
  const { code, message } = repo.status;
  if (![ok, missingStanza, noBackups, noStanzaData].includes(code)) throw unreadable(message);
  const db = found.db.filter((one) => one['repo-key'] === repo.key).at(-1);
  const here = ({ database }: (typeof found.archive)[number]): boolean =>
    database['repo-key'] === repo.key && database.id === db?.id;
  return {
    stanza: name,
    repository: repo.key,
    cipher: repo.cipher,
    cluster: db === undefined ? null : { systemIdentifier: db['system-id'], major: db.version },
    archiveId: found.archive.find(here)?.id ?? null,
    backups: found.backup.filter((one) => one.repository === repo.key && one.databaseId === db?.id),
    trouble: code === ok ? null : message,
  };
}

function nothing(stanza: string): Omit<StanzaInfo, 'trouble'> {
  return { stanza, repository: 1, cipher: 'none', cluster: null, archiveId: null, backups: [] };
}

function parse(text: string): readonly z.infer<typeof stanza>[] {
  // A system identifier has more digits than a number of JavaScript holds.
  const exact = text.replaceAll(/"system-id":(\d+)/g, '"system-id":"$1"');
  try {
    return z.array(stanza).parse(JSON.parse(exact));
  } catch (cause) {
    const where = cause instanceof z.ZodError ? ` at ${cause.issues[0]?.path.join('.')}` : '';
    throw new SuretyError(
      'physical/answer',
      `pgbackrest info answered what we do not know${where}`,
      'report this with the version of pgbackrest',
      { cause },
    );
  }
}

function unreadable(message: string): BlindError {
  return new BlindError(
    'physical/repository',
    `pgBackRest cannot read the repository: ${plainWords(message)}`,
    'run this as who may read the repository, with the cipher pass that it was made with',
  );
}

/** With a wrong cipher pass, pgBackRest quotes what it deciphered. */
export function plainWords(message: string): string {
  const [first = ''] = message.split('\n');
  return first
    .replace(/( at line \d+):.*/, '$1')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, 200);
}
