import type { ChangeRecord, LoggedRecord } from '@surety/evidence';
import { SuretyError, TrialError } from '../core/error.ts';
import type { Estate, EstateTarget } from '../core/estate.ts';
import type { Step } from '../core/plan.ts';
import { type Begun, recorded } from './apply/record.ts';
import { readSteps, targetOf, unfinished } from './apply/unfinished.ts';
import { meansControl } from './asked.ts';
import { type Outside, rehearseAll, withChangeable } from './changes.ts';
import { openEstateLog, recordsSoFar } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { createRunRedactor } from './redact.ts';
import { type Exit, exits, type Terminal, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly yes?: boolean;
  readonly shadow?: string;
  readonly withoutShadow?: boolean;
  readonly json?: boolean;
};

export const undo: Verb = {
  name: 'undo',
  summary: 'take back applied changes, by the steps that were recorded with them',
  define(command, terminal, finish) {
    command
      .argument(
        '[what]',
        'a change as `apply` named it, or an area, control or target; without it, what can be taken back is listed',
      )
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--yes', 'do not ask')
      .option(
        '--shadow <url>',
        'an empty database to try it on first (default: SURETY_SHADOW_URL, or a server of its own)',
      )
      .option('--without-shadow', 'do not try it on a copy first')
      .option('--json', 'print one JSON document')
      .action(async (change: string | undefined, options: Options) => {
        finish(await undoChanges(change, options, terminal));
      });
  },
};

async function undoChanges(asked: string | undefined, options: Options, terminal: Terminal): Promise<Exit> {
  const redactor = createRunRedactor();
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const records = await recordsSoFar(estate, terminal.env);
  const applied = appliedChanges(records);
  if (asked === undefined) {
    list(
      applied.map(({ change }) => change),
      options,
      terminal,
    );
    return exits.pass;
  }
  const isMeant = ({ change, control, target }: ChangeRecord): boolean =>
    change === asked || meansControl(asked, control) || target.name === asked;
  refuseUnfinished(unfinished(records).find(isMeant));
  const meant = applied.filter(isMeant);
  const isAlone = meant.some(({ change }) => change === asked);
  const kept = meant.flatMap(({ change, undo }) =>
    'manual' in undo ? [{ id: change, reason: undo.manual }] : [],
  );
  const [stuck] = kept;
  if (meant.length === 0)
    throw new SuretyError('undo/not-applied', `${asked} is not applied`, 'surety undo lists what is');
  if (stuck !== undefined && kept.length === meant.length)
    throw new SuretyError('undo/manual', `${stuck.id} has no undo`, stuck.reason);
  const back = meant
    .filter(({ undo }) => !('manual' in undo))
    .map((record) => ({ record, target: requireTarget(estate, record) }));
  const done = await takeBack(asked, back, { estate, options, outside: { terminal, redactor } });
  if (options.json === true) {
    const takenBack = isAlone ? done[0] : done;
    terminal.out(`${JSON.stringify({ takenBack, ...(kept.length > 0 && { left: kept }) })}\n`);
  } else {
    const left = kept.map(({ id, reason }) => `left        ${id}\n  ${reason}\n`);
    const named = done.map((id) => `taken back  ${id}\n`);
    const provable = [...new Set(back.map(({ record }) => record.control))];
    terminal.out(`${left.join('')}${named.join('')}  hint: surety prove ${provable.join(' ')}\n`);
  }
  return kept.length > 0 ? exits.unknown : exits.pass;
}

/** @throws {SuretyError} where nobody knows how something that is meant ended */
function refuseUnfinished(begun: ChangeRecord | undefined): void {
  if (begun === undefined) return;
  throw new SuretyError(
    'undo/unfinished',
    `${begun.change}: ${begun.action} was begun ${begun.at}, and nobody knows how it ended`,
    `surety apply ${begun.control} looks, and records it`,
  );
}

type Back = { readonly record: ChangeRecord; readonly target: EstateTarget };

/** One after the other, what was applied last first; each is recorded as it is done. */
async function takeBack(
  asked: string,
  back: readonly Back[],
  { estate, options, outside }: { estate: Estate; options: Options; outside: Outside },
): Promise<readonly string[]> {
  const { terminal } = outside;
  const targets = [...new Set(back.map(({ target }) => target))];
  if (options.withoutShadow !== true) await rehearseUndo(estate, back, options, outside);
  if (options.yes !== true) {
    const names = targets.map(({ name }) => name).join(', ');
    for (const { record } of back) terminal.err(`will take back  ${record.change}\n`);
    const answer = await terminal.ask(`take back ${asked}? type the name of the target, ${names}: `);
    if (answer.trim() !== names)
      throw new SuretyError('undo/declined', 'nothing was changed', `type ${names}`);
  }
  const done: string[] = [];
  const log = await openEstateLog(estate, terminal);
  try {
    await withChangeable(estate, targets, outside, async (changeable) => {
      for (const { record: applied, target } of back) {
        if (terminal.signal.aborted) break;
        const open = changeable.get(target);
        if (open === undefined) throw new Error(`${target.name} is not open`);
        const { at: _at, outcome: _outcome, ...rest } = applied;
        const begun: Begun = {
          ...rest,
          target: open.reference,
          action: 'undo',
          steps: Array.isArray(applied.undo) ? applied.undo : [],
          undo: applied.steps,
          impact: [],
        };
        await recorded(begun, open.carryOut, stepsBack(applied), log, terminal);
        done.push(applied.change);
        if (back.length > 1) terminal.err(`undone   ${applied.change}\n`);
      }
    });
  } finally {
    await log.close();
  }
  return done;
}

function stepsBack({ undo }: ChangeRecord): readonly Step[] {
  return 'manual' in undo ? [] : readSteps(undo);
}

function list(applied: readonly string[], { json }: Options, { out, err }: Terminal): void {
  if (json === true) {
    out(`${JSON.stringify({ applied })}\n`);
    return;
  }
  out(applied.length === 0 ? 'nothing is applied\n' : applied.map((change) => `${change}\n`).join(''));
  if (applied.length > 0) err('nothing was taken back\n  hint: surety undo CHANGE\n');
}

/** Changes that were applied and not taken back, newest first. */
export function appliedChanges(records: readonly LoggedRecord[]): readonly ChangeRecord[] {
  const applied = new Map<string, ChangeRecord>();
  for (const { record } of records) {
    if (record.type !== 'change' || record.outcome !== 'done') continue;
    applied.delete(record.change);
    if (record.action === 'apply') applied.set(record.change, record);
  }
  return [...applied.values()].reverse();
}

/**
 * Takes the changes back on a copy, and carries them out again: where that does not end as it is now, somebody has altered
 * what they made, and taking it back would lose that.
 */
async function rehearseUndo(
  estate: Estate,
  back: readonly Back[],
  { shadow }: Options,
  outside: Outside,
): Promise<void> {
  const trials = Map.groupBy(back, ({ target }) => target);
  const lists = new Map(
    [...trials].map(([target, some]) => [
      target,
      some.map(({ record }) => ({
        id: record.change,
        steps: stepsBack(record),
        undo: readSteps(record.steps),
      })),
    ]),
  );
  try {
    await rehearseAll(estate, lists, shadow, outside);
  } catch (error) {
    if (!(error instanceof TrialError)) throw error;
    const [first] = back;
    const what = back.length === 1 ? `${first?.record.change}` : `one of ${back.length} changes`;
    throw new SuretyError(
      'undo/altered',
      `what ${what} made was altered since, and this stands in the way: ${inTheWay(error)}`,
      'put that back as the change made it, or take it away, then run it again; --without-shadow undoes without looking',
      { cause: error },
    );
  }
}

/** Of what went wrong on the copy, what of it is in the database. */
function inTheWay({ message }: TrialError): string {
  return message.replace(/^tried on a copy[^:]*: /, '');
}

function requireTarget(estate: Estate, record: ChangeRecord): EstateTarget {
  const found = targetOf(estate.targets, record);
  if (found !== undefined) return found;
  throw new SuretyError(
    'undo/no-target',
    `${record.change} was made on ${record.target.name}, which the estate no longer has`,
    'put it back into surety.config.ts',
  );
}
