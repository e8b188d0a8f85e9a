import { BlindError } from '../../../core/error.ts';
import type { See } from '../../../core/see.ts';
import type { PostgresTarget } from '../types.ts';
import { functionsSql } from './functions-sql.ts';
import type { Findings, MarkerSearch } from './sighting.ts';

/** Writes down what came of looking for one tenant's marks as another. */
export async function seeSearch({ places, relations, doors }: MarkerSearch, see: See): Promise<void> {
  await see.population('relations that the role may read', places);
  for (const findings of [relations, doors]) seeFindings(findings, see);
}

/** The same of functions, rules and triggers alone; nothing is tried where none runs as somebody else. */
export async function seeSideDoors(db: PostgresTarget, see: See): Promise<void> {
  if ((await db.sideDoors()).length === 0 && (await db.query(functionsSql)).length === 0) return;
  try {
    seeFindings((await db.searchMarkers()).doors, see);
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    see.blind('functions, rules and triggers above row security', error.message, { hint: error.hint });
  }
}

function seeFindings({ seen, doubts, notes }: Findings, see: See): void {
  for (const { subject, witness, owner, thief, hint } of seen) {
    see.allowed(witness, owner);
    see.refused(subject, thief, { hint });
  }
  for (const { subject, missing, hint } of doubts) see.blind(subject, missing, { hint });
  for (const { subject, got } of notes) see.note(subject, got);
}
