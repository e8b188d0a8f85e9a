import { BlindError, SuretyError } from '../../core/error.ts';
import type { Archive } from './archive.ts';
import type { Archiver } from './archiver.ts';
import type { PhysicalBackup, StanzaInfo } from './info.ts';
import { timeText } from './moment.ts';
import type { PgBackRest } from './pgbackrest.ts';
import { damageOf, manifestDigest } from './repository.ts';
import { described } from './segments.ts';

/** Backups that a moment can be recovered from. */
export type Usable = {
  readonly newest: PhysicalBackup;
  /** The newest full one, or the one that the newest moment asked for needs: WAL is needed from there on. */
  readonly first: PhysicalBackup;
  /** From `first` to `newest`. */
  readonly all: readonly PhysicalBackup[];
};

/** Which backups there are, and which of them reach the second. */
export async function stanza(
  { pgbackrest, at }: { readonly pgbackrest: PgBackRest; readonly at?: Date },
  archiver: Archiver | null,
): Promise<{ readonly fact: string; readonly value: { info: StanzaInfo; usable: Usable } }> {
  const info = await pgbackrest.info();
  const whole = info.backups.filter(({ error }) => !error);
  const early =
    at === undefined ? whole : whole.filter(({ timestamp }) => timestamp.stop * 1000 < at.getTime());
  const newest = early.at(-1);
  const [oldest] = whole;
  if (oldest === undefined || info.trouble !== null)
    throw broken(
      'physical/nothing',
      `stanza ${info.stanza}: ${info.trouble ?? 'every backup has pages whose checksums do not hold'}`,
      'pgbackrest stanza-create, then pgbackrest backup --type=full',
    );
  const live = archiver?.systemIdentifier ?? null;
  if (live !== null && live !== info.cluster?.systemIdentifier)
    throw broken(
      'physical/other-cluster',
      `stanza ${info.stanza} is not of the database that the estate names`,
      'mend `physical` of the estate, or pgbackrest stanza-upgrade after a new initdb',
    );
  if (newest === undefined)
    throw broken(
      'physical/too-early',
      `the chosen second is before the end of the oldest backup, ${secondText(oldest.timestamp.stop)}`,
      'choose a later one, or keep full backups longer: repo1-retention-full',
    );
  const fullAt = early.findLastIndex(({ type }) => type === 'full');
  const first = at === undefined ? (early[fullAt] ?? newest) : newest;
  const all = early.slice(early.indexOf(first));
  const fact = `${whole.length} backups, the newest ${newest.label}, cipher ${info.cipher}`;
  return { fact, value: { info, usable: { newest, first, all } } };
}

/** Whether pgBackRest's list of the backup is the one that was signed. */
export async function signedManifest(
  {
    pgbackrest,
    signed,
    unread = [],
    stanza: name,
  }: {
    readonly pgbackrest: PgBackRest;
    readonly signed?: ReadonlyMap<string, string>;
    readonly unread?: readonly string[];
    readonly stanza: string;
  },
  { label }: PhysicalBackup,
): Promise<{ readonly fact: string; readonly value: null }> {
  if (signed === undefined)
    throw new BlindError('physical/no-manifests', 'no store was read', 'name the stores of the estate');
  const want = signed.get(label);
  if (want === undefined && unread.length > 0)
    throw new BlindError(
      'physical/unread-manifests',
      `no signed manifest tells of ${label} in the stores that could be read; ${unread.join(', ')} could not`,
      'let every store of the estate be reached',
    );
  if (want === undefined)
    throw broken(
      'physical/unsigned',
      `no signed manifest tells of ${label}`,
      'surety backup signs what it made',
    );
  const got = await manifestDigest(pgbackrest, name, label);
  if (got !== want)
    throw broken(
      'physical/manifest-changed',
      `backup.manifest of ${label} is not the one that was signed`,
      'find out who changed the repository; take a full backup now',
    );
  return { fact: `backup.manifest of ${label} is the one that was signed`, value: null };
}

/** Every file of the repository against its checksum. */
export async function verified(
  pgbackrest: PgBackRest,
): Promise<{ readonly fact: string; readonly value: null }> {
  const checked = await pgbackrest.verify();
  const { archive, backups } = checked;
  const damage = damageOf(checked);
  if (damage !== null)
    throw broken(
      'physical/repository-damaged',
      damage,
      'take a full backup now; find out what changed the repository',
    );
  const files = [...backups, ...archive].reduce((sum, one) => sum + one.valid, 0);
  if (backups.length === 0 || files === 0)
    throw new BlindError('physical/nothing-verified', 'pgbackrest verify read nothing', 'run it by hand');
  return {
    fact: `${files} files of ${backups.length} backups and their WAL have their checksums`,
    value: null,
  };
}

/** That no segment is missing, in words. */
export function wholeOrThrow({ holes, segments, timeline }: Archive, archiver: Archiver | null): string {
  const [hole, ...more] = holes;
  if (hole !== undefined)
    throw broken(
      'physical/hole',
      `WAL is missing: ${described(hole)}${more.length === 0 ? '' : `, and ${more.length} more gaps`}`,
      'take a full backup now: no second after the gap can be restored from the backups before it',
    );
  const last = segments.at(-1)?.segment ?? 'none';
  // The server was asked first: what it had handed over by then has to be there.
  const handed = archiver?.last?.segment ?? last;
  if (handed > last)
    throw broken(
      'physical/not-arrived',
      `the server has handed over ${handed}, and the repository ends with ${last}`,
      'archive_command says yes without archiving, or to another repository: let it be pgbackrest archive-push',
    );
  return `${segments.length} segments without a gap up to ${last}, timeline ${timeline}`;
}

export const secondText = (seconds: number): string => timeText(seconds * 1_000_000).replace('.000000', '');

export function broken(code: string, fact: string, hint: string): SuretyError {
  return new SuretyError(code, fact, hint);
}
