import type { DrillRecord, RungResult } from '@surety/evidence';
import { BlindError, SuretyError } from '../../core/error.ts';

/** One step of a drill: how it ended, and the fact that says so. */
export type Rung = DrillRecord['rungs'][number];

/** Thrown where what comes after cannot be tried any more; the rungs say why. */
export class OffLadder extends Error {
  override readonly name = 'OffLadder';
}

/** The rungs of one drill, in order. Those that were never reached are `not-run`, and say what stood before them. */
export type Ladder = {
  say(rung: string, result: RungResult, fact: string): void;
  /**
   * Does one step. What it gives is its fact. An error of ours is its failure, or its blindness; `needed` steps end the climb.
   *
   * @throws {OffLadder}
   */
  step<T>(rung: string, work: () => Promise<{ readonly fact: string; readonly value: T }>): Promise<T | null>;
  needed<T>(rung: string, work: () => Promise<{ readonly fact: string; readonly value: T }>): Promise<T>;
  /** Milliseconds by rung. */
  readonly took: ReadonlyMap<string, number>;
  rungs(): readonly Rung[];
};

export function makeLadder(names: readonly string[], now: () => Date): Ladder {
  const said = new Map<string, Rung>();
  const took = new Map<string, number>();
  const say: Ladder['say'] = (rung, result, fact) => void said.set(rung, { rung, result, fact });
  const tried: Ladder['step'] = async (rung, work) => {
    const begun = now().getTime();
    try {
      const { fact, value } = await work();
      say(rung, 'pass', fact);
      return value;
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      say(rung, error instanceof BlindError ? 'not-run' : 'fail', `${error.message} (${error.hint})`);
      return null;
    } finally {
      took.set(rung, (took.get(rung) ?? 0) + now().getTime() - begun);
    }
  };
  return {
    say,
    step: tried,
    async needed(rung, work) {
      const value = await tried(rung, async () => {
        const { fact, value: wrapped } = await work();
        return { fact, value: { wrapped } };
      });
      if (value === null) throw new OffLadder(rung);
      return value.wrapped;
    },
    took,
    rungs() {
      const stopped = names.find((name) => said.get(name) !== undefined && said.get(name)?.result !== 'pass');
      const fact = stopped === undefined ? 'it was not reached' : `not tried after ${stopped}`;
      const extra = [...said.values()].filter(({ rung }) => !names.includes(rung));
      const listed = names.map((rung) => said.get(rung) ?? { rung, result: 'not-run' as const, fact });
      // What a caller looked at besides stands before the end.
      return [...listed.slice(0, -1), ...extra, ...listed.slice(-1)];
    },
  };
}

/** The worst of them; nothing is green by omission. */
export function outcomeOf(rungs: readonly Rung[]): RungResult {
  if (rungs.some(({ result }) => result === 'fail')) return 'fail';
  return rungs.length === 0 || rungs.some(({ result }) => result === 'not-run') ? 'not-run' : 'pass';
}
