import type { ChangeRecord, Json, LoggedRecord } from '@surety/evidence';
import { z } from 'zod';
import { SuretyError } from '../core/error.ts';
import type { Estate, EstateTarget } from '../core/estate.ts';
import type { Step } from '../core/plan.ts';
import { recorded } from './apply.ts';
import { withChangeable } from './changes.ts';
import { openEstateLog, recordsSoFar } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { createRunRedactor } from './redact.ts';
import { exits, type Terminal, type Verb } from './verb.ts';

type Options = { readonly config?: string; readonly yes?: boolean; readonly json?: boolean };

export const undo: Verb = {
  name: 'undo',
  summary: 'take back an applied change, by the steps that were recorded with it',
  define(command, terminal, finish) {
    command
      .argument('[change]', 'the change, as `apply` named it; without it, what can be taken back is listed')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--yes', 'do not ask')
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
  const changes = appliedChanges(await recordsSoFar(estate, terminal.env));
  if (id === undefined) {
    list(
      changes.map(({ change }) => change),
      options,
      terminal,
    );
    return;
  }
  const applied = changes.find(({ change }) => change === id);
  if (applied === undefined)
    throw new SuretyError('undo/not-applied', `${id} is not applied`, 'surety undo lists what is');
  if ('manual' in applied.undo)
    throw new SuretyError('undo/manual', `${id} has no undo`, applied.undo.manual);
  const steps = readSteps(applied.undo);
  const target = targetOf(estate, applied);
  if (options.yes !== true) {
    const answer = await terminal.ask(`take back ${id}? type the name of the target, ${target.name}: `);
    if (answer.trim() !== target.name)
      throw new SuretyError('undo/declined', 'nothing was changed', `type ${target.name}`);
  }
  const log = await openEstateLog(estate, terminal);
  try {
    await withChangeable(estate, target, { terminal, redactor }, (reference, carryOut) =>
      recorded(
        {
          ...applied,
          target: reference,
          action: 'undo',
          steps: Array.isArray(applied.undo) ? applied.undo : [],
          undo: applied.steps,
          impact: [],
        },
        carryOut,
        steps,
        log,
        terminal,
      ),
    );
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
function appliedChanges(records: readonly LoggedRecord[]): readonly ChangeRecord[] {
  const applied = new Map<string, ChangeRecord>();
  for (const { record } of records) {
    if (record.type !== 'change' || record.outcome !== 'done') continue;
    applied.delete(record.change);
    if (record.action === 'apply') applied.set(record.change, record);
  }
  return [...applied.values()].reverse();
}

function targetOf(estate: Estate, { target, change }: ChangeRecord): EstateTarget {
  const found = estate.targets.find(({ name, kind }) => name === target.name && kind === target.kind);
  if (found !== undefined) return found;
  throw new SuretyError(
    'undo/no-target',
    `${change} was made on ${target.name}, which the estate no longer has`,
    'put it back into surety.config.ts',
  );
}

const step = z.union([
  z.strictObject({ sql: z.string() }),
  z.strictObject({ file: z.string(), before: z.string().nullable(), content: z.string().nullable() }),
]);

function readSteps(steps: readonly Json[]): readonly Step[] {
  const parsed = z.array(step).safeParse(steps);
  if (parsed.success) return parsed.data;
  throw new SuretyError(
    'undo/unreadable',
    'the recorded steps are of another form',
    'use the version of surety that applied the change',
  );
}
