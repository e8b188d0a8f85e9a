import type { See } from '../../../core/see.ts';
import type { MarkerSearch } from './sighting.ts';

/** Writes down what came of looking for one tenant's marks as another. */
export async function seeSearch({ places, seen, doubts, notes }: MarkerSearch, see: See): Promise<void> {
  await see.population('relations that the role may read', places);
  for (const { subject, witness, owner, thief, hint } of seen) {
    see.allowed(witness, owner);
    see.refused(subject, thief, { hint });
  }
  for (const { subject, missing, hint } of doubts) see.blind(subject, missing, { hint });
  for (const { subject, got } of notes) see.note(subject, got);
}
