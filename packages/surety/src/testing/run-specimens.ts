import type { Judgement, Observation, Sha256 } from '@surety/evidence';
import { type Binding, bind } from '../core/binding.ts';
import { type Estate, type Kinds, makeEstate } from '../core/estate.ts';
import type { Change } from '../core/plan.ts';
import { openTarget, type Proof, type ProveContext, prove } from '../core/prove.ts';
import type { RegisteredControl } from '../core/run.ts';
import type { Touch } from '../core/target.ts';
import { looksSecret, values } from '../core/values.ts';
import { NotHere, type Scene, type Scratch, type Specimens } from './specimens.ts';

export type CaseKind = 'healthy' | 'lookalike' | 'sabotage' | 'blind' | 'mended';

/** One specimen tried: `ok`, `wrong` with what was wrong, or `not run` with what is missing here. */
export type CaseResult = {
  readonly control: string;
  readonly kind: CaseKind;
  readonly name: string;
  readonly outcome: 'ok' | 'wrong' | 'not run';
  readonly why: string;
};

export type SpecimenContext = Pick<ProveContext, 'after' | 'now' | 'signal'> & {
  readonly kinds: Kinds;
  /** A fresh redactor: secrets of one specimen are no business of the next. */
  readonly redactor: () => Pick<ProveContext, 'redact' | 'redactText' | 'secret'>;
  readonly onResult?: (result: CaseResult) => void;
};

/** Every specimen of a control, in order: the healthy system, look-alikes, sabotages, and each way to be blind. */
export async function runSpecimens(
  { ref, control }: RegisteredControl,
  specimens: Specimens,
  context: SpecimenContext,
): Promise<readonly CaseResult[]> {
  const scratch = specimens.on();
  const cases = casesOf(specimens, scratch);
  const results: CaseResult[] = [];
  const report = (result: CaseResult): void => {
    results.push(result);
    context.onResult?.(result);
  };
  try {
    const missing = await scratch.unavailable();
    for (const { kind, name, run } of cases) {
      const result = { control: ref.id, kind, name };
      if (missing !== null) {
        report({ ...result, outcome: 'not run', why: missing });
        continue;
      }
      report({ ...result, ...(await tried(() => run({ control, scratch, context }))) });
    }
  } finally {
    await scratch.close();
  }
  return results;
}

async function tried(run: () => Promise<string | null>): Promise<Pick<CaseResult, 'outcome' | 'why'>> {
  try {
    const why = await run();
    return { outcome: why === null ? 'ok' : 'wrong', why: why ?? '' };
  } catch (error) {
    if (error instanceof NotHere) return { outcome: 'not run', why: error.message };
    return { outcome: 'wrong', why: describeError(error) };
  }
}

type Trial = {
  readonly control: RegisteredControl['control'];
  readonly scratch: Scratch<unknown>;
  readonly context: SpecimenContext;
};

type Case = {
  readonly kind: CaseKind;
  readonly name: string;
  /** `null` when it went as it must, else what did not. */
  readonly run: (trial: Trial) => Promise<string | null>;
};

function casesOf({ lookalikes, sabotages }: Specimens, scratch: Scratch<unknown>): readonly Case[] {
  return [
    {
      kind: 'healthy',
      name: 'healthy',
      run: (trial) => inScene(trial, undefined, (scene) => expectPass(trial, scene, [])),
    },
    ...Object.entries(lookalikes).map(
      ([name, { break: broken, excepted = [] }]): Case => ({
        kind: 'lookalike',
        name,
        run: (trial) => inScene(trial, broken, (scene) => expectPass(trial, scene, excepted)),
      }),
    ),
    ...Object.entries(sabotages).map(
      ([name, { break: broken, names }]): Case => ({
        kind: 'sabotage',
        name,
        run: (trial) => inScene(trial, broken, (scene) => expectFail(trial, scene, names)),
      }),
    ),
    ...Object.entries(sabotages)
      .filter(([, { mended }]) => mended === true)
      .map(
        ([name, { break: broken }]): Case => ({
          kind: 'mended',
          name,
          run: (trial) => inScene(trial, broken, (scene) => expectMended(trial, scene)),
        }),
      ),
    ...Object.entries(scratch.blind).map(
      ([name, blind]): Case => ({
        kind: 'blind',
        name,
        run: (trial) => inScene(trial, undefined, async (scene) => expectUnknown(trial, await blind(scene))),
      }),
    ),
  ];
}

async function inScene(
  { scratch }: Trial,
  broken: unknown,
  look: (scene: Scene) => Promise<string | null>,
): Promise<string | null> {
  const scene = await (broken === undefined ? scratch.scene() : scratch.scene(broken));
  try {
    return await look(scene);
  } finally {
    await scene.stop();
  }
}

async function expectPass(trial: Trial, scene: Scene, excepted: readonly string[]): Promise<string | null> {
  const before = await scene.fingerprint();
  const proof = await proveScene(trial, scene, new Set(excepted));
  if (proof.judgement.verdict !== 'pass') return `want pass, got ${describe(proof.judgement)}`;
  if (proof.judgement.excepted < excepted.length) return 'an exception was given that nothing needed';
  return (await leftBehind(scene, before)) ?? leaked(scene, proof.observations);
}

async function expectFail(trial: Trial, scene: Scene, names: string): Promise<string | null> {
  const before = await scene.fingerprint();
  const proof = await proveScene(trial, scene);
  const { verdict, judged } = proof.judgement;
  if (verdict !== 'fail') return `want fail, got ${describe(proof.judgement)}`;
  const breaks = judged.filter(({ bearing }) => bearing === 'breaks').map(describeBreak);
  if (!breaks.some((text) => text.includes(names))) return `no failure names ${names}: ${breaks.join('; ')}`;
  return (await leftBehind(scene, before)) ?? leaked(scene, proof.observations);
}

async function expectUnknown(trial: Trial, scene: Scene): Promise<string | null> {
  const { judgement, observations } = await proveScene(trial, scene);
  if (judgement.verdict !== 'unknown') return `want unknown, got ${describe(judgement)}`;
  return leaked(scene, observations);
}

/** Planned and applied → pass; planned again → nothing; undone → failing as before. */
async function expectMended(trial: Trial, scene: Scene): Promise<string | null> {
  const before = await scene.fingerprint();
  const changes = await planScene(trial, scene);
  if (changes.length === 0) return 'nothing was planned';
  for (const change of changes) await carryOut(trial, scene, change, change.steps);
  const mended = (await proveScene(trial, scene)).judgement;
  if (mended.verdict !== 'pass') return `applied, and still ${describe(mended)}`;
  const again = await planScene(trial, scene);
  if (again.length > 0) return `planned again: ${again.map(({ title }) => title).join('; ')}`;
  for (const change of changes.toReversed()) {
    if ('manual' in change.undo) return null;
    await carryOut(trial, scene, change, change.undo);
  }
  const undone = (await proveScene(trial, scene)).judgement;
  if (undone.verdict !== 'fail') return `undone, and it was ${describe(undone)} instead of fail`;
  return (await scene.fingerprint()) === before ? null : 'undone, and not as it was before';
}

async function proveScene(
  trial: Trial,
  scene: Scene,
  excepted: ReadonlySet<string> = new Set(),
): Promise<Proof> {
  const { control, context } = trial;
  const redactor = context.redactor();
  const { binding } = await bindScene(trial, scene, redactor.secret);
  const now = context.now();
  return prove(control, binding, {
    ...context,
    ...redactor,
    root: scene.root ?? process.cwd(),
    excepted: () => excepted,
    attestation: async () => ({
      record: '0'.repeat(64) satisfies Sha256,
      by: 'a person of the specimen',
      from: now.toISOString(),
      until: new Date(now.getTime() + 86_400_000).toISOString(),
    }),
  });
}

async function bindScene(
  { control, context }: Trial,
  scene: Scene,
  learn: (secret: string) => void,
): Promise<{ readonly estate: Estate; readonly binding: Binding }> {
  const estate = await makeEstate(
    {
      file: 'specimen',
      root: scene.root ?? process.cwd(),
      declared: { name: 'specimen', environment: 'scratch', targets: secretsAsValues(scene.targets, '') },
    },
    context.kinds,
    { env: (name) => name, file: nothingToRead, command: nothingToRead },
    learn,
  );
  const { bindings } = bind(control, estate);
  const [binding] = bindings;
  if (binding === undefined || bindings.length > 1)
    throw new Error(`the scene gives ${bindings.length} bindings`);
  return { estate, binding };
}

/** A scene holds its passwords as they are; an estate takes them as values only. */
function secretsAsValues(node: unknown, key: string): unknown {
  if (typeof node === 'string') return looksSecret(key, node) === null ? node : values.env(node);
  if (Array.isArray(node)) return node.map((item) => secretsAsValues(item, key));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, child]) => [name, secretsAsValues(child, name)]),
  );
}

async function nothingToRead(): Promise<string> {
  throw new Error('a specimen has no outside');
}

type Opened = Parameters<NonNullable<RegisteredControl['control']['plan']>>[0];

async function withTargets<T>(
  trial: Trial,
  scene: Scene,
  touch: Touch,
  work: (open: Opened) => Promise<T>,
): Promise<T> {
  const { context } = trial;
  const { secret } = context.redactor();
  const { estate, binding } = await bindScene(trial, scene, secret);
  const opened = await Promise.all(
    Object.entries(binding.targets).map(async ([role, target]) => {
      const handle = await openTarget(target, touch, context.signal, {
        kinds: context.kinds,
        root: estate.root,
        secret,
      });
      return [role, { kind: target.kind, handle }] as const;
    }),
  );
  try {
    return await work(Object.fromEntries(opened));
  } finally {
    await Promise.all(opened.map(([, { handle }]) => handle.close()));
  }
}

async function planScene(trial: Trial, scene: Scene): Promise<readonly Change[]> {
  const { plan } = trial.control;
  if (plan === null) throw new Error('the control has no plan');
  // What a person has to decide is no part of what mends.
  return (await withTargets(trial, scene, 'nothing', plan)).filter(({ proposed }) => proposed === undefined);
}

async function carryOut(trial: Trial, scene: Scene, change: Change, steps: Change['steps']): Promise<void> {
  await withTargets(trial, scene, 'writes', async (open) => {
    const handle = open[change.target]?.handle;
    if (handle?.carryOut === undefined) throw new Error(`${change.target} cannot be changed`);
    await handle.carryOut(steps);
  });
}

async function leftBehind(scene: Scene, before: string): Promise<string | null> {
  return (await scene.fingerprint()) === before ? null : 'something was left behind in the target';
}

function leaked({ canaries }: Scene, observations: readonly Observation[]): string | null {
  const output = JSON.stringify(observations);
  const shown = canaries.filter((canary) => output.includes(canary));
  return shown.length === 0 ? null : `${shown.length} canaries show in the output`;
}

function describe({ verdict, judged }: Judgement): string {
  const telling = judged
    .filter(({ bearing }) => bearing === 'breaks' || bearing === 'blind')
    .map(describeBreak);
  return telling.length === 0 ? verdict : `${verdict} (${telling.slice(0, 3).join('; ')})`;
}

function describeBreak({ observation, want, got }: Judgement['judged'][number]): string {
  return `${observation.subject}: want ${want}, got ${got}`;
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
