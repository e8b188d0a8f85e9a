import { readFile } from 'node:fs/promises';
import { BlindError } from '../../core/error.ts';

/** What pgBackRest's configuration says of one repository. Whatever else stands there, secrets above all, is not kept. */
export type RepositoryFacts = {
  /** The number in `repo1-…`. */
  readonly key: number;
  /** `posix`, `s3`, `azure`, `gcs`, `sftp`, `cifs` */
  readonly type: string;
  /** `none`, `aes-256-cbc` */
  readonly cipher: string;
  /** How many full backups are kept (or days, where `unit` says so); `null`: all of them. */
  readonly retention: { readonly full: number | null; readonly unit: 'count' | 'time' };
  /** Another machine has it, and pgBackRest asks there. */
  readonly remote: boolean;
};

export type Configuration = {
  readonly file: string;
  /** In the order in which pgBackRest prefers them. */
  readonly repositories: readonly RepositoryFacts[];
  /** For redaction only: what in the file is a password or a key. */
  readonly secrets: readonly string[];
};

const secretName = /(pass|key|secret|token|password)$/;
/** These end like secrets and are none: kinds, file names. */
const plainName = /(key-type|key-file|kms-key-id|cipher-type)$/;

/**
 * Reads `pgbackrest.conf`, its `[global]` section and that of the stanza.
 *
 * @throws {BlindError} `physical/config`
 */
export async function readConfiguration(file: string, stanza: string): Promise<Configuration> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new BlindError(
      'physical/config',
      `pgbackrest.conf cannot be read: ${code}`,
      'mend `config` of the estate, or run this as who may read it',
      { cause },
    );
  });
  return { file, ...parseConfiguration(text, stanza) };
}

/** Pure: what of the text of `pgbackrest.conf` holds for a stanza. */
export function parseConfiguration(text: string, stanza: string): Omit<Configuration, 'file'> {
  const settings = new Map<string, string>();
  const secrets = new Set<string>();
  let section = '';
  for (const line of text.split('\n').map((one) => one.trim())) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const [, name, value] = /^([a-z0-9-]+)\s*=\s*(.+)$/.exec(line) ?? [];
    if (line.startsWith('#') || name === undefined || value === undefined) continue;
    if (secretName.test(name) && !plainName.test(name)) secrets.add(value);
    if (section === 'global' || section === stanza) settings.set(`${section}\0${name}`, value);
  }
  const setting = (name: string): string | undefined =>
    settings.get(`${stanza}\0${name}`) ?? settings.get(`global\0${name}`);
  const keys = [...settings.keys()].map((name) => Number(/\0repo(\d+)-/.exec(name)?.[1] ?? 1));
  return {
    repositories: [...new Set(keys)].sort((a, b) => a - b).map((key) => repositoryFacts(key, setting)),
    secrets: [...secrets],
  };
}

function repositoryFacts(key: number, setting: (name: string) => string | undefined): RepositoryFacts {
  const full = setting(`repo${key}-retention-full`);
  return {
    key,
    type: setting(`repo${key}-type`) ?? 'posix',
    cipher: setting(`repo${key}-cipher-type`) ?? 'none',
    retention: {
      full: full === undefined ? null : Number(full),
      unit: setting(`repo${key}-retention-full-type`) === 'time' ? 'time' : 'count',
    },
    remote: setting(`repo${key}-host`) !== undefined,
  };
}
