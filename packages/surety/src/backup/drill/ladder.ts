import { inOneLine, type RungResult } from '@surety/evidence';
import { BlindError, SuretyError } from '../../core/error.ts';
import { withoutValues } from '../../targets/postgres/sql-error.ts';

/** What a drill tries, in this order, and what each rung stands on. */
export const rungs = [
  { rung: 'authentic', says: 'signature, SHA-256 and version of every part', needs: [] },
  { rung: 'decrypts', says: 'the identity in escrow opens it', needs: ['authentic'] },
  { rung: 'whole', says: 'every archive is read to its own end', needs: ['decrypts'] },
  { rung: 'server', says: 'a new server of the same major', needs: ['whole'] },
  { rung: 'restores', says: 'roles, then everything, stopping at the first error', needs: ['server'] },
  { rung: 'catalog', says: 'owners, grants, policies, constraints, indexes', needs: ['restores'] },
  { rung: 'rows', says: 'count and hash of every table', needs: ['restores'] },
  { rung: 'storage', says: 'amcheck of every index and table', needs: ['restores'] },
  { rung: 'isolation', says: 'attacked as the role of the API', needs: ['restores'] },
  { rung: 'invariants', says: 'sequences, and what the application asks', needs: ['restores'] },
  { rung: 'teardown', says: 'nothing is left of it', needs: ['server'] },
] as const;

export type RungName = (typeof rungs)[number]['rung'];
export type Rung = { readonly rung: RungName; readonly result: RungResult; readonly fact: string };

/** How a rung ended, and what the next ones need of it. */
export type Step<T> = { readonly result: RungResult; readonly fact: string; readonly value?: T };

export type Ladder = {
  /**
   * Tries one rung, unless one that it stands on did not pass: then it is not run, and says so. What throws has failed; what could not be
   * looked at (`BlindError`) was not run.
   *
   * @returns what it gave, `null` where it did not pass
   */
  climb<T>(rung: RungName, work: () => Promise<Step<T>>): Promise<T | null>;
  /** All eleven, in order; what nobody came to was not run. */
  rungs(): readonly Rung[];
};

/** @param told of each rung as it ends */
export function ladder(told: (rung: Rung) => void): Ladder {
  const ended = new Map<RungName, Rung>();
  const end = ({ fact, ...rest }: Rung): void => {
    const rung = { ...rest, fact: short(fact) };
    ended.set(rung.rung, rung);
    told(rung);
  };
  return {
    async climb<T>(rung: RungName, work: () => Promise<Step<T>>): Promise<T | null> {
      const missing = needsOf(rung).find((need) => ended.get(need)?.result !== 'pass');
      if (missing !== undefined) {
        end({ rung, result: 'not-run', fact: `it stands on ${missing}, which did not pass` });
        return null;
      }
      const { result, fact, value } = await work().catch(failure);
      end({ rung, result, fact });
      return result === 'pass' ? (value ?? null) : null;
    },
    rungs: () =>
      rungs.map(
        ({ rung }) => ended.get(rung) ?? { rung, result: 'not-run', fact: 'the drill did not come to it' },
      ),
  };
}

/** An entry of the log holds all of them. */
const longest = 1000;

function short(fact: string): string {
  const line = inOneLine(fact.toWellFormed());
  return line.length > longest ? `${line.slice(0, longest).toWellFormed()}…` : line;
}

function needsOf(rung: RungName): readonly RungName[] {
  return rungs.find((one) => one.rung === rung)?.needs ?? [];
}

/** @throws what is no result of a rung: somebody stopped the drill */
function failure(error: unknown): Step<never> {
  if (error instanceof Error && error.name === 'AbortError') throw error;
  const { message } = withoutValues(error);
  if (error instanceof BlindError) return { result: 'not-run', fact: `${message}; ${error.hint}` };
  if (error instanceof SuretyError) return { result: 'fail', fact: message };
  return { result: 'fail', fact: `it broke off: ${message}` };
}

/** `fail` over `not-run` over `pass`. */
export function outcomeOf(all: readonly Pick<Rung, 'result'>[]): RungResult {
  if (all.some(({ result }) => result === 'fail')) return 'fail';
  return all.every(({ result }) => result === 'pass') ? 'pass' : 'not-run';
}
