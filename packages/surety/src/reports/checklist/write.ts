import { type Answers, statusWord } from '../answer.ts';
import { type ChecklistSummary, type ComparedItem, compare, countsOf } from './compare.ts';
import { type Line, textOf } from './document.ts';
import { block, columnHeader, remark } from './marks.ts';
import type { Checklist, StatusTable } from './read.ts';
import { claimsOf, countName, sectionOf } from './recount.ts';
import { sectionText } from './section-text.ts';
import { insertCells } from './table.ts';
import type { Tally, TallyRow } from './tally.ts';

/**
 * Gives the document back with what is known beside what it claims. Everything that was in it stays as it is, to the
 * byte; what an earlier report added is replaced.
 *
 * @param source one line on what the answers were made from: estate, time, log
 */
export function writeChecklist(
  checklist: Checklist,
  answers: Answers,
  source: string | null = null,
): { readonly markdown: string; readonly summary: ChecklistSummary } {
  const summary = compare(checklist, answers);
  const lines = new Map(checklist.lines.map(({ text }, index) => [index, text]));
  const edit = (index: number, change: (text: string) => string): void => {
    lines.set(index, change(lines.get(index) ?? ''));
  };
  const disputed = disputedLines(summary);
  const items = new Map(summary.items.map((item) => [item.line - 1, item]));
  const word = (item: ComparedItem): string => emphasise(statusWord(item), disputed.has(item.line));
  for (const table of checklist.tables) {
    writeStatusTable(table, edit, (index) => {
      const item = items.get(index);
      return item === undefined ? '' : word(item);
    });
  }
  for (const item of summary.items) {
    if (item.form === 'box') edit(item.line - 1, (text) => remark(text, `→ ${word(item)}`));
  }
  for (const tally of checklist.tallies) writeTally(tally, checklist, summary, edit);
  for (const [index, said] of remarks(checklist, summary)) edit(index, (text) => remark(text, said));
  const written = checklist.lines.map(({ end }, index): Line => ({ text: lines.get(index) ?? '', end }));
  return { markdown: withSection(written, checklist, sectionText(summary, source)), summary };
}

type Edit = (index: number, change: (text: string) => string) => void;

function emphasise(text: string, strong: boolean): string {
  return strong ? `**${text}**` : text;
}

function disputedLines({ disagreements }: ChecklistSummary): ReadonlySet<number> {
  return new Set(
    disagreements.flatMap((one) =>
      one.kind === 'claimed-not-proven' || one.kind === 'proven-not-claimed' ? [one.item.line] : [],
    ),
  );
}

function writeStatusTable({ table, status }: StatusTable, edit: Edit, cell: (index: number) => string): void {
  edit(table.header, (text) => insertCells(text, status, [columnHeader('Proven')]));
  edit(table.header + 1, (text) => insertCells(text, status, ['---']));
  for (const index of table.rows) edit(index, (text) => insertCells(text, status, [cell(index)]));
}

/** Beside the document's own count: what its lines add up to, and how many of them are done by proof. */
function writeTally(
  { table, rows }: Tally,
  checklist: Checklist,
  summary: ChecklistSummary,
  edit: Edit,
): void {
  const last = table.columns.length - 1;
  edit(table.header, (text) => insertCells(text, last, [columnHeader('Lines say'), columnHeader('Proven')]));
  edit(table.header + 1, (text) => insertCells(text, last, ['---', '---']));
  for (const row of rows) {
    const cells = tallyCells(row, checklist, summary);
    edit(row.index, (text) => insertCells(text, last, cells));
  }
}

function tallyCells(row: TallyRow, checklist: Checklist, summary: ChecklistSummary): readonly string[] {
  const counted = claimsOf(checklist, row);
  const section = sectionOf(checklist, row);
  if (counted === null || section === undefined) return ['no such section', '–'];
  const numbers = row.stated.map(({ counts }) => counted[countName[counts]]);
  const differs = summary.disagreements.some(
    (one) => one.kind === 'miscounted' && one.line === row.index + 1,
  );
  const here = summary.items.filter(
    (_, index) => section === null || checklist.items[index]?.section === section,
  );
  return [
    emphasise(numbers.join(' / ') || '–', differs),
    `${countsOf(here).proven.done} of ${counted.lines}`,
  ];
}

/** What is said at the end of lines that state something of the document as a whole. */
function remarks(
  checklist: Checklist,
  { disagreements, proven, claimed }: ChecklistSummary,
): ReadonlyMap<number, string> {
  const said = new Map<number, string[]>();
  const say = (index: number, text: string): void => {
    said.set(index, [...(said.get(index) ?? []), text]);
  };
  const inTally = new Set(checklist.tallies.flatMap(({ rows }) => rows.map(({ index }) => index)));
  for (const one of disagreements) {
    if (one.kind === 'headline') say(one.line - 1, `**${one.open} of ${one.of} lines are open**`);
    if (one.kind !== 'miscounted' || inTally.has(one.line - 1)) continue;
    for (const { counted } of one.stated) {
      say(one.line - 1, `**${one.section === null ? 'all lines' : one.section}: ${counted} %**`);
    }
  }
  for (const { index, section } of checklist.percentages) {
    if (section === null)
      say(index, `done by proof: ${proven.percent} % (${proven.done} of ${claimed.lines})`);
  }
  return new Map([...said].map(([index, texts]) => [index, `→ ${texts.join(', ')}`]));
}

/** The section goes before the first heading below the title, so that a reader meets it first. */
function withSection(written: readonly Line[], checklist: Checklist, section: string): string {
  const { headings, items } = checklist;
  const first = items[0]?.index ?? 0;
  const [title, next] = headings.filter(({ index }) => index < first);
  const place =
    next?.index ?? (title === undefined ? checklist.body : title.level === 1 ? title.end : title.index);
  const end = written.find((line) => line.end !== '')?.end ?? '\n';
  const lines = [...written.slice(0, place), ...block(section, end), ...written.slice(place)];
  return checklist.mark + textOf(lines);
}
