import {
  type ControlRef,
  exceptedSubjects,
  type IntentRecord,
  type Judged,
  type Method,
  type Observation,
  type Sha256,
  type SuretyRecord,
  usedExceptions,
  type Verdict,
  type VerdictRecord,
} from '@surety/evidence';
import { whyUnauthorised } from './authority.ts';
import { type Binding, bind } from './binding.ts';
import { isOver } from './broken-runs.ts';
import type { Control } from './control.ts';
import { SuretyError } from './error.ts';
import type { Estate, EstateTarget } from './estate.ts';
import { type Proof, type ProveContext, prove, type Trouble, withhold } from './prove.ts';
import type { Standing } from './standing.ts';
import { type Touch, touches } from './target.ts';

/** A control with the name, version and digest that the registry gave it. */
export type RegisteredControl = { readonly ref: ControlRef; readonly control: Control };

/** What a run owes: exactly one verdict for each. */
export type Job = { readonly registered: RegisteredControl; readonly binding: Binding };

export type Row = {
  readonly control: string;
  readonly binding: string;
  readonly environment: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly method: Method | null;
  readonly standIn: boolean;
  readonly excepted: number;
  readonly judged: readonly Judged[];
  /** One command or sentence: what to do next. */
  readonly hint: string | null;
  /** Only a person can make it pass, and none has yet. */
  readonly attestationDue: boolean;
  readonly milliseconds: number;
};

export type Scope = {
  readonly jobs: readonly Job[];
  /** Kinds that the estate has no target of, with the controls that want one. */
  readonly outOfScope: readonly { readonly kind: string; readonly controls: readonly string[] }[];
  /** Targets in no binding of a control that wants their kind. */
  readonly alone: readonly { readonly control: string; readonly target: string }[];
};

export type RunLog = {
  append(
    entries: readonly { readonly record: SuretyRecord; readonly observations?: readonly Observation[] }[],
  ): Promise<unknown>;
};

export type RunContext = Omit<ProveContext, 'attestation' | 'excepted'> & {
  /** Unique, sortable by time. */
  readonly run: string;
  readonly scheduled: boolean;
  readonly allow: ReadonlySet<Touch>;
  readonly log: RunLog;
  readonly standing: Standing;
  /** Digest of canonical observations, as the log stores them. */
  readonly digest: (observations: readonly Observation[]) => Sha256;
  readonly tools: { readonly [name: string]: string };
  readonly onStart?: (job: Job) => void;
  readonly onVerdict?: (row: Row) => void;
};

/** Every verdict that controls owe in an estate, and what is out of scope. */
export function scope(controls: readonly RegisteredControl[], estate: Estate): Scope {
  const bound = controls.map((registered) => ({ registered, ...bind(registered.control, estate) }));
  const kinds = new Set(bound.flatMap(({ lacking }) => lacking));
  return {
    jobs: inOrder(
      bound.flatMap(({ registered, bindings }) => bindings.map((binding) => ({ registered, binding }))),
    ),
    outOfScope: [...kinds].sort().map((kind) => ({
      kind,
      controls: bound
        .filter(({ lacking }) => lacking.includes(kind))
        .map(({ registered }) => registered.ref.id),
    })),
    alone: bound.flatMap(({ registered, alone }) =>
      alone.map((target) => ({ control: registered.ref.id, target: target.name })),
    ),
  };
}

/** Mildest touch first, so that what changes a target comes after what only looks at it. */
function inOrder(jobs: readonly Job[]): readonly Job[] {
  const rank = ({ registered }: Job): number => touches.indexOf(registered.control.touch);
  return jobs.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      a.registered.ref.id.localeCompare(b.registered.ref.id) ||
      a.binding.name.localeCompare(b.binding.name),
  );
}

/**
 * Records the intent, proves every job, and records each verdict as it is reached. Targets run side by
 * side; on one target, one control at a time and in order. Gives exactly one row for each job.
 *
 * @throws what `log.append` throws: evidence that cannot be kept is not evidence
 * @throws {SuretyError} `prove/too-late` where others may already take this run for broken
 */
export async function run(
  estate: Estate,
  jobs: readonly Job[],
  context: RunContext,
): Promise<readonly Row[]> {
  const intended = context.now();
  await context.log.append(intents(jobs, intended, context).map((record) => ({ record })));
  const busy = new Map<EstateTarget, Promise<unknown>>();
  const rows = jobs.map((job) => {
    const used = Object.values(job.binding.targets);
    const earlier = used.map((target) => busy.get(target));
    const row = Promise.all(earlier).then(() => proveAndRecord(estate, job, intended, context));
    // Whoever waits for these targets waits for this job to end, however it ends.
    const ended = row.catch(() => undefined);
    for (const target of used) busy.set(target, ended);
    return row;
  });
  // All settle first, so that no proof is still at work on a target when the caller lets go of it.
  await Promise.allSettled(rows);
  return Promise.all(rows);
}

/** An entry of the log holds about 64 KiB. */
const owedPerRecord = 200;

function intents(jobs: readonly Job[], at: Date, { run, scheduled }: RunContext): readonly IntentRecord[] {
  const owes = jobs.map(({ registered, binding }) => ({
    control: registered.ref.id,
    binding: binding.name,
    touch: registered.control.touch,
  }));
  return Array.from({ length: Math.ceil(owes.length / owedPerRecord) }, (_, part) => ({
    type: 'intent',
    run,
    at: at.toISOString(),
    scheduled,
    owes: owes.slice(part * owedPerRecord, (part + 1) * owedPerRecord),
  }));
}

async function proveAndRecord(estate: Estate, job: Job, intended: Date, context: RunContext): Promise<Row> {
  const { registered, binding } = job;
  const { control, ref } = registered;
  context.onStart?.(job);
  const exceptions = (at: Date) => context.standing.exceptions(ref.id, binding.name, at);
  const withheld = whyWithheld(estate, job, context);
  const proof =
    withheld === null
      ? await prove(control, binding, {
          ...context,
          excepted: (started) => exceptedSubjects(exceptions(started)),
          attestation: async () => context.standing.attestation(ref.id, binding.name, context.now()),
        })
      : withhold(control, binding, withheld, context.now());
  const used = usedExceptions(proof.judgement, exceptions(proof.started));
  if (isOver(intended, context.now()))
    throw new SuretyError(
      'prove/too-late',
      `the run of ${intended.toISOString()} is over: it took too long, or the clock was set`,
      'run it again; what it did not record will be recorded as unknown',
    );
  await context.log.append([
    { record: verdictRecord(job, proof, intended, used, context), observations: proof.observations },
  ]);
  const row = rowOf(job, proof);
  context.onVerdict?.(row);
  return row;
}

/** Why this job may not be done, or `null`. It still owes its verdict: `unknown`, with the reason. */
function whyWithheld(
  estate: Estate,
  { registered, binding }: Job,
  { allow, now }: RunContext,
): Trouble | null {
  const { touch } = registered.control;
  if ((touch === 'writes' || touch === 'disrupts') && !allow.has(touch)) {
    return {
      fact: `it ${touch} and that was not allowed`,
      hint: `surety prove ${registered.ref.id} --allow ${touch}`,
    };
  }
  return whyUnauthorised(estate, Object.values(binding.targets), 'attacks', now());
}

function verdictRecord(
  { registered, binding }: Job,
  proof: Proof,
  intended: Date,
  exceptions: readonly Sha256[],
  context: RunContext,
): VerdictRecord {
  const { judgement, observations } = proof;
  return {
    type: 'verdict',
    run: context.run,
    control: registered.ref,
    binding: binding.name,
    targets: proof.targets,
    touch: registered.control.touch,
    parameters: {},
    intended: intended.toISOString(),
    started: proof.started.toISOString(),
    finished: proof.finished.toISOString(),
    verdict: judgement.verdict,
    method: judgement.method,
    standIn: judgement.standIn,
    observations: { sha256: context.digest(observations), count: observations.length },
    exceptions,
    redactions: proof.redactions,
    tools: context.tools,
  };
}

function rowOf({ registered, binding }: Job, { judgement, started, finished }: Proof): Row {
  const { ref, control } = registered;
  return {
    control: ref.id,
    binding: binding.name,
    environment: binding.environment,
    claim: control.claim,
    verdict: judgement.verdict,
    method: judgement.method,
    standIn: judgement.standIn,
    excepted: judgement.excepted,
    judged: judgement.judged,
    hint: hintOf(ref.id, control, judgement),
    attestationDue: judgement.verdict === 'unknown' && judgement.judged.every(onlyWaits),
    milliseconds: finished.getTime() - started.getTime(),
  };
}

/** Nothing but a person's word is missing. */
function onlyWaits({ bearing, observation }: Judged): boolean {
  return bearing !== 'blind' || observation.check === 'attestation';
}

function hintOf(id: string, control: Control, { verdict, judged }: Proof['judgement']): string | null {
  if (verdict === 'pass' || verdict === 'not-applicable') return null;
  const bearing = verdict === 'fail' ? 'breaks' : 'blind';
  const decisive = judged.filter((one) => one.bearing === bearing).map(({ observation }) => observation);
  const given = decisive.find(({ hint }) => hint !== undefined)?.hint;
  if (given !== undefined) return given;
  if (verdict === 'fail' && control.plan !== null) return `surety plan ${id}`;
  if (decisive.some(({ check }) => check === 'attestation')) return `surety attest ${id}`;
  return null;
}
