import { type ChangeRecord, type Json, type Log, proofStates, type TargetRef } from '@surety/evidence';
import { controls } from '../controls/registry.ts';
import { SuretyError } from '../core/error.ts';
import type { Estate } from '../core/estate.ts';
import type { Step } from '../core/plan.ts';
import { type Planned, planEstate, withChangeable } from './changes.ts';
import { openEstateLog, recordsSoFar } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { describe } from './plan.ts';
import { createRunRedactor, type RunRedactor } from './redact.ts';
import { exits, type Terminal, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly yes?: boolean;
  readonly acceptImpact?: boolean;
  readonly json?: boolean;
};

export const apply: Verb = {
  name: 'apply',
  summary: 'carry out planned changes, after counting what they would cost',
  define(command, terminal, finish) {
    command
      .argument('<what...>', 'areas, controls, targets, or single changes as `plan` names them')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--yes', 'do not ask')
      .option('--accept-impact', 'apply even though something would start to fail')
      .option('--json', 'print one JSON document')
      .action(async (what: string[], options: Options) => {
        const applied = await applyChanges(what, options, terminal);
        const done = applied.map(({ id }) => id);
        if (options.json === true) terminal.out(`${JSON.stringify({ applied: done })}\n`);
        else
          terminal.out(
            done.length === 0
              ? 'nothing to change\n'
              : `${done.length} applied\n  hint: surety prove ${what.join(' ')}\n`,
          );
        finish(exits.pass);
      });
  },
};

async function applyChanges(
  what: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<readonly Planned[]> {
  const redactor = createRunRedactor();
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const outside = { terminal, redactor };
  const { changes: wanted, blind } = await planEstate(estate, what, outside);
  const [first] = blind;
  if (first !== undefined)
    throw new SuretyError('apply/blind', `${first.control} could not be planned: ${first.fact}`, first.hint);
  if (wanted.length === 0) return [];
  await requireProofs(estate, wanted, terminal);
  requireNoImpact(wanted, options);
  terminal.err(redactor.redactText(wanted.map(describe).join('\n')));
  if (options.yes !== true) await confirm(wanted, terminal);
  const log = await openEstateLog(estate, terminal);
  try {
    for (const planned of wanted) {
      if (terminal.signal.aborted) throw stopped();
      await withChangeable(estate, planned.target, outside, (reference, carryOut) =>
        recorded(changeRecord(planned, reference, redactor), carryOut, planned.change.steps, log, terminal),
      );
      terminal.err(`applied  ${planned.id}\n`);
    }
  } finally {
    await log.close();
  }
  return wanted;
}

function stopped(): SuretyError {
  return new SuretyError(
    'apply/stopped',
    'stopped between two changes; those named above are applied',
    'run it again for the rest',
  );
}

/** Every control that the changes require must have a fresh pass on a binding with that target. */
async function requireProofs(estate: Estate, wanted: readonly Planned[], terminal: Terminal): Promise<void> {
  const needed = wanted.flatMap(({ change, target }) =>
    change.requires.map((control) => ({ control, target: target.name })),
  );
  if (needed.length === 0) return;
  const states = proofStates(await recordsSoFar(estate, terminal.env), {
    now: terminal.now(),
    controls: controls.map(({ ref }) => ref),
    freshness: '24h',
  });
  const missing = needed.find(
    ({ control, target }) =>
      !states.some(
        (state) =>
          state.control === control && state.status === 'proven' && state.binding.split('+').includes(target),
      ),
  );
  if (missing === undefined) return;
  throw new SuretyError(
    'apply/requires',
    `${missing.control} has no fresh pass on ${missing.target}, and without it this change would be an outage`,
    `surety prove ${missing.control}`,
  );
}

function requireNoImpact(wanted: readonly Planned[], { acceptImpact = false }: Options): void {
  const costs = wanted.flatMap(({ impact }) => impact).filter(({ count }) => count > 0);
  if (costs.length === 0 || acceptImpact) return;
  const lines = costs.map(({ subject, count, unit }) => `${subject}: ${count} ${unit}`).join('; ');
  throw new SuretyError(
    'apply/impact',
    `this would start to fail: ${lines}`,
    'mend that first, or say --accept-impact',
  );
}

async function confirm(wanted: readonly Planned[], terminal: Terminal): Promise<void> {
  const names = [...new Set(wanted.map(({ target }) => target.name))].join(', ');
  const answer = await terminal.ask(`apply ${wanted.length} to ${names}? type the name of the target: `);
  if (answer.trim() !== names)
    throw new SuretyError('apply/declined', 'nothing was changed', 'type the name as it is shown');
}

function changeRecord(
  { id, control, change, impact }: Planned,
  target: TargetRef,
  redactor: RunRedactor,
): Omit<ChangeRecord, 'at' | 'outcome'> {
  const steps = change.steps.map((step) => asJson(step, redactor));
  const undo = 'manual' in change.undo ? change.undo : change.undo.map((step) => asJson(step, redactor));
  return {
    type: 'change',
    change: id,
    control,
    target,
    action: 'apply',
    steps,
    undo,
    impact: impact.map(({ subject, ...cost }) => ({ subject: redactor.redactText(subject), ...cost })),
  };
}

/** @throws {SuretyError} where a step holds a secret: what is recorded must be what was run */
function asJson(step: Step, redactor: RunRedactor): Json {
  const text = JSON.stringify(step);
  if (redactor.redactText(text) === text) return { ...step };
  throw new SuretyError(
    'apply/secret-in-step',
    'a step of this change holds a secret, so it cannot be recorded',
    'take the secret out of the file first',
  );
}

/** Says what it is about to do, does it, and says how it ended, so that a change that broke off is seen. */
export async function recorded(
  record: Omit<ChangeRecord, 'at' | 'outcome'>,
  carryOut: (steps: readonly Step[]) => Promise<void>,
  steps: readonly Step[],
  log: Pick<Log, 'append'>,
  { now }: Pick<Terminal, 'now'>,
): Promise<void> {
  const write = (outcome: ChangeRecord['outcome']) =>
    log.append([{ record: { ...record, at: now().toISOString(), outcome } }]);
  await write('started');
  try {
    await carryOut(steps);
  } catch (error) {
    await write('failed');
    throw error;
  }
  await write('done');
}
