import { createInterface } from 'node:readline/promises';
import { Command, CommanderError } from 'commander';
import { printable } from './commands/printable.ts';
import { verbs } from './commands/registry.ts';
import { type Exit, exits, nobodyHere, type Terminal } from './commands/verb.ts';
import { BlindError, SuretyError } from './core/error.ts';
import { inLines } from './reports/lines.ts';
import { version } from './version.ts';

/** Milliseconds within which a second signal is taken for the first. */
const sameSignal = 1_000;

/** Runs one verb as the command line asks for it, and sets the exit code. */
export async function main(process: NodeJS.Process): Promise<void> {
  const stopped = new AbortController();
  let since = 0;
  const stop = (): void => {
    // One Ctrl-C arrives twice where a parent passes on what its whole group was sent.
    if (stopped.signal.aborted && performance.now() - since < sameSignal) return;
    // The first time everything is put away in order; the second time the user means it.
    if (stopped.signal.aborted) process.exit(130);
    since = performance.now();
    process.stderr.write('\nstopping: putting everything away (once more to stop at once)\n');
    stopped.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let lost = false;
  const lose = (error: NodeJS.ErrnoException): void => {
    // `surety … | head` is no error of ours, and must not break a run off that is being recorded.
    if (error.code === 'EPIPE' || lost) return;
    lost = true;
    process.exitCode = exits.error;
    process.stderr.write(`error  terminal/lost\n  what was to be printed could not be: ${error.message}\n`);
  };
  process.stdout.on('error', lose);
  process.stderr.on('error', lose);
  let strays = 0;
  const stray = (error: unknown): void => {
    // Nobody waits for it, so nobody knows what it would have changed: what was not proved yet is not.
    strays += 1;
    process.exitCode = exits.error;
    stopped.abort();
    explain(error, terminal);
  };
  const terminal = terminalOf(process, stopped.signal);
  process.on('unhandledRejection', stray);
  process.on('uncaughtException', stray);
  // A configuration is code: where it ends the process, nothing was proved, whatever it says.
  const ended = (code: number): void => {
    if (code !== exits.pass) return;
    process.exitCode = exits.error;
    process.stderr.write(
      'error  surety/ended\n  something ended the process before there was a verdict\n  hint: look for process.exit in surety.config.ts\n',
    );
  };
  process.on('exit', ended);
  const exit = await command(process.argv.slice(2), terminal);
  process.off('exit', ended);
  process.exitCode = lost || strays > 0 ? exits.error : exit;
  process.off('SIGINT', stop);
  process.off('SIGTERM', stop);
}

function terminalOf(process: NodeJS.Process, signal: AbortSignal): Terminal {
  return {
    cwd: process.cwd(),
    env: process.env,
    interactive: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 100,
    signal,
    now: () => new Date(),
    out: (text) => process.stdout.write(printable(text)),
    err: (text) => process.stderr.write(printable(text)),
    ask: async (question) => {
      if (!process.stdin.isTTY) throw nobodyHere(question);
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question, { signal });
      } catch (cause) {
        if (!signal.aborted) throw cause;
        throw new SuretyError('terminal/stopped', 'stopped before there was an answer', 'run it again', {
          cause,
        });
      } finally {
        lines.close();
      }
    },
  };
}

/** The exit code of one command line. Everything it prints goes through `terminal`. */
export async function command(argv: readonly string[], terminal: Terminal): Promise<Exit> {
  const program = new Command('surety')
    .description(
      'Proves that a security checklist is true: attacks the live thing, signs what it saw, keeps watch.',
    )
    .version(version)
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('hint: surety --help')
    .enablePositionalOptions()
    .exitOverride();
  let exit: Exit = exits.pass;
  const asked = new Set(argv);
  for (const { name, summary, load } of verbs) {
    const sub = program.command(name).description(summary).exitOverride();
    if (!asked.has(name)) continue;
    const verb = await load();
    verb.define(sub, terminal, (code) => {
      exit = code;
    });
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    return explain(error, terminal);
  }
}

function explain(error: unknown, { err, signal }: Terminal): Exit {
  if (signal.aborted && isAbort(error)) {
    err('stopped\n');
    return exits.unknown;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? exits.pass : exits.usage;
  if (hasHint(error)) {
    err(inLines(`error  ${error.code}\n  ${error.message}\n  hint: ${error.hint}\n`));
    if (error instanceof BlindError) return exits.unknown;
    return /^(usage|estate)\//.test(error.code) ? exits.usage : exits.error;
  }
  const fact = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  err(
    inLines(
      `error  surety/unexpected\n  ${fact}\n  hint: this is a mistake in surety; please report it with this text\n`,
    ),
  );
  return exits.error;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** `SuretyError`, and the like of it from @surety/evidence, which imports nothing of ours. */
function hasHint(error: unknown): error is Error & { readonly code: string; readonly hint: string } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'hint' in error &&
    typeof error.hint === 'string'
  );
}
