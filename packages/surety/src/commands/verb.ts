import type { Command } from 'commander';
import { SuretyError } from '../core/error.ts';

/** The outside world as a verb sees it; the entry point makes it, tests make another. */
export type Terminal = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person watches standard output. */
  readonly interactive: boolean;
  readonly columns: number;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Asks a person and gives the answer; throws where nobody is there to answer. */
  readonly ask: (question: string) => Promise<string>;
};

/** How long a line may be: as long as it wants where no person watches, so that programs find it whole. */
export function widthOf({ interactive, columns }: Terminal): number {
  return interactive ? columns : Number.POSITIVE_INFINITY;
}

/** Thrown by `ask` where nobody is there to answer. */
export function nobodyHere(question: string): SuretyError {
  return new SuretyError(
    'terminal/nobody',
    `nobody is here to answer: ${question}`,
    '--yes agrees beforehand, where it asks whether to go on; --help says what else can be given',
  );
}

/** 0 all pass, 11 something failed, else 10 something unknown, 3 nothing examined, 2 usage, 1 our own error. */
export const exits = { pass: 0, error: 1, usage: 2, nothing: 3, unknown: 10, fail: 11 } as const;
export type Exit = (typeof exits)[keyof typeof exits];

/** One verb of the command line, in the file of its name. */
export type Verb = {
  readonly name: string;
  readonly summary: string;
  /** Declares arguments, options and what they do on `command`; `finish` is told the exit code. */
  define(command: Command, terminal: Terminal, finish: (exit: Exit) => void): void;
};

/** A verb that is not loaded yet: enough for the list of verbs. */
export type NamedVerb = Pick<Verb, 'name' | 'summary'> & { load(): Promise<Verb> };
