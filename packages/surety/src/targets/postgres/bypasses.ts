import type { Area, Bypass, Entry } from './bypasses/bypass.ts';
import { covertChannels } from './bypasses/channels.ts';
import { contextAndPool } from './bypasses/context.ts';
import { objectsBesideThePolicy } from './bypasses/objects.ts';
import { logicOfPolicies } from './bypasses/policies.ts';
import { rolesAndOwnership } from './bypasses/roles.ts';

export type { Area, Bypass, Cover } from './bypasses/bypass.ts';

/** In this order they are numbered through. */
const lists: readonly { readonly area: Area; readonly entries: readonly Entry[] }[] = [
  { area: 'roles and ownership', entries: rolesAndOwnership },
  { area: 'objects beside the policy', entries: objectsBesideThePolicy },
  { area: 'logic of policies', entries: logicOfPolicies },
  { area: 'context and pool', entries: contextAndPool },
  { area: 'covert channels', entries: covertChannels },
];

/**
 * The ways past row security that are known to us: what each one is, what PostgreSQL makes of it by itself, and what stands
 * against it here. Data only. A test holds that every specimen and test named here exists.
 */
export const bypasses: readonly Bypass[] = lists
  .flatMap(({ area, entries }) => entries.map((entry) => ({ area, entry })))
  .map(({ area, entry: [attack, alone, ...covers] }, index): Bypass => {
    const [first, ...others] = covers.flat();
    if (first === undefined) throw new Error(`nothing stands against this: ${attack}`);
    return { number: index + 1, area, attack, alone, covers: [first, ...others] };
  });
