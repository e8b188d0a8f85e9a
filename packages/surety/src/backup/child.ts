import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { openChannel } from './channel.ts';
import { connectionFiles } from './connection-files.ts';
import { newGatherer } from './gather.ts';
import { keptOutput, scrub, toolError } from './tool-error.ts';
import type { Tool } from './tools.ts';

export type RunOptions = {
  /** Where it connects, with the password. The database is told by PGDATABASE: a program that needs `-d` takes `connectedDatabase(url)`. */
  readonly url: string;
  /** PEM text of the authority that signs the server's certificate. */
  readonly ca?: string | undefined;
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  /** Wall-clock ceiling in milliseconds. Default: 24 hours. */
  readonly limit?: number;
};

/** A program that starts when its output is asked for. */
export type ToolRun = {
  /**
   * Ends only after the program ended with exit code 0. Can be read once. A piece is good only until the next is asked for.
   *
   * @throws {SuretyError} `tool/…`
   */
  readonly stdout: AsyncIterable<Uint8Array>;
};

const day = 86_400_000;
/** Milliseconds between asking a program to end and ending it. */
const patience = 3_000;

/**
 * Runs one of PostgreSQL's programs without a shell and with nothing secret in its arguments or environment. Whoever stops reading
 * ends it and all it started.
 */
export function runTool(tool: Tool, args: readonly string[], options: RunOptions): ToolRun {
  return { stdout: outputOf(tool, args, options) };
}

/** Runs it for its effect, with whatever it prints thrown away. @throws {SuretyError} `tool/…` */
export async function finish({ stdout }: ToolRun): Promise<void> {
  for await (const _ of stdout);
}

/** The database that a connection string names, as an argument that no program takes for anything else. */
export function connectedDatabase(url: string): string {
  return databaseArgument(decodeURIComponent(new URL(url).pathname.slice(1)));
}

/** The name of a database, as an argument that no program takes for a connection string. */
export function databaseArgument(name: string): string {
  return `dbname='${name.replace(/[\\']/g, '\\$&')}'`;
}

async function* outputOf(
  tool: Tool,
  args: readonly string[],
  { url, ca, stdin, signal, limit = day }: RunOptions,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const program = path.basename(tool.path);
  const files = await connectionFiles(url, ca);
  try {
    const channel = await openChannel(files.folder);
    const child = spawn(tool.path, [...args], {
      env: files.env,
      stdio: [stdin === undefined ? 'ignore' : 'pipe', channel?.end ?? 'pipe', 'pipe'],
      // A group of its own: it is ended with all that it started, and Ctrl-C reaches us first.
      detached: true,
    });
    channel?.end.destroy();
    const ended = endOf(child);
    const said = tail(child.stderr);
    const fed = stdin === undefined ? Promise.resolve(null) : feed(child, stdin, ended);
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(), limit);
    const stop = AbortSignal.any([signal, clock.signal]);
    stop.addEventListener('abort', () => endGroup(child), { once: true });
    if (signal.aborted) endGroup(child);
    try {
      yield* channel?.pieces ?? piecesOf(child.stdout);
      const how = await ended;
      signal.throwIfAborted();
      const text = scrub(said(), files.secrets);
      if (clock.signal.aborted) throw toolError(program, `did not end within ${limit / 1000} s`, text);
      // Without its input it fails as well; why there was none is the cause.
      const unfed = await fed;
      if (unfed !== null) throw unfed.error;
      if (how !== null) throw toolError(program, how, text);
    } finally {
      clearTimeout(timer);
      endGroup(child);
      child.stdin?.destroy();
      child.stderr?.destroy();
      await ended;
    }
  } finally {
    await files.remove();
  }
}

async function* piecesOf(stdout: Readable | null): AsyncGenerator<Uint8Array> {
  if (stdout === null) return;
  const gatherer = newGatherer();
  stdout.on('data', gatherer.take);
  stdout.on('error', gatherer.fail);
  stdout.on('close', gatherer.end);
  yield* gatherer.pieces(stdout);
}

/** `null`: exit code 0; else how it ended, in words. */
function endOf(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.name;
      resolve(`could not be started (${code})`);
    });
    // What it started may live on, and hold its output open.
    child.once('exit', () => void killGroup(child, 'SIGKILL'));
    // Not at `exit`: output may still be under way then.
    child.once('close', (code, signal) => {
      if (signal !== null) resolve(`was ended by ${signal}`);
      else resolve(code === 0 ? null : `ended with exit code ${code}`);
    });
  });
}

/** Asks it to end, and ends it when it does not. */
function endGroup(child: ChildProcess): void {
  if (!killGroup(child, 'SIGTERM')) return;
  const timer = setTimeout(() => killGroup(child, 'SIGKILL'), patience);
  timer.unref();
  child.once('exit', () => clearTimeout(timer));
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): boolean {
  // Once it is gone its number may be somebody else's; only at its end itself are others of its group looked for.
  if (pid === undefined || (signal === 'SIGTERM' && (exitCode !== null || signalCode !== null))) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** The last of what it said. */
function tail(stderr: Readable | null): () => string {
  let text = '';
  stderr?.setEncoding('utf8');
  stderr?.on('error', () => undefined);
  stderr?.on('data', (more: string) => {
    const all = text + more;
    // A line that lost its beginning could be part of a secret that nobody recognises.
    text = all.length > keptOutput ? all.slice(-keptOutput).replace(/^[^\n]*\n?/, '') : all;
  });
  return () => text;
}

/**
 * Gives the program its input as fast as it takes it. Input that a program leaves although it ended well is read to its end all the
 * same: only there its source can say that it was whole. Gives what the source threw.
 */
async function feed(
  child: ChildProcess,
  source: AsyncIterable<Uint8Array>,
  ended: Promise<string | null>,
): Promise<{ readonly error: unknown } | null> {
  const { stdin } = child;
  if (stdin === null) return null;
  // It stopped reading: its exit code tells why.
  stdin.on('error', () => undefined);
  try {
    for await (const chunk of source) {
      if (stdin.destroyed) {
        if ((await ended) !== null) return null;
      } else if (!stdin.write(chunk)) {
        await drained(stdin);
      }
    }
    stdin.end();
    return null;
  } catch (error) {
    endGroup(child);
    return { error };
  }
}

/** Until it takes more, or never will. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off('drain', go);
      stream.off('close', go);
      resolve();
    };
    stream.once('drain', go);
    stream.once('close', go);
    if (stream.destroyed) go();
  });
}
