import { type LoggedRecord, proofStates } from '@surety/evidence';
import { controls } from '../../controls/registry.ts';
import { bind } from '../../core/binding.ts';
import { SuretyError } from '../../core/error.ts';
import type { Estate } from '../../core/estate.ts';
import type { Impact } from '../../core/plan.ts';
import type { Kind } from '../../core/target.ts';
import { perRequest } from '../../targets/postgres/plan/draft.ts';
import type { Planned } from '../changes.ts';
import type { Terminal } from '../verb.ts';

/** Controls whose pass on a target lets a change through, as `control on target`. */
export type Passes = ReadonlySet<string>;

/**
 * Controls that the changes require and that have a fresh pass on a binding with their target. Parts of the same plan
 * that were applied since do not make such a pass stale: they were let through by it.
 */
export function passesFor(
  wanted: readonly Planned[],
  records: readonly LoggedRecord[],
  { now }: Pick<Terminal, 'now'>,
): Passes {
  const planning = new Set(wanted.map(({ control }) => control));
  const states = proofStates(
    records.filter(
      ({ record }) => record.type !== 'change' || record.action !== 'apply' || !planning.has(record.control),
    ),
    { now: now(), controls: controls.map(({ ref }) => ref), freshness: '24h' },
  );
  return new Set(
    states
      .filter(({ status }) => status === 'proven')
      .flatMap(({ control, binding }) => binding.split('+').map((target) => `${control} on ${target}`)),
  );
}

/** Required passes that are missing, each once. */
export function missingPasses(wanted: readonly Planned[], passes: Passes): readonly string[] {
  const needed = wanted.flatMap(({ change, target }) =>
    change.requires.map((control) => `${control} on ${target.name}`),
  );
  return [...new Set(needed)].filter((one) => !passes.has(one));
}

/** @throws {SuretyError} `apply/requires`, unless a person knows better */
export function requirePasses(missing: readonly string[], acceptImpact: boolean, estate: Estate): void {
  const [first] = missing;
  if (first === undefined || acceptImpact) return;
  const control = first.split(' on ')[0] ?? first;
  const fact =
    control === perRequest
      ? `nobody is known to set the tenant: ${first} has no fresh pass, and to force policies where nobody sets the tenant is an outage`
      : `${first} has no fresh pass, and without it this change would be an outage`;
  const [kind] = kindsLacking(control, estate);
  throw kind === undefined
    ? new SuretyError(
        'apply/requires',
        fact,
        `surety prove ${control}; where you know better, --accept-impact`,
      )
    : new SuretyError(
        'apply/requires',
        `${fact}; the estate has no ${kind} target, and ${control} needs one`,
        `add the ${kind} target to surety.config.ts and surety prove ${control}; where you know better, --accept-impact`,
      );
}

/** Kinds of target without which a control cannot be proven here. */
function kindsLacking(control: string, estate: Estate): readonly Kind[] {
  const registered = controls.find(({ ref }) => ref.id === control);
  return registered === undefined ? [] : bind(registered.control, estate).lacking;
}

/** What would really start to fail: without what a fresh pass rules out, and what is only shown. */
export function costsOf({ impact, target }: Planned, passes: Passes): readonly Impact[] {
  return impact.filter(
    ({ count, aside, unless }) =>
      count > 0 &&
      aside === undefined &&
      (unless === undefined || !passes.has(`${unless} on ${target.name}`)),
  );
}

/** @throws {SuretyError} `apply/impact`, unless a person accepts it */
export function requireNoImpact(wanted: readonly Planned[], passes: Passes, acceptImpact: boolean): void {
  const costs = wanted.flatMap((planned) => costsOf(planned, passes));
  if (costs.length === 0 || acceptImpact) return;
  const shown = costs.slice(0, most).map(costText);
  const more = costs.length > most ? [`and ${costs.length - most} more`] : [];
  throw new SuretyError(
    'apply/impact',
    `this would start to fail: ${[...shown, ...more].join('; ')}`,
    'give those roles a tenant to set or a right of their own first (surety plan shows each), or say --accept-impact',
  );
}

const most = 20;

/** `accounts as reporting: read while no tenant is set: about 120000 rows`. */
export function costText({ subject, count, unit, about }: Impact): string {
  return `${subject}: ${about === true ? 'about ' : ''}${count} ${unit}`;
}
