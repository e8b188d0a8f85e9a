import type { Json } from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import { controlNamedBy } from './asked.ts';
import { type Plan, type Planned, planEstate } from './changes.ts';
import { loadEstate, repoEstate } from './load-estate.ts';
import { asksForMigration, type MigrationOptions, writeMigration } from './plan/migration.ts';
import { describe, outline } from './plan/shown.ts';
import { createRunRedactor } from './redact.ts';
import { type Exit, exits, type Verb, widthOf } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly repo?: string;
  readonly json?: boolean;
  readonly full?: boolean;
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
      .option('--full', 'show every change with all that it does: statements, patches, locks')
      .option('--sql <file>', 'write the changes as SQL, and their undo beside it; - prints them')
      .option('--prisma <folder>', 'write them as a migration of Prisma')
      .option('--drizzle <folder>', 'write them as a migration of drizzle-kit')
      .action(async (what: string[], options: Options) => {
        const { config, repo, json = false, full = false } = options;
        const redactor = createRunRedactor();
        const estate =
          repo === undefined
            ? await loadEstate(config, terminal, redactor.secret)
            : await repoEstate(repo, terminal);
        const planned = await planEstate(estate, what, { terminal, redactor });
        refuseUnplanned(what, planned);
        if (asksForMigration(options)) {
          await writeMigration(planned, what, options, { terminal, redactor });
          finish(exits.pass);
          return;
        }
        const how = repo === undefined ? 'surety apply' : 'surety init, then surety apply';
        terminal.out(
          json
            ? `${JSON.stringify(redactor.json(documentOf(planned)))}\n`
            : redactor.redactText(textOf(planned, { how, what, full, columns: widthOf(terminal) })),
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

type Shown = {
  /** What a person types to carry them out. */
  readonly how: string;
  /** What was asked for. */
  readonly what: readonly string[];
  readonly full: boolean;
  readonly columns: number;
};

function textOf({ changes, proposed, blind }: Plan, shown: Shown): string {
  const { how, what } = shown;
  const unplanned = blind.map(
    ({ control, binding, fact, hint }) => `unknown  ${control}  ${binding}\n  ${fact}\n  hint: ${hint}\n`,
  );
  const proposals =
    proposed.length === 0
      ? ''
      : `\nproposed; only a person can say whether it is right:\n\n${proposed.map((one) => `${show(one, shown)}  hint: ${how} ${asArgument(one.id)}\n`).join('\n')}`;
  const apart = proposed.length === 0 ? '' : `, ${proposed.length} proposed`;
  if (changes.length === 0)
    return `${unplanned.join('')}${blind.length === 0 ? `nothing to change${apart}\n` : ''}${proposals}`;
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  const order = changes.some(({ locks }) => locks.length > 0)
    ? '  in this order, each in a transaction of its own that locks its tables first, by schema and name\n'
    : '';
  const requires = new Set(changes.flatMap(({ change }) => change.requires));
  const needs = requires.size > 0 && !shown.full ? `  requires  ${[...requires].join(', ')}\n` : '';
  const again = ['surety plan', ...what.map(asArgument)].join(' ');
  const more = shown.full
    ? ''
    : `  all that they do: ${again} --full${inSql(changes) ? ' or --sql -' : ''}\n`;
  const listed = changes.map((one) => show(one, shown)).join(shown.full ? '\n' : '');
  return `${unplanned.join('')}${listed}${proposals}\n${count}${apart}\n${order}${needs}${more}  hint: ${how} ${changes[0]?.control ?? ''}\n`;
}

/** Whole where it was asked for by its full id. */
function show(planned: Planned, { full, what, columns }: Shown): string {
  return full || what.includes(planned.id) ? describe(planned) : outline(planned, columns);
}

function inSql(changes: readonly Planned[]): boolean {
  return changes.every(({ change }) => change.steps.every((step) => 'sql' in step));
}

/** @throws {SuretyError} where a single change was asked for that nothing planned, and not for being blind */
function refuseUnplanned(what: readonly string[], { changes, proposed, blind }: Plan): void {
  const known = [...changes, ...proposed].map(({ id }) => id);
  const odd = what.find((asked) => {
    const control = controlNamedBy(asked);
    return control !== null && !known.includes(asked) && blind.every((one) => one.control !== control);
  });
  if (odd === undefined) return;
  throw new SuretyError(
    'usage/no-such-change',
    `no such change is planned now: ${odd}`,
    `surety plan ${controlNamedBy(odd)} shows those that are; surety undo lists those that are applied`,
  );
}

/** An id as a shell takes it: names of tables may hold blanks and quotes. */
export function asArgument(id: string): string {
  return /^[\w./:@+-]+$/.test(id) ? id : `'${id.replaceAll("'", "'\\''")}'`;
}
