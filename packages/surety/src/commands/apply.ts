import type { ChangeRecord, Log } from '@surety/evidence';
import { BusyError, StepError, SuretyError } from '../core/error.ts';
import type { Estate, EstateTarget } from '../core/estate.ts';
import type { Impact, Trial } from '../core/plan.ts';
import {
  costsOf,
  missingPasses,
  type Passes,
  passesFor,
  requireNoImpact,
  requirePasses,
} from './apply/gates.ts';
import { changeRecord, recorded } from './apply/record.ts';
import { settle, targetOf, unfinished } from './apply/unfinished.ts';
import { controlNamedBy, meansControl } from './asked.ts';
import {
  type Changeable,
  chosen,
  type Outside,
  type Plan,
  type Planned,
  planEstate,
  rehearseAll,
  withChangeable,
} from './changes.ts';
import { openEstateLog, recordsSoFar } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { describe } from './plan/shown.ts';
import { asArgument } from './plan.ts';
import { createRunRedactor } from './redact.ts';
import { appliedChanges } from './undo.ts';
import { type Exit, exits, type Terminal, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly yes?: boolean;
  readonly acceptImpact?: boolean;
  readonly shadow?: string;
  readonly withoutShadow?: boolean;
  readonly json?: boolean;
};

/** A change that was left as it is, and why. */
type Left = { readonly id: string; readonly reason: string };

type Applied = {
  readonly done: readonly string[];
  readonly left: readonly Left[];
  readonly proposed: readonly string[];
};

export const apply: Verb = {
  name: 'apply',
  summary: 'carry out planned changes, after counting what they would cost and trying them on a copy',
  define(command, terminal, finish) {
    command
      .argument('<what...>', 'areas, controls, targets, or single changes as `plan` names them')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--yes', 'do not ask')
      .option('--accept-impact', 'apply even though something would start to fail')
      .option(
        '--shadow <url>',
        'an empty database to try the changes on first (default: SURETY_SHADOW_URL, or a server of its own)',
      )
      .option('--without-shadow', 'do not try them on a copy first')
      .option('--json', 'print one JSON document')
      .action(async (what: string[], options: Options) => {
        const applied = await applyChanges(what, options, terminal);
        terminal.out(
          options.json === true
            ? `${JSON.stringify({ applied: applied.done, left: applied.left, proposed: applied.proposed })}\n`
            : textOf(applied, what),
        );
        finish(exitOf(applied));
      });
  },
};

function exitOf({ left }: Applied): Exit {
  return left.length > 0 ? exits.unknown : exits.pass;
}

function textOf({ done, left, proposed }: Applied, what: readonly string[]): string {
  const again = `surety apply ${what.map(asArgument).join(' ')}`;
  const provable = [...new Set(what.map((asked) => controlNamedBy(asked) ?? asked))];
  const proposals =
    proposed.length === 0
      ? ''
      : `${proposed.length} proposed, left for a person to decide\n  hint: surety plan ${what.map(asArgument).join(' ')}\n`;
  if (done.length + left.length === 0) return `nothing to change\n${proposals}`;
  const kept = left.map(({ id, reason }) => `left     ${id}\n  ${reason}\n`).join('');
  const count = `${done.length} applied${left.length > 0 ? `, ${left.length} left` : ''}\n`;
  return `${kept}${count}  hint: ${left.length > 0 ? again : `surety prove ${provable.map(asArgument).join(' ')}`}\n${proposals}`;
}

async function applyChanges(what: readonly string[], options: Options, terminal: Terminal): Promise<Applied> {
  const redactor = createRunRedactor();
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const outside = { terminal, redactor };
  const planned = await planSighted(estate, what, outside);
  const wanted = chosen(planned, what);
  const proposed = planned.proposed.map(({ id }) => id).filter((id) => !what.includes(id));
  const records = await recordsSoFar(estate, terminal.env);
  const begun = unfinished(records).filter((record) => isMeant(what, record));
  const recordedIds = [...appliedChanges(records), ...begun].map(({ change }) => change);
  refuseUnplanned(what, [...wanted.map((one) => one.id), ...recordedIds]);
  if (wanted.length + begun.length === 0) return { done: [], left: [], proposed };
  terminal.err(redactor.redactText(wanted.map(describe).join('\n')));
  const accepted = options.acceptImpact === true;
  const passes = passesFor(wanted, records, terminal);
  const missing = missingPasses(wanted, passes);
  requirePasses(missing, accepted, estate);
  requireNoImpact(wanted, passes, accepted);
  if (options.withoutShadow !== true) await rehearseAll(estate, trialsOf(wanted), options.shadow, outside);
  if (options.yes !== true && wanted.length > 0) await confirm(wanted, terminal);
  const log = await openEstateLog(estate, terminal);
  try {
    const ended = begun.flatMap((record) => targetOf(estate.targets, record) ?? []);
    const targets = [...new Set([...wanted.map(({ target }) => target), ...ended])];
    return await withChangeable(estate, targets, outside, async (changeable) => {
      // Nobody else of us can change them now, so what is planned now is what holds until we are done.
      const again = await planSighted(estate, what, outside);
      await settleAll(begun, again, changeable, log, terminal);
      refuseStale(wanted, chosen(again, what));
      const carried = await carryOutAll(wanted, { changeable, passes, missing, log, outside });
      return { ...carried, proposed };
    });
  } finally {
    await log.close();
  }
}

/** @throws {SuretyError} where something could not be planned: a part of a plan is not applied as if it were all */
async function planSighted(estate: Estate, what: readonly string[], outside: Outside): Promise<Plan> {
  const plan = await planEstate(estate, what, outside);
  const [first] = plan.blind;
  if (first !== undefined)
    throw new SuretyError('apply/blind', `${first.control} could not be planned: ${first.fact}`, first.hint);
  return plan;
}

/** What was applied already is no mistake: a command that was broken off is run again as it is. */
function refuseUnplanned(what: readonly string[], known: readonly string[]): void {
  const odd = what.find((asked) => controlNamedBy(asked) !== null && !known.includes(asked));
  if (odd === undefined) return;
  throw new SuretyError(
    'usage/no-such-change',
    `no such change is planned now: ${odd}; nothing was changed`,
    `surety plan ${controlNamedBy(odd)} shows those that are`,
  );
}

function isMeant(what: readonly string[], { change, control, target }: ChangeRecord): boolean {
  return what.some((asked) => asked === change || meansControl(asked, control) || asked === target.name);
}

async function settleAll(
  begun: readonly ChangeRecord[],
  { changes, proposed }: Plan,
  changeable: ReadonlyMap<EstateTarget, Changeable>,
  log: Log,
  terminal: Terminal,
): Promise<void> {
  for (const record of begun) {
    const target = targetOf([...changeable.keys()], record);
    const open = target === undefined ? undefined : changeable.get(target);
    const planned = [...changes, ...proposed].some(({ id }) => id === record.change);
    if (open !== undefined) await settle(record, planned, open, log, terminal);
  }
}

/** What was shown, tried and agreed to is what is carried out, or nothing is. */
function refuseStale(wanted: readonly Planned[], now: readonly Planned[]): void {
  const text = ({ id, change }: Planned) => JSON.stringify([id, change.steps, change.undo]);
  const current = new Set(now.map(text));
  const gone = wanted.filter((planned) => !current.has(text(planned)));
  const added = now.filter(({ id }) => wanted.every((planned) => planned.id !== id));
  const [first] = [...gone, ...added];
  if (first === undefined) return;
  throw new SuretyError(
    'apply/stale',
    `${first.target.name} has changed since this was planned: ${first.id} is planned otherwise now; nothing was changed`,
    'run it again: it plans anew',
  );
}

type CarryOut = {
  readonly changeable: ReadonlyMap<EstateTarget, Changeable>;
  readonly passes: Passes;
  readonly missing: readonly string[];
  readonly log: Log;
  readonly outside: Outside;
};

/** Each change by itself; one whose target is in use is left, and the rest goes on. */
async function carryOutAll(
  wanted: readonly Planned[],
  { changeable, passes, missing, log, outside: { terminal, redactor } }: CarryOut,
): Promise<Pick<Applied, 'done' | 'left'>> {
  const done: string[] = [];
  const left: Left[] = [];
  for (const planned of wanted) {
    if (terminal.signal.aborted) throw stopped();
    const open = changeable.get(planned.target);
    if (open === undefined) throw new Error(`${planned.target.name} is not open`);
    const record = changeRecord(planned, acceptedFor(planned, passes, missing), open.reference, redactor);
    try {
      await recorded(record, open.carryOut, planned.change.steps, log, terminal);
    } catch (error) {
      // What was left may be what this one builds on.
      const follows = left.length > 0 && error instanceof StepError;
      if (!(error instanceof BusyError) && !follows) throw error;
      left.push({ id: planned.id, reason: redactor.redactText(error.message) });
      terminal.err(`left     ${planned.id}\n`);
      continue;
    }
    done.push(planned.id);
    terminal.err(`applied  ${planned.id}\n`);
  }
  return { done, left };
}

/** What a person took upon themselves with this change: costs, and passes that it should have had. */
function acceptedFor(planned: Planned, passes: Passes, missing: readonly string[]): readonly Impact[] {
  const needed = planned.change.requires.map((control) => `${control} on ${planned.target.name}`);
  const without = missing.filter((one) => needed.includes(one));
  return [
    ...costsOf(planned, passes),
    ...without.map((one) => ({ subject: `${one}: no fresh pass`, count: 1, unit: 'proofs' })),
  ];
}

function trialsOf(wanted: readonly Planned[]): ReadonlyMap<EstateTarget, readonly Trial[]> {
  const trials = new Map<EstateTarget, Trial[]>();
  for (const { id, target, change } of wanted) {
    const list = trials.get(target) ?? [];
    trials.set(target, [...list, { id, steps: change.steps, undo: change.undo }]);
  }
  return trials;
}

function stopped(): SuretyError {
  return new SuretyError(
    'apply/stopped',
    'stopped between two changes; those named above are applied',
    'run it again for the rest',
  );
}

async function confirm(wanted: readonly Planned[], terminal: Terminal): Promise<void> {
  const names = [...new Set(wanted.map(({ target }) => target.name))].join(', ');
  const answer = await terminal.ask(`apply ${wanted.length} to ${names}? type the name of the target: `);
  if (answer.trim() !== names)
    throw new SuretyError('apply/declined', 'nothing was changed', 'type the name as it is shown');
}
