import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Freshness, freshnessPeriods, type ProofState, proofStates } from '@surety/evidence';
import type { Command } from 'commander';
import { controls } from '../controls/registry.ts';
import { SuretyError } from '../core/error.ts';
import { type Answers, answersOf } from '../reports/answer.ts';
import { readChecklist, writeChecklist } from '../reports/checklist.ts';
import { matrix, matrixMarkdown, matrixText } from '../reports/matrix.ts';
import { type Owed, period } from '../reports/period.ts';
import { periodMarkdown } from '../reports/period-markdown.ts';
import { statesText } from '../reports/states.ts';
import { type Framework, requirementById, requirements } from '../requirements/index.ts';
import { type Logs, readLogs } from './logs.ts';
import { exits, type Terminal, type Verb } from './verb.ts';

type Common = { readonly log?: string; readonly json?: boolean };

export const report: Verb = {
  name: 'report',
  summary: 'what the log says now: by control, by requirement, by period, or beside your own checklist',
  define(command, terminal, finish) {
    const print = (options: Common, document: unknown, text: string): void => {
      terminal.out(options.json === true ? `${JSON.stringify(document)}\n` : text);
      finish(exits.pass);
    };

    // Options belong to the report that they follow, not to `report` itself.
    common(command.enablePositionalOptions()).action(async (options: Common) => {
      const { records } = await readLogs(options.log, terminal);
      const states = statesWithin({ records }, terminal)('24h');
      print(options, states, statesText(states));
    });

    common(command.command('checklist <file>'))
      .description('give a Markdown checklist back, with what is proven beside what it claims')
      .option('--framework <name>', 'whose numbers the lines have, where the document does not say')
      .action(async (file: string, options: Common & { framework?: string }) => {
        const logs = await readLogs(options.log, terminal);
        const checklist = readChecklist(
          await readDocument(file, terminal),
          frameworkNamed(options.framework),
        );
        const { markdown, summary } = writeChecklist(
          checklist,
          answers(logs, terminal),
          sourceOf(logs, terminal),
        );
        print(options, summary, markdown);
      });

    common(command.command('matrix'))
      .description('every requirement with the controls that stand for it; a line with none says so')
      .option('--framework <name>', 'of one framework only')
      .option('--markdown', 'as a document')
      .action(async (options: Common & { framework?: string; markdown?: boolean }) => {
        const only = frameworkNamed(options.framework);
        const wanted = requirements.filter(({ framework }) => only === null || framework === only);
        const table = matrix(wanted, answers(await readLogs(options.log, terminal), terminal));
        print(options, table, options.markdown === true ? matrixMarkdown(table) : matrixText(table));
      });

    common(command.command('period'))
      .description('what was expected in a period, what was run, every failure and every hole')
      .requiredOption('--from <date>', 'YYYY-MM-DD')
      .requiredOption('--to <date>', 'YYYY-MM-DD, not included')
      .action(async (options: Common & { from: string; to: string }) => {
        const { records } = await readLogs(options.log, terminal);
        // Days to come are no holes.
        const to = [dayOf(options.to), terminal.now().toISOString()].sort()[0] ?? options.to;
        const span = { from: dayOf(options.from), to };
        const document = period(records, span, owedIn(records));
        print(options, document, periodMarkdown(document));
      });
  },
};

function common(command: Command): Command {
  return command
    .option('--log <folder>', 'a log, or a folder of logs (default: .surety/log)')
    .option('--json', 'print one JSON document');
}

function statesWithin(
  { records }: Pick<Logs, 'records'>,
  { now }: Terminal,
): (freshness: Freshness) => readonly ProofState[] {
  const known = controls.map(({ ref }) => ref);
  return (freshness) => proofStates(records, { now: now(), controls: known, freshness });
}

function answers(logs: Logs, terminal: Terminal): Answers {
  return answersOf(requirements, controls, statesWithin(logs, terminal));
}

/** One line on what a report was made from. */
function sourceOf({ folders, records }: Logs, { now }: Terminal): string {
  const what =
    folders.length === 0
      ? 'no log'
      : `${records.length} records of ${folders.length === 1 ? '1 log' : `${folders.length} logs`}`;
  return `made by surety from ${what} at ${now().toISOString().slice(0, 16)}Z, self-attested`;
}

/** Everything that was ever run, as often as its most demanding requirement wants. */
function owedIn(records: Logs['records']): readonly Owed[] {
  const bindings = new Map(
    records.flatMap(({ record }) =>
      record.type === 'verdict'
        ? [
            [
              `${record.control.id}\n${record.binding}`,
              { control: record.control.id, binding: record.binding },
            ] as const,
          ]
        : [],
    ),
  );
  return [...bindings.values()].map((one) => ({ ...one, every: wantedFreshness(one.control) }));
}

function wantedFreshness(id: string): Freshness {
  const mappings = controls.find(({ ref }) => ref.id === id)?.control.requirements ?? [];
  const wanted = mappings.flatMap(({ requirement }) => requirementById.get(requirement)?.freshness ?? []);
  return wanted.toSorted((a, b) => freshnessPeriods[a] - freshnessPeriods[b])[0] ?? '24h';
}

async function readDocument(file: string, { cwd }: Terminal): Promise<string> {
  return readFile(resolve(cwd, file), 'utf8').catch(() => {
    throw new SuretyError('report/no-checklist', `${file} cannot be read`, 'name a Markdown file');
  });
}

function frameworkNamed(name: string | undefined): Framework | null {
  if (name === undefined) return null;
  const known = [...new Set(requirements.map(({ framework }) => framework))];
  const found = known.find((framework) => framework === name);
  if (found !== undefined) return found;
  throw new SuretyError(
    'usage/no-such-framework',
    `there is no framework ${name}`,
    `one of: ${known.join(', ')}`,
  );
}

function dayOf(text: string): string {
  const day = new Date(`${text}T00:00:00.000Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime())) return day.toISOString();
  throw new SuretyError('usage/no-such-day', `${text} is not a day`, 'YYYY-MM-DD');
}
