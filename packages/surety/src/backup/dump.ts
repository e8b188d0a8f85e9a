import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Timestamp } from '@surety/evidence';
import type pg from 'pg';
import { SuretyError } from '../core/error.ts';
import { blind } from '../targets/postgres/sql-error.ts';
import { type ArchiveContent, wholeArchive } from './archive.ts';
import { databaseArgument, runTool } from './child.ts';
import type { Copies } from './copies.ts';
import type { BackupFacts } from './facts.ts';
import { wholeGlobals } from './globals-end.ts';
import { megabytes, type Preflight } from './preflight.ts';
import { openSnapshot } from './snapshot.ts';
import { readSource } from './source.ts';
import type { SourceFacts } from './source-facts.ts';
import { type DumpedTable, planStreams, streamOptions, tablePattern } from './streams.ts';
import type { Tool, Tools } from './tools.ts';

export type DumpOptions = {
  readonly facts: BackupFacts;
  readonly ca?: string | undefined;
  readonly checked: Preflight;
  readonly tools: Tools;
  readonly copies: Copies;
  readonly signal: AbortSignal;
  readonly streams?: number;
  readonly step?: (line: string) => void;
};

export type Dumped = {
  readonly snapshot: Timestamp;
  readonly source: SourceFacts;
  /** Seconds by part. */
  readonly took: Readonly<Record<string, number>>;
};

/** How long a dump waits for a table that somebody holds. */
const lockWait = '60s';

/**
 * Every part of a backup, all at the snapshot of one transaction on `client`. The first failure stops all the others.
 *
 * @throws what broke it
 */
export async function dumpAll(client: pg.Client, options: DumpOptions): Promise<Dumped> {
  const { copies } = options;
  const { snapshot, at, tables, objects } = await asked(() => openSnapshot(client));
  const streams = planStreams(tables, objects, options.streams ?? availableParallelism());
  const common = [
    `--snapshot=${snapshot}`,
    `--lock-wait-timeout=${lockWait}`,
    '--format=custom',
    '--compress=0',
  ];
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const took: Record<string, number> = {};
  const put = async (part: string, plain: AsyncIterable<Uint8Array>): Promise<void> => {
    const began = performance.now();
    const bytes = await copies.put(part, plain);
    took[part] = seconds(began);
    options.step?.(`${part.padEnd(9)} ${megabytes(bytes).padStart(9)}  ${took[part]?.toFixed(1)} s`);
  };
  const run = (tool: Tool, args: readonly string[]): AsyncIterable<Uint8Array> =>
    runTool(tool, ['--no-password', ...args], { url: options.facts.url, ca: options.ca, signal }).stdout;
  const { pgDump, pgDumpall } = options.tools;
  const contents: ArchiveContent[] = [];
  const rows = Array.from({ length: streams.apart.length + 1 }, (_, n) => async (): Promise<void> => {
    const dump = run(pgDump, [...common, '--section=data', ...streamOptions(streams, n)]);
    await put(
      `data-${n}`,
      wholeArchive(dump, (content) => contents.push(content)),
    );
  });
  const outline = async (): Promise<void> => {
    await put('globals', wholeGlobals(run(pgDumpall, globalsOptions(options.checked))));
    await put('outline', wholeArchive(run(pgDump, [...common, '--section=pre-data', '--section=post-data'])));
  };
  const began = performance.now();
  const read: { source?: SourceFacts } = {};
  const source = async (): Promise<void> => {
    // A query that runs for long would keep everybody waiting for what nobody wants any more.
    signal.addEventListener('abort', () => void client.end().catch(() => undefined), { once: true });
    read.source = await readSource(client, randomSeed());
    took.source = seconds(began);
  };
  await together(failed, [source, outline, ...rows]);
  if (read.source === undefined) throw new Error('the source was not read');
  refuseGaps(tables, contents, options.checked.encoding);
  await put('facts', inPieces(JSON.stringify(read.source)));
  took.total = seconds(began);
  return { snapshot: at, source: read.source, took };
}

/** Roles and tablespaces, from whichever database; another one than this may not let us in. */
function globalsOptions({ database, withoutPasswords }: Preflight): readonly string[] {
  return [
    '--globals-only',
    // A restore reads them as that, whatever the database is in.
    '--encoding=UTF8',
    `--database=${databaseArgument(database)}`,
    ...(withoutPasswords ? ['--no-role-passwords'] : []),
  ];
}

/** Runs all at once. The first that fails stops the others; what it threw is thrown when all of them have ended. */
async function together(failed: AbortController, works: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  await Promise.all(
    works.map((work) =>
      work().catch((error: unknown) => {
        errors.push(error);
        failed.abort();
      }),
    ),
  );
  if (errors.length > 0) throw errors[0];
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SuretyError) throw error;
    throw blind(error, 'the role that dumps');
  }
}

/**
 * Every table in exactly one stream: a pattern that means another table than it should would be seen here.
 *
 * @throws {SuretyError} `backup/gaps`
 */
function refuseGaps(
  tables: readonly Pick<DumpedTable, 'schema' | 'name'>[],
  contents: readonly ArchiveContent[],
  encoding: string,
): void {
  const dumped = new Map<string, number>();
  for (const table of contents.flatMap((content) => content.tables)) {
    const name = tablePattern(table);
    dumped.set(name, (dumped.get(name) ?? 0) + 1);
  }
  const twice = [...dumped].filter(([, times]) => times > 1).map(([name]) => name);
  // An archive has names in the encoding of the database; in others than this they are only counted.
  const comparable = encoding === 'UTF8' || encoding === 'SQL_ASCII';
  const lacking = comparable ? tables.map(tablePattern).filter((name) => !dumped.has(name)) : [];
  const short = comparable ? 0 : Math.max(0, tables.length - dumped.size);
  if (twice.length + lacking.length + short === 0) return;
  const [first] = [...lacking, ...twice];
  throw new SuretyError(
    'backup/gaps',
    `${lacking.length + short} of ${tables.length} tables are in no part of the dump, ${twice.length} in several${first === undefined ? '' : `: ${first}`}`,
    'somebody may have dropped or renamed it meanwhile: make the backup again',
  );
}

function randomSeed(): string {
  return randomBytes(8).readBigInt64LE().toString();
}

function seconds(since: number): number {
  return Math.round(performance.now() - since) / 1000;
}

const pieceBytes = 1_000_000;

/** Cut as bytes: cut as text, a character of two code units could be halved. */
async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
}
