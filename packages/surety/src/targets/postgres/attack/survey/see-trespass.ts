import type { See } from '../../../../core/see.ts';
import type { Trespass } from './trespass.ts';

const method = 'attack';

/** Writes down what one tenant's writes did to what another sees. */
export function seeTrespasses(trespasses: readonly Trespass[], see: See): void {
  const subject = 'a tenant writes rows of its own and of nobody, and another looks';
  if (trespasses.length === 0) {
    see.note(subject, 'no key leads to rows of others, and no row may be nobody’s');
    return;
  }
  const kept = trespasses.filter(({ result }) => result === 'kept').length;
  const seen = trespasses.filter(({ result }) => result === 'seen');
  see.must(subject, seen.length === 0, {
    method,
    want: 'nothing that the other sees is changed or added',
    got: `${kept} of ${trespasses.length} ways tried change and add nothing`,
  });
  for (const { what, result, detail, hint } of trespasses) {
    if (result === 'seen')
      see.must(what, false, { method, want: 'nothing that others see', got: detail, hint });
    if (result === 'unclear') see.blind(what, detail, { method, hint });
  }
}
