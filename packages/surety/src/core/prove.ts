import {
  canonicalize,
  type Json,
  type Judgement,
  judge,
  type Observation,
  type TargetRef,
} from '@surety/evidence';
import type { Binding } from './binding.ts';
import type { Control } from './control.ts';
import { BlindError, SuretyError } from './error.ts';
import type { EstateTarget, Kinds } from './estate.ts';
import { type AttestationStatement, type SeeContext, seeInto, written } from './see.ts';
import type { Handle, Kind } from './target.ts';

/** What one proof needs from outside: nothing in here reads a clock or starts a timer by itself. */
export type ProveContext = {
  readonly kinds: Kinds;
  readonly root: string;
  readonly now: () => Date;
  /** Calls back once after `milliseconds`; gives a function that cancels it. */
  readonly after: (milliseconds: number, callback: () => void) => () => void;
  readonly signal: AbortSignal;
  /** Blacks out secrets; the count says how many. */
  readonly redact: (observations: readonly Observation[]) => {
    readonly observations: readonly Observation[];
    readonly count: number;
  };
  /** The same for one text. */
  readonly redactText: (text: string) => string;
  readonly secret: (value: string) => void;
  readonly attestation: () => Promise<AttestationStatement>;
  /** Subjects that accepted risks cover in a run that starts then. */
  readonly excepted: (started: Date) => ReadonlySet<string>;
};

export type Proof = {
  readonly started: Date;
  readonly finished: Date;
  readonly observations: readonly Observation[];
  readonly judgement: Judgement;
  readonly redactions: number;
  readonly targets: { readonly [role: string]: TargetRef };
};

const defaultTimeout = 60_000;
/** How long an aborted control may take to let go of its targets. */
const grace = 5_000;

/** Runs one control on one binding. Never throws for what the target or the control does: that is an `unknown`. */
export async function prove(control: Control, binding: Binding, context: ProveContext): Promise<Proof> {
  const started = context.now();
  const seen: Observation[] = [];
  const opened = new Map<string, { kind: Kind; handle: Handle }>();
  const references = new Map<string, TargetRef>();
  const stop = new AbortController();
  const milliseconds = control.timeout ?? defaultTimeout;
  const trouble = await race(
    async () => {
      await open(control, binding, context, stop.signal, opened, references);
      if (stop.signal.aborted) return;
      await control.prove(Object.fromEntries(opened), seeInto(seen, seeContext(binding, context)));
    },
    milliseconds,
    context,
    stop,
  );
  // A control that goes on after its time is up must not write into what is judged.
  const observations = [...seen];
  if (trouble !== null) observations.push(blindness(control, trouble));
  await letGo(
    [...opened.values()].map(({ handle }) => handle),
    context,
  );
  const { observations: kept, count } = context.redact(observations);
  return {
    started,
    finished: context.now(),
    observations: kept,
    judgement: judge(kept, context.excepted(started)),
    redactions: count,
    targets: referencesOf(binding, references, context.redactText),
  };
}

/** The proof of a job that may not be done: nothing was touched, so nothing is known. */
export function withhold(control: Control, binding: Binding, trouble: Trouble, now: Date): Proof {
  const observations = [blindness(control, trouble)];
  return {
    started: now,
    finished: now,
    observations,
    judgement: judge(observations),
    redactions: 0,
    targets: referencesOf(binding, new Map(), (text) => text),
  };
}

function seeContext(binding: Binding, context: ProveContext): SeeContext {
  return {
    method: 'read',
    standIn: Object.values(binding.targets).some(({ standIn }) => standIn),
    now: context.now,
    attestation: context.attestation,
  };
}

async function open(
  control: Control,
  binding: Binding,
  context: ProveContext,
  signal: AbortSignal,
  opened: Map<string, { kind: Kind; handle: Handle }>,
  references: Map<string, TargetRef>,
): Promise<void> {
  for (const [role, target] of Object.entries(binding.targets)) {
    const handle = await openTarget(target, control.touch, signal, context);
    opened.set(role, { kind: target.kind, handle });
    // The time was up while it opened: whoever waited is gone, so nobody else would close it.
    if (signal.aborted) {
      await handle.close();
      return;
    }
    const [identity, revision, principal] = await Promise.all([
      handle.identity(),
      handle.revision(),
      handle.principal(),
    ]);
    references.set(role, recordable({ ...reference(target), identity, revision, principal }));
  }
}

/** Several stand in one verdict, and an entry of the log holds about 64 KiB. */
const longestReference = 8 * 1024;

/** @throws where the log could not hold what a target says of itself: one odd server must not end the run */
function recordable(said: TargetRef): TargetRef {
  if (canonicalize(said).length <= longestReference) return said;
  throw new BlindError(
    'target/says-too-much',
    `what ${said.name} says of itself takes more than ${longestReference} characters`,
    'is it what surety.config.ts says it is?',
  );
}

/** @throws {SuretyError} where the estate names a kind that is not known. */
export async function openTarget(
  target: EstateTarget,
  touch: Control['touch'],
  signal: AbortSignal,
  context: Pick<ProveContext, 'kinds' | 'root' | 'secret'>,
): Promise<Handle> {
  const kind = context.kinds.get(target.kind);
  if (kind === undefined) {
    throw new SuretyError(
      'target/unknown-kind',
      `no target of kind ${target.kind}`,
      'see docs/targets.md for the kinds',
    );
  }
  return kind.open(target.facts, { touch, signal, secret: context.secret, root: context.root });
}

function reference({ name, kind, environment }: EstateTarget): TargetRef {
  return { name, kind, environment, identity: {}, revision: null, principal: null };
}

function referencesOf(
  binding: Binding,
  known: ReadonlyMap<string, TargetRef>,
  redact: (text: string) => string,
): Proof['targets'] {
  return Object.fromEntries(
    Object.entries(binding.targets).map(([role, target]) => [
      role,
      redacted(known.get(role) ?? reference(target), redact),
    ]),
  );
}

/** What a target says of itself is recorded as well, and may hold what it was opened with. */
function redacted(target: TargetRef, redact: (text: string) => string): TargetRef {
  const text = <T extends Json>(value: T): T | string => (typeof value === 'string' ? redact(value) : value);
  return {
    ...target,
    identity: Object.fromEntries(Object.entries(target.identity).map(([key, value]) => [key, text(value)])),
    revision: text(target.revision),
    principal: text(target.principal),
  };
}

/** Why nothing could be seen, and what would help. */
export type Trouble = { readonly fact: string; readonly hint: string | undefined };

/** Runs `work` until it ends, its time is up, or the run is stopped. `null`: it ended well. */
async function race(
  work: () => Promise<void>,
  milliseconds: number,
  context: Pick<ProveContext, 'after' | 'signal'>,
  stop: AbortController,
): Promise<Trouble | null> {
  return new Promise((resolve) => {
    const settle = (trouble: Trouble | null): void => {
      cancel();
      context.signal.removeEventListener('abort', stopped);
      resolve(trouble);
    };
    const giveUp = (trouble: Trouble): void => {
      stop.abort();
      settle(trouble);
    };
    const stopped = (): void => giveUp({ fact: 'the run was stopped', hint: 'run it again' });
    const cancel = context.after(milliseconds, () =>
      giveUp({
        fact: `no answer within ${milliseconds / 1000} s`,
        hint: 'is the target slow, or locked by something else?',
      }),
    );
    if (context.signal.aborted) return stopped();
    context.signal.addEventListener('abort', stopped, { once: true });
    work().then(
      () => settle(null),
      (error: unknown) => settle(explain(error)),
    );
  });
}

function explain(error: unknown): Trouble {
  if (error instanceof SuretyError) return { fact: error.message, hint: error.hint };
  if (error instanceof Error) return { fact: `${error.name}: ${error.message}`, hint: undefined };
  return { fact: `something was thrown that is not an error: ${typeof error}`, hint: undefined };
}

function blindness(control: Control, { fact, hint }: Trouble): Observation {
  return written({
    check: 'blind',
    subject: control.claim,
    method: 'read',
    missing: fact.toWellFormed(),
    ...(hint !== undefined && { hint: hint.toWellFormed() }),
  });
}

/** Closes what was opened, but waits no longer than the grace: a dead server must not hold up the run. */
async function letGo(handles: readonly Handle[], { after }: Pick<ProveContext, 'after'>): Promise<void> {
  const closed = Promise.allSettled(handles.map(async (handle) => handle.close()));
  await new Promise<void>((resolve) => {
    const cancel = after(grace, resolve);
    void closed.then(() => {
      cancel();
      resolve();
    });
  });
}
