import type { ChangeRecord, LoggedRecord } from '@surety/evidence';
import { SuretyError, TrialError } from '../core/error.ts';
import type { Estate, EstateTarget } from '../core/estate.ts';
import { type Begun, recorded } from './apply/record.ts';
import { readSteps, targetOf, unfinished } from './apply/unfinished.ts';
import { type Outside, rehearseAll, withChangeable } from './changes.ts';
import { openEstateLog, recordsSoFar } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { createRunRedactor } from './redact.ts';
import { exits, type Terminal, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly yes?: boolean;
  readonly shadow?: string;
  readonly withoutShadow?: boolean;
  readonly json?: boolean;
};

export const undo: Verb = {
  name: 'undo',
  summary: 'take back an applied change, by the steps that were recorded with it',
  define(command, terminal, finish) {
    command
      .argument('[change]', 'the change, as `apply` named it; without it, what can be taken back is listed')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--yes', 'do not ask')
      .option(
        '--shadow <url>',
        'an empty database to try it on first (default: SURETY_SHADOW_URL, or a server of its own)',
      )
      .option('--without-shadow', 'do not try it on a copy first')
      .option('--json', 'print one JSON document')
      .action(async (change: string | undefined, options: Options) => {
        await undoChange(change, options, terminal);
        finish(exits.pass);
      });
  },
};

async function undoChange(id: string | undefined, options: Options, terminal: Terminal): Promise<void> {
  const redactor = createRunRedactor();
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const records = await recordsSoFar(estate, terminal.env);
  const changes = appliedChanges(records);
  if (id === undefined) {
    list(
      changes.map(({ change }) => change),
      options,
      terminal,
    );
    return;
  }
  const applied = changes.find(({ change }) => change === id);
  const begun = unfinished(records).find(({ change }) => change === id);
  if (begun !== undefined)
    throw new SuretyError(
      'undo/unfinished',
      `${id}: ${begun.action} was begun ${begun.at}, and nobody knows how it ended`,
      `surety apply ${begun.control} looks, and records it`,
    );
  if (applied === undefined)
    throw new SuretyError('undo/not-applied', `${id} is not applied`, 'surety undo lists what is');
  if ('manual' in applied.undo)
    throw new SuretyError('undo/manual', `${id} has no undo`, applied.undo.manual);
  const steps = readSteps(applied.undo);
  const target = requireTarget(estate, applied);
  const outside = { terminal, redactor };
  if (options.withoutShadow !== true) await rehearseUndo(estate, target, applied, options, outside);
  if (options.yes !== true) {
    const answer = await terminal.ask(`take back ${id}? type the name of the target, ${target.name}: `);
    if (answer.trim() !== target.name)
      throw new SuretyError('undo/declined', 'nothing was changed', `type ${target.name}`);
  }
  const log = await openEstateLog(estate, terminal);
  try {
    await withChangeable(estate, [target], outside, async (changeable) => {
      const open = changeable.get(target);
      if (open === undefined) throw new Error(`${target.name} is not open`);
      const { at: _at, outcome: _outcome, ...rest } = applied;
      const back: Begun = {
        ...rest,
        target: open.reference,
        action: 'undo',
        steps: Array.isArray(applied.undo) ? applied.undo : [],
        undo: applied.steps,
        impact: [],
      };
      await recorded(back, open.carryOut, steps, log, terminal);
    });
  } finally {
    await log.close();
  }
  terminal.out(
    options.json === true
      ? `${JSON.stringify({ takenBack: id })}\n`
      : `taken back  ${id}\n  hint: surety prove ${applied.control}\n`,
  );
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
 * Takes the change back on a copy, and carries it out again: where that does not end as it is now, somebody has altered
 * what it made, and taking it back would lose that.
 */
async function rehearseUndo(
  estate: Estate,
  target: EstateTarget,
  { change, steps, undo }: ChangeRecord,
  { shadow }: Options,
  outside: Outside,
): Promise<void> {
  const back = 'manual' in undo ? [] : readSteps(undo);
  try {
    const trial = { id: change, steps: back, undo: readSteps(steps) };
    await rehearseAll(estate, new Map([[target, [trial]]]), shadow, outside);
  } catch (error) {
    if (!(error instanceof TrialError)) throw error;
    throw new SuretyError(
      'undo/altered',
      `what ${change} made was altered since: ${error.message}`,
      'take that back first, or change it by hand; --without-shadow undoes without looking',
      { cause: error },
    );
  }
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
