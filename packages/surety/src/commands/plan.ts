import type { Step } from '../core/plan.ts';
import { type Plan, type Planned, planEstate } from './changes.ts';
import { loadEstate } from './load-estate.ts';
import { createRunRedactor } from './redact.ts';
import { type Exit, exits, type Verb } from './verb.ts';

export const plan: Verb = {
  name: 'plan',
  summary: 'show the changes that would make a claim true, and what they would cost; changes nothing',
  define(command, terminal, finish) {
    command
      .argument('[what...]', 'areas, controls or targets')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--json', 'print one JSON document')
      .action(async (what: string[], { config, json = false }: { config?: string; json?: boolean }) => {
        const redactor = createRunRedactor();
        const estate = await loadEstate(config, terminal, redactor.secret);
        const planned = await planEstate(estate, what, { terminal, redactor });
        terminal.out(redactor.text(json ? `${JSON.stringify(documentOf(planned))}\n` : textOf(planned)));
        finish(exitOf(planned));
      });
  },
};

function exitOf({ changes, blind }: Plan): Exit {
  if (blind.length > 0) return exits.unknown;
  return changes.length > 0 ? exits.fail : exits.pass;
}

function documentOf({ changes, blind }: Plan): object {
  return {
    changes: changes.map(({ id, change, target, impact }) => ({
      id,
      title: change.title,
      target: target.name,
      steps: change.steps,
      undo: change.undo,
      requires: change.requires,
      impact,
    })),
    blind,
  };
}

function textOf({ changes, blind }: Plan): string {
  const unplanned = blind.map(
    ({ control, binding, fact, hint }) => `unknown  ${control}  ${binding}\n  ${fact}\n  hint: ${hint}\n`,
  );
  if (changes.length === 0) return `${unplanned.join('')}${blind.length === 0 ? 'nothing to change\n' : ''}`;
  const what = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  return `${unplanned.join('')}${changes.map(describe).join('\n')}\n${what}\n  hint: surety apply ${changes[0]?.control ?? ''}\n`;
}

/** One change as `plan` and `apply` show it. */
export function describe({ id, change, target, impact }: Planned): string {
  const costs = impact.map(({ subject, count, unit }) => `  would cost  ${subject}: ${count} ${unit}\n`);
  const requires = change.requires.length > 0 ? `  requires  ${change.requires.join(', ')}\n` : '';
  const undo = 'manual' in change.undo ? `  no undo: ${change.undo.manual}\n` : '';
  return `${id}\n  ${change.title} (${target.name})\n${change.steps.map(stepText).join('')}${costs.join('')}${requires}${undo}`;
}

function stepText(step: Step): string {
  if ('sql' in step) return `${step.sql.replace(/^/gm, '    ')};\n`;
  if (step.content === null) return `    remove ${step.file}\n`;
  return `    write ${step.file} (${Buffer.byteLength(step.content)} bytes)\n`;
}
