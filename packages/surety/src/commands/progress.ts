import type { Terminal } from './verb.ts';

/** How long work shows itself: a moving last line for a person, one line a step for a log. */
export type Progress = {
  /** What is being worked on now. Shown to a person only. */
  working(what: string): void;
  /** A step that ended, as a line that stays. */
  done(line: string): void;
  end(): void;
};

/** Writes to standard error, so that standard output stays what was asked for. */
export function progress({ interactive, columns, err }: Terminal): Progress {
  const clear = interactive ? '\r\u001B[2K' : '';
  return {
    working: (what) => {
      if (interactive) err(`${clear}${what.slice(0, columns - 1)}`);
    },
    done: (line) => err(`${clear}${line}\n`),
    end: () => err(clear),
  };
}
