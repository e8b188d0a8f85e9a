import type { Json } from '@surety/evidence';
import { createTwoFilesPatch } from 'diff';
import type { Change, Impact, Step } from '../core/plan.ts';
import { inLines } from '../reports/lines.ts';
import { costText } from './apply/gates.ts';
import { type Plan, type Planned, planEstate } from './changes.ts';
import { loadEstate, repoEstate } from './load-estate.ts';
import { asksForMigration, type MigrationOptions, writeMigration } from './plan/migration.ts';
import { createRunRedactor } from './redact.ts';
import { type Exit, exits, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly repo?: string;
  readonly json?: boolean;
} & MigrationOptions;

export const plan: Verb = {
  name: 'plan',
  summary: 'show the changes that would make a claim true, and what they would cost; changes nothing',
  define(command, terminal, finish) {
    command
      .argument('[what...]', 'areas, controls, targets, or single changes')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--repo <path>', 'plan for a checkout, without an estate')
      .option('--json', 'print one JSON document')
      .option('--sql <file>', 'write the changes as SQL, and their undo beside it; - prints them')
      .option('--prisma <folder>', 'write them as a migration of Prisma')
      .option('--drizzle <folder>', 'write them as a migration of drizzle-kit')
      .action(async (what: string[], options: Options) => {
        const { config, repo, json = false } = options;
        const redactor = createRunRedactor();
        const estate =
          repo === undefined
            ? await loadEstate(config, terminal, redactor.secret)
            : await repoEstate(repo, terminal);
        const planned = await planEstate(estate, what, { terminal, redactor });
        if (asksForMigration(options)) {
          await writeMigration(planned, what, options, { terminal, redactor });
          finish(exits.pass);
          return;
        }
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

function documentOf({ changes, proposed, blind }: Plan): Json {
  const document = ({ id, change, target, impact, locks }: Planned) => ({
    id,
    title: change.title,
    target: target.name,
    steps: change.steps,
    undo: change.undo,
    requires: change.requires,
    impact,
    locks,
  });
  return {
    changes: changes.map(document),
    proposed: proposed.map((one) => ({ ...document(one), decide: one.change.proposed ?? '' })),
    blind,
  };
}

function textOf({ changes, proposed, blind }: Plan, how: string): string {
  const unplanned = blind.map(
    ({ control, binding, fact, hint }) => `unknown  ${control}  ${binding}\n  ${fact}\n  hint: ${hint}\n`,
  );
  const proposals =
    proposed.length === 0
      ? ''
      : `\nproposed; only a person can say whether it is right:\n\n${proposed.map((one) => `${describe(one)}  hint: ${how} ${asArgument(one.id)}\n`).join('\n')}`;
  const apart = proposed.length === 0 ? '' : `, ${proposed.length} proposed`;
  if (changes.length === 0)
    return `${unplanned.join('')}${blind.length === 0 ? `nothing to change${apart}\n` : ''}${proposals}`;
  const what = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  const order = changes.some(({ locks }) => locks.length > 0)
    ? '  in this order, each in a transaction of its own that locks its tables first, by schema and name\n'
    : '';
  const listed = changes.map(describe).join('\n');
  return `${unplanned.join('')}${listed}${proposals}\n${what}${apart}\n${order}  hint: ${how} ${changes[0]?.control ?? ''}\n`;
}

/** An id as a shell takes it: names of tables may hold blanks and quotes. */
export function asArgument(id: string): string {
  return /^[\w./:@+-]+$/.test(id) ? id : `'${id.replaceAll("'", "'\\''")}'`;
}

/** One change as `plan` and `apply` show it. */
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
