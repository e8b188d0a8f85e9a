/** What one kind of trouble came to. */
export type KindResult = {
  readonly kind: string;
  readonly tries: number;
  /** How often it ended how, in words: `{ 'nothing was left': 20 }`. */
  readonly ends: Readonly<Record<string, number>>;
};

export type ChaosResult = {
  readonly kinds: readonly KindResult[];
  /** What said that it was good and was not; a sentence each. */
  readonly falseSuccesses: readonly string[];
  /** What had been good and is gone. */
  readonly lost: readonly string[];
  /** What else is not as it should be: something left running, something in plain text, a hint that is missing. */
  readonly faults: readonly string[];
  /** What could not be tried here, and why. */
  readonly untried: readonly string[];
};

export type ChaosOptions = {
  /** How many times something is ended at a random moment. */
  readonly kills: number;
  /** How many bits are flipped and ends cut off. */
  readonly flips: number;
  /** How many invented histories of backups retention has to get through. */
  readonly histories: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told what goes on, a line at a time. */
  readonly say: (line: string) => void;
};

/** The default export of `chaos/NAME.chaos.ts`. */
export type Chaos = {
  readonly name: string;
  readonly summary: string;
  run(options: ChaosOptions): Promise<ChaosResult>;
};

/** Counts what happens, as it happens. */
export type Tally = {
  ended(kind: string, how: string): void;
  falseSuccess(fact: string): void;
  lost(fact: string): void;
  fault(fact: string): void;
  untried(fact: string): void;
  result(): ChaosResult;
};

export function tally(say: (line: string) => void): Tally {
  const kinds = new Map<string, Map<string, number>>();
  const falseSuccesses: string[] = [];
  const lost: string[] = [];
  const faults: string[] = [];
  const untried: string[] = [];
  const note = (list: string[], what: string, fact: string): void => {
    list.push(fact);
    say(`${what}: ${fact}`);
  };
  return {
    ended(kind, how) {
      const ends = kinds.get(kind) ?? new Map<string, number>();
      kinds.set(kind, ends.set(how, (ends.get(how) ?? 0) + 1));
    },
    falseSuccess: (fact) => note(falseSuccesses, 'FALSE SUCCESS', fact),
    lost: (fact) => note(lost, 'LOST', fact),
    fault: (fact) => note(faults, 'FAULT', fact),
    untried: (fact) => note(untried, 'not tried', fact),
    result: () => ({
      kinds: [...kinds].map(([kind, ends]) => ({
        kind,
        tries: [...ends.values()].reduce((sum, count) => sum + count, 0),
        ends: Object.fromEntries(ends),
      })),
      falseSuccesses,
      lost,
      faults,
      untried,
    }),
  };
}
