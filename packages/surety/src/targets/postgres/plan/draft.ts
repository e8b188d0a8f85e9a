import type { Change } from '../../../core/plan.ts';
import type { Reversible } from '../roles/grant-statements.ts';

/** What proves that the application names its tenant. */
export const perRequest = 'tenancy/context-per-request';
/** Before rows are hidden from it when it does not. */
export const namesItsTenant = [perRequest] as const;

export type Draft = Pick<Change, 'id' | 'title'> & {
  /** In order; undone in reverse. */
  readonly steps: readonly Reversible[];
  readonly requires?: readonly string[];
  readonly proposed?: string;
  /** Its one step runs outside of a transaction. */
  readonly alone?: true;
};

/** `null` where there is nothing to do. */
export function changeOf(
  { id, title, steps, requires = [], proposed, alone }: Draft,
  target: string,
): Change | null {
  if (steps.length === 0) return null;
  const step = (sql: string) => (alone === true ? { sql, alone } : { sql });
  return {
    id,
    title,
    target,
    steps: steps.map(({ sql }) => step(sql)),
    undo: steps.toReversed().map(({ undo }) => step(undo)),
    requires,
    ...(proposed !== undefined && { proposed }),
  };
}

/** `a`, `a and b`, `a, b and c` */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}
