import { createTwoFilesPatch } from 'diff';
import type { Change, Impact, Step } from '../../core/plan.ts';
import { inLines, wrapped } from '../../reports/lines.ts';
import { costText } from '../apply/gates.ts';
import type { Planned } from '../changes.ts';

/** One change in one line, with what it would cost below: what it changes, not how. */
export function outline({ id, change, target, impact }: Planned, columns: number): string {
  const { title, steps, undo, proposed } = change;
  const head = wrapped(`${id}  ${title} (${target.name}, ${counted(steps)})`, columns, '    ');
  const details = [
    ...impact.map((one) => `would cost  ${costText(one)}${whyNot(one)}`),
    ...('manual' in undo ? [`no undo: ${undo.manual}`] : []),
    ...(proposed === undefined ? [] : [`decide  ${proposed}`]),
  ];
  return inLines(
    [head, ...details.map((detail) => wrapped(`  ${detail}`, columns, '    '))]
      .map((line) => `${line}\n`)
      .join(''),
  );
}

function counted(steps: readonly Step[]): string {
  const statements = steps.filter((step) => 'sql' in step).length;
  const files = steps.length - statements;
  const many = (count: number, noun: string): readonly string[] =>
    count === 0 ? [] : [count === 1 ? `1 ${noun}` : `${count} ${noun}s`];
  return [...many(statements, 'statement'), ...many(files, 'file')].join(', ');
}

/** One change with all that it does. */
export function describe({ id, change, target, impact, locks }: Planned): string {
  const costs = impact.map((one) => `  would cost  ${costText(one)}${whyNot(one)}\n`);
  const locked = locks.length > 0 ? `  locks  ${locks.join(', ')}\n` : '';
  const requires = change.requires.length > 0 ? `  requires  ${change.requires.join(', ')}\n` : '';
  const undo = 'manual' in change.undo ? `  no undo: ${change.undo.manual}\n` : '';
  const decide = change.proposed === undefined ? '' : `  decide  ${change.proposed}\n`;
  const steps = change.steps.map((step) => stepText(step, change.undo)).join('');
  return inLines(
    `${id}\n  ${change.title} (${target.name})\n${steps}${locked}${costs.join('')}${requires}${undo}${decide}`,
  );
}

function whyNot({ unless, aside }: Impact): string {
  if (aside !== undefined) return ` (${aside})`;
  return unless === undefined ? '' : ` (not while ${unless} passes)`;
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
