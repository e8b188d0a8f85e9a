import { mp22 } from './mp22.ts';
import { phase7 } from './phase7.ts';
import type { Requirement } from './requirement.ts';
import { tsc } from './tsc.ts';

export type { Framework, Requirement } from './requirement.ts';

/** Every requirement, in the order of its document. */
export const requirements: readonly Requirement[] = [...tsc, ...mp22, ...phase7];

export const requirementById: ReadonlyMap<string, Requirement> = new Map(
  requirements.map((requirement) => [requirement.id, requirement]),
);
