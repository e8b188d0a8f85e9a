import type { Json } from '@surety/evidence';
import { createTwoFilesPatch } from 'diff';
import type { Change, Step } from '../core/plan.ts';
import { inLines } from '../reports/lines.ts';
import { type Plan, type Planned, planEstate } from './changes.ts';
import { loadEstate, repoEstate } from './load-estate.ts';
import { createRunRedactor } from './redact.ts';
import { type Exit, exits, type Verb } from './verb.ts';

type Options = { readonly config?: string; readonly repo?: string; readonly json?: boolean };

export const plan: Verb = {
  name: 'plan',
  summary: 'show the changes that would make a claim true, and what they would cost; changes nothing',
  define(command, terminal, finish) {
    command
      .argument('[what...]', 'areas, controls, targets, or single changes')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--repo <path>', 'plan for a checkout, without an estate')
      .option('--json', 'print one JSON document')
      .action(async (what: string[], { config, repo, json = false }: Options) => {
        const redactor = createRunRedactor();
        const estate =
          repo === undefined
            ? await loadEstate(config, terminal, redactor.secret)
            : await repoEstate(repo, terminal);
        const planned = await planEstate(estate, what, { terminal, redactor });
        const how = repo === undefined ? 'surety apply' : 'surety init, then surety apply';
        terminal.out(
          json
            ? `${JSON.stringify(redactor.json(documentOf(planned)))}\n`
            : redactor.redactText(textOf(planned, how)),
        );
        finish(exitOf(planned));
      });
  },
};

function exitOf({ changes, blind }: Plan): Exit {
  if (blind.length > 0) return exits.unknown;
  return changes.length > 0 ? exits.fail : exits.pass;
}

function documentOf({ changes, blind }: Plan): Json {
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

function textOf({ changes, blind }: Plan, how: string): string {
  const unplanned = blind.map(
    ({ control, binding, fact, hint }) => `unknown  ${control}  ${binding}\n  ${fact}\n  hint: ${hint}\n`,
  );
  if (changes.length === 0) return `${unplanned.join('')}${blind.length === 0 ? 'nothing to change\n' : ''}`;
  const what = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  return `${unplanned.join('')}${changes.map(describe).join('\n')}\n${what}\n  hint: ${how} ${changes[0]?.control ?? ''}\n`;
}

/** One change as `plan` and `apply` show it. */
export function describe({ id, change, target, impact }: Planned): string {
  const costs = impact.map(({ subject, count, unit }) => `  would cost  ${subject}: ${count} ${unit}\n`);
  const requires = change.requires.length > 0 ? `  requires  ${change.requires.join(', ')}\n` : '';
  const undo = 'manual' in change.undo ? `  no undo: ${change.undo.manual}\n` : '';
  const steps = change.steps.map((step) => stepText(step, change.undo)).join('');
  return inLines(`${id}\n  ${change.title} (${target.name})\n${steps}${costs.join('')}${requires}${undo}`);
}

function stepText(step: Step, undo: Change['undo']): string {
  if ('sql' in step) return `${indent(step.sql)};\n`;
  // What the file holds now is what the undo would put back.
  const back = 'manual' in undo ? undefined : undo.find((one) => 'file' in one && one.file === step.file);
  const before = back !== undefined && 'file' in back ? (back.content ?? '') : '';
  const patch = createTwoFilesPatch(step.file, step.file, before, step.content ?? '', '', '', { context: 2 });
  const withoutRule = patch.slice(patch.indexOf('--- ')).trimEnd();
  return `${indent(withoutRule)}\n`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}
