import type { SourceFacts } from './source-facts.ts';

/** One thing that is not as it was. `null`: it is not there at all. */
export type Difference = {
  readonly kind: string;
  readonly name: string;
  readonly want: string | null;
  readonly got: string | null;
};

/** What of `want` is otherwise in `got`, and what `got` has besides. */
export function compareSource(_want: SourceFacts, _got: SourceFacts): readonly Difference[] {
  return [];
}
