import type { TargetRef } from '@surety/evidence';
import { controls } from '../controls/registry.ts';
import { whyUnauthorised } from '../core/authority.ts';
import { SuretyError } from '../core/error.ts';
import type { Estate, EstateTarget } from '../core/estate.ts';
import type { Change, Impact, Step, Trial } from '../core/plan.ts';
import { openTarget } from '../core/prove.ts';
import { type Job, scope } from '../core/run.ts';
import type { Handle, Kind, Touch } from '../core/target.ts';
import { passwordsIn } from '../targets/postgres/passwords.ts';
import { kinds } from '../targets/registry.ts';
import { meansJob } from './asked.ts';
import type { RunRedactor } from './redact.ts';
import type { Terminal } from './verb.ts';

/** A change as it was planned on the live thing, with what would start to fail if it were applied now. */
export type Planned = {
  /** `tenancy/isolated:budget-db:accounts`, which `apply` and `undo` take. */
  readonly id: string;
  readonly control: string;
  readonly job: Job;
  readonly target: EstateTarget;
  readonly change: Change;
  readonly impact: readonly Impact[];
  /** What it locks and how, in that order. */
  readonly locks: readonly string[];
};

/** What was planned, and the controls that could not be planned, with why. */
export type Plan = {
  readonly changes: readonly Planned[];
  /** What only a person can say is right; never part of an area or a control. */
  readonly proposed: readonly Planned[];
  readonly blind: readonly {
    readonly control: string;
    readonly binding: string;
    readonly fact: string;
    readonly hint: string;
  }[];
};

export type Outside = { readonly terminal: Terminal; readonly redactor: RunRedactor };

/** Plans every control that was asked for and can plan. Reads only. */
export async function planEstate(estate: Estate, what: readonly string[], outside: Outside): Promise<Plan> {
  const able = scope(controls, estate).jobs.filter((job) => job.registered.control.plan !== null);
  const jobs = able.filter((job) => what.length === 0 || what.some((asked) => meansJobOrChange(asked, job)));
  const unmet = what.filter((asked) => !able.some((job) => meansJobOrChange(asked, job)));
  if (jobs.length === 0 || unmet.length > 0) {
    const known = controls.filter(({ control }) => control.plan !== null).map(({ ref }) => ref.id);
    throw new SuretyError(
      'usage/nothing-to-plan',
      `nothing that can plan is called ${unmet.join(', ') || 'anything'} in this estate`,
      `controls that plan: ${known.join(', ')}`,
    );
  }
  const planned = [];
  for (const job of jobs) planned.push(await planJob(estate, job, outside));
  const meant = onceEach(
    planned
      .flatMap(({ changes }) => changes)
      .filter(({ id, job }) => what.length === 0 || what.some((one) => one === id || meansJob(one, job))),
  );
  return {
    changes: meant.filter(({ change }) => change.proposed === undefined),
    proposed: meant.filter(({ change }) => change.proposed !== undefined),
    blind: planned.flatMap(({ blind }) => blind),
  };
}

/** Several controls of an area may plan the same change of the same target: the first one has it. */
function onceEach(planned: readonly Planned[]): readonly Planned[] {
  const first = new Map<string, Planned>();
  for (const one of planned) {
    const key = JSON.stringify([one.target.name, one.change.id, one.change.steps]);
    if (!first.has(key)) first.set(key, one);
  }
  return [...first.values()];
}

/** What was asked for: the changes, and proposals that were named one by one. Without the rest of the proposals. */
export function chosen({ changes, proposed }: Plan, what: readonly string[]): readonly Planned[] {
  return [...changes, ...proposed.filter(({ id }) => what.includes(id))];
}

/** Whether a word means this job, or one change of it: `tenancy/isolated:budget-db:accounts`. */
function meansJobOrChange(asked: string, job: Job): boolean {
  return meansJob(asked, job) || asked.startsWith(`${job.registered.ref.id}:${job.binding.name}:`);
}

async function planJob(estate: Estate, job: Job, outside: Outside): Promise<Omit<Plan, 'proposed'>> {
  const { registered, binding } = job;
  const { plan } = registered.control;
  const about = { control: registered.ref.id, binding: binding.name };
  if (plan === null) return { changes: [], blind: [] };
  try {
    const changes = await withTargets(estate, job, 'nothing', outside, async (open) => {
      const list = await plan(open);
      return Promise.all(
        list.map(async (change) => {
          const handle = open[change.target]?.handle;
          return { change, impact: await handle?.impact?.(change), locks: handle?.locks?.(change.steps) };
        }),
      );
    });
    return {
      changes: changes.map(({ change, impact = [], locks = [] }) => {
        const target = binding.targets[change.target];
        const id = `${about.control}:${about.binding}:${change.id}`;
        if (target === undefined)
          throw new Error(`${id} is planned for ${change.target}, which is none of its targets`);
        return { id, control: about.control, job, target, change, impact, locks };
      }),
      blind: [],
    };
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return {
      changes: [],
      blind: [{ ...about, fact: outside.redactor.redactText(error.message), hint: error.hint }],
    };
  }
}

type Open = { readonly [role: string]: { readonly kind: Kind; readonly handle: Handle } };

async function withTargets<T>(
  estate: Estate,
  { binding }: Pick<Job, 'binding'>,
  touch: Touch,
  { terminal, redactor }: Outside,
  work: (open: Open) => Promise<T>,
): Promise<T> {
  const context = { kinds, root: estate.root, secret: redactor.secret };
  const opened: [string, { kind: Kind; handle: Handle }][] = [];
  try {
    for (const [role, target] of Object.entries(binding.targets)) {
      opened.push([
        role,
        { kind: target.kind, handle: await openTarget(target, touch, terminal.signal, context) },
      ]);
    }
    return await work(Object.fromEntries(opened));
  } finally {
    await Promise.allSettled(opened.map(([, { handle }]) => handle.close()));
  }
}

/** A target that is open for writing. */
export type Changeable = {
  readonly reference: TargetRef;
  readonly handle: Handle;
  carryOut(steps: readonly Step[]): Promise<void>;
};

/**
 * Opens targets for writing, one after the other, and takes hold of those that others of us could change too.
 *
 * @throws {SuretyError} `apply/…` where a kind cannot be changed, or nobody has authorised it
 */
export async function withChangeable<T>(
  estate: Estate,
  targets: readonly EstateTarget[],
  outside: Outside,
  work: (changeable: ReadonlyMap<EstateTarget, Changeable>) => Promise<T>,
): Promise<T> {
  const trouble = whyUnauthorised(estate, targets, 'changes', outside.terminal.now());
  if (trouble !== null) throw new SuretyError('apply/not-authorised', trouble.fact, trouble.hint);
  const [first] = targets;
  const named = Object.fromEntries(targets.map((target) => [target.name, target]));
  const binding = { name: 'changes', environment: first?.environment ?? '', targets: named };
  return withTargets(estate, { binding }, 'writes', outside, async (open) => {
    const changeable = new Map<EstateTarget, Changeable>();
    for (const target of targets) changeable.set(target, await hold(target, open[target.name]?.handle));
    return work(changeable);
  });
}

async function hold(target: EstateTarget, handle: Handle | undefined): Promise<Changeable> {
  if (handle?.carryOut === undefined) {
    throw new SuretyError(
      'apply/unchangeable',
      `${target.name} is a ${target.kind}, which surety does not change`,
      'do it by hand',
    );
  }
  await handle.claim?.();
  const [identity, revision, principal] = await Promise.all([
    handle.identity(),
    handle.revision(),
    handle.principal(),
  ]);
  const { name, kind, environment } = target;
  return {
    reference: { name, kind, environment, identity, revision, principal },
    handle,
    carryOut: (steps) => handle.carryOut?.(steps) ?? Promise.resolve(),
  };
}

/**
 * Tries changes on a copy of each target that can be copied; says on what. Targets that cannot are left out.
 *
 * @throws {SuretyError} what would have failed; the targets themselves were not touched
 */
export async function rehearseAll(
  estate: Estate,
  trials: ReadonlyMap<EstateTarget, readonly Trial[]>,
  shadow: string | undefined,
  outside: Outside,
): Promise<void> {
  const url = shadow ?? outside.terminal.env.SURETY_SHADOW_URL;
  if (url !== undefined) learnShadow(url, outside.redactor);
  for (const [target, list] of trials) {
    const binding = { name: target.name, environment: target.environment, targets: { it: target } };
    await withTargets(estate, { binding }, 'nothing', outside, async ({ it }) => {
      if (it?.handle.rehearse === undefined) return;
      outside.terminal.err(`trying   ${list.length} on a copy of ${target.name}\n`);
      const on = await it.handle.rehearse(list, url);
      outside.terminal.err(`tried    on ${on}: there, back and there again\n`);
    });
  }
}

function learnShadow(url: string, { secret }: RunRedactor): void {
  if (!URL.canParse(url) || !/^postgres(ql)?:/.test(url))
    throw new SuretyError(
      'usage/shadow-url',
      'what --shadow names is no connection string',
      'postgresql://user@host/database of an empty database; SURETY_SHADOW_URL keeps a password off the command line',
    );
  for (const password of passwordsIn(url)) secret(password);
}
