import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { SuretyError } from '../../core/error.ts';
import { runAs } from './account.ts';
import type { Archive, Archived } from './archive.ts';
import { type Commit, chooseMoment, type Moment, momentAt, readCommits } from './moment.ts';
import type { PgBackRest } from './pgbackrest.ts';

export type WalReader = {
  readonly pgbackrest: PgBackRest;
  /** Of the server's own release. */
  readonly waldump: string;
  /** An empty folder of the account. */
  readonly folder: string;
  /** A data folder of the cluster, so that pgBackRest knows whose WAL is wanted. */
  readonly data: string;
  readonly signal: AbortSignal;
};

export type Wanted = {
  /** Microseconds: not before this, the end of a backup. */
  readonly earliest: number;
  /** The moment to find; `null`: the newest good one. */
  readonly at: number | null;
};

/** So many segments are read back from the newest one, and no more. */
const most = 256;
/** So many are read for a whole second, where a moment within one was found. */
const enough = 4;

/**
 * Reads archived WAL from its end backwards, until it shows a moment that can be recovered to. Every segment that is read is held
 * against its SHA-1: pgBackRest gives out a changed one without a word.
 *
 * @throws {SuretyError} `physical/segment`
 */
export async function findMoment(
  reader: WalReader,
  archive: Archive,
  { earliest, at }: Wanted,
): Promise<Moment | null> {
  let commits: readonly Commit[] = [];
  let found: Moment | null = null;
  for (const [read, archived] of archive.segments.toReversed().slice(0, most).entries()) {
    const text = await transactions(reader, archived);
    commits = [...readCommits(text), ...commits];
    found = at === null ? chooseMoment(commits, earliest) : momentAt(commits, at);
    const isWhole = found !== null && found.at % 1_000_000 === 0;
    if (found !== null && (at !== null || isWhole || read >= enough)) return found;
    const oldest = commits[0]?.at;
    if (oldest !== undefined && oldest < earliest) return found;
  }
  return found;
}

async function transactions(
  { pgbackrest, waldump, folder, data, signal }: WalReader,
  { segment, sha1 }: Archived,
): Promise<string> {
  const file = path.join(folder, segment);
  if (!(await pgbackrest.fetchWal(segment, file, data)))
    throw damaged(`segment ${segment} is listed in the archive, and does not come out of it`);
  try {
    const got = createHash('sha1')
      .update(await readFile(file))
      .digest('hex');
    if (got !== sha1) throw damaged(`segment ${segment} is not what was archived`);
    // It ends with an error where a record goes on in the next segment; that it is whole is known already.
    const { account } = pgbackrest;
    const env = { TZ: 'UTC', LC_ALL: 'C' };
    const ended = await runAs(waldump, ['-r', 'Transaction', file], { account, env, cwd: folder, signal });
    return ended.stdout.toString('latin1');
  } finally {
    await rm(file, { force: true });
  }
}

function damaged(fact: string): SuretyError {
  return new SuretyError(
    'physical/segment',
    fact,
    'take a full backup now; find out what changed the repository',
  );
}
