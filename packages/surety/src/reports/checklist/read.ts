import { SuretyError } from '../../core/error.ts';
import { type Framework, requirementById } from '../../requirements/index.ts';
import { lineDigest, seedLineByDigest } from '../../requirements/seeds.ts';
import { type Meaning, meaningOf } from './claim.ts';
import {
  type Heading,
  headingsOf,
  type Line,
  linesOf,
  type Role,
  rolesOf,
  withoutComments,
} from './document.ts';
import { withoutMarks } from './marks.ts';
import { type Headline, headlineOf, type Percentage, percentagesOf } from './stated.ts';
import { cellsOf, type Table, tablesOf } from './table.ts';
import { type Tally, tallyOf } from './tally.ts';

/** Something that the document claims: a row of a table with a status, or a box. */
export type Item = {
  /** Index of its line. */
  readonly index: number;
  readonly form: 'row' | 'box';
  readonly section: Heading | null;
  /** As the document numbers it: `1.1`. */
  readonly number: string | null;
  readonly text: string;
  readonly owner: string | null;
  /** The status in the document's own words; of a box, `[x]` or `[ ]`. */
  readonly claimed: string;
  readonly means: Meaning;
  readonly requirement: string | null;
  /** What told which requirement it is: a comment in the line, the digest of the line, or its number. */
  readonly knownBy: 'comment' | 'digest' | 'number' | null;
};

/** A table whose rows are items, and the column that holds their status. */
export type StatusTable = { readonly table: Table; readonly status: number };

/** A line that says that something is so, without a box. */
export type Stated = { readonly index: number; readonly requirements: readonly string[] };

/** Something in the document that could not be read as it was meant. `line` counts from 1. */
export type Problem = { readonly line: number; readonly message: string };

/** A checklist as read: the document without what an earlier report added, and what was found in it. */
export type Checklist = {
  /** The byte order mark that the document began with, if it did. */
  readonly mark: '' | '\uFEFF';
  /** Index of the first line below the front matter. */
  readonly body: number;
  readonly lines: readonly Line[];
  readonly headings: readonly Heading[];
  readonly items: readonly Item[];
  readonly tables: readonly StatusTable[];
  readonly tallies: readonly Tally[];
  readonly headline: Headline | null;
  readonly percentages: readonly Percentage[];
  readonly stated: readonly Stated[];
  readonly problems: readonly Problem[];
};

const longest = 16 * 1024 * 1024;

/**
 * Reads a Markdown checklist: tables with a status column, boxes, or both.
 *
 * @param framework whose numbers the document uses, where it does not name one before its first section
 * @throws {SuretyError} `checklist/…` where it is empty, too long, not text, or holds no item
 */
export function readChecklist(markdown: string, framework: Framework | null = null): Checklist {
  refuse(markdown);
  const mark = markdown.startsWith('\uFEFF') ? '\uFEFF' : '';
  const lines = linesOf(withoutMarks(markdown.slice(mark.length)));
  const roles = rolesOf(lines);
  const headings = headingsOf(lines, roles);
  const all = tablesOf(lines, roles);
  const tallies = all.flatMap((table) => tallyOf(table, lines) ?? []);
  const candidates = all.flatMap((table) => statusTable(table, lines) ?? []);
  const tables = candidates.filter((candidate) => speaksOfStatus(candidate, lines));
  const inTable = new Set(all.flatMap(({ header, rows }) => [header, header + 1, ...rows]));
  const context = { lines, headings, framework: framework ?? named(lines, headings) };
  const items = [
    ...tables.flatMap((table) => rowItems(table, context)),
    ...boxItems(context, roles, inTable),
  ].sort((a, b) => a.index - b.index);
  const first = items[0];
  if (first === undefined) throw nothingFound();
  const isItem = new Set(items.map(({ index }) => index));
  const prose = [...lines.keys()].filter((index) => roles[index] === 'prose' && !isItem.has(index));
  const sections = [...new Set(items.flatMap(({ section }) => section ?? []))];
  return {
    mark,
    body:
      /^---\s*$/.test(lines[0]?.text ?? '') && roles[0] === 'code'
        ? roles.findIndex((role) => role !== 'code')
        : 0,
    lines,
    headings,
    items,
    tables,
    tallies,
    headline: headlineOf(
      lines,
      prose.filter((index) => index < first.index),
    ),
    percentages: percentagesOf(
      lines,
      prose.filter((index) => !inTable.has(index)),
      sections,
    ),
    stated: prose.flatMap((index) => statedIn(lines[index]?.text ?? '', index)),
    problems: [
      ...candidates
        .filter((candidate) => !tables.includes(candidate))
        .map((candidate) => notStatuses(candidate, lines)),
      ...items.flatMap((item) => problemsOf(item, lines[item.index]?.text ?? '')),
      ...twice(items),
    ].sort((a, b) => a.line - b.line),
  };
}

function refuse(markdown: string): void {
  if (markdown.trim() === '')
    throw new SuretyError('checklist/empty', 'the document is empty', 'is it the right file?');
  if (markdown.length > longest) {
    throw new SuretyError(
      'checklist/too-long',
      `the document is longer than ${longest / 1024 / 1024} MiB`,
      'is it the right file? split it if it is',
    );
  }
  if (markdown.includes('\0') || markdown.includes('\uFFFD')) {
    throw new SuretyError(
      'checklist/not-text',
      'the document is not UTF-8 text',
      'save it as Markdown in UTF-8',
    );
  }
}

function nothingFound(): SuretyError {
  return new SuretyError(
    'checklist/no-items',
    'the document has no checklist: no table with a status column, and no box',
    'an item is `| 1.1 | what | Done |` below a header with Status, or `- [ ] what`',
  );
}

type Context = {
  readonly lines: readonly Line[];
  readonly headings: readonly Heading[];
  readonly framework: Framework | null;
};

/** The framework that the document names before its first section. */
function named(lines: readonly Line[], headings: readonly Heading[]): Framework | null {
  const end = headings.find(({ level, index }) => level > 1 && index > 0)?.index ?? lines.length;
  return lines.slice(0, end).some(({ text }) => /\bMP22\b/.test(text)) ? 'mp22' : null;
}

function bare(cell: string): string {
  return withoutComments(cell)
    .replace(/[*_`~]/g, '')
    .trim();
}

function columnNamed(table: Table, names: RegExp): number | null {
  const at = table.columns.findIndex((column) => names.test(bare(column).toLowerCase()));
  return at < 0 ? null : at;
}

function statusTable(table: Table, lines: readonly Line[]): StatusTable | null {
  const status =
    columnNamed(table, /^(?:status|state)$/) ??
    columnNamed(table, /^(?:progress|done\??|completed?\??|implemented\??)$/);
  return status === null || table.rows.length === 0 || tallyOf(table, lines) !== null
    ? null
    : { table, status };
}

function statusCell({ status }: StatusTable, text: string): string | null {
  return cellsOf(text)[status] ?? null;
}

/** At least one of its statuses is a word that says how far something is. */
function speaksOfStatus(candidate: StatusTable, lines: readonly Line[]): boolean {
  return candidate.table.rows.some(
    (index) => meaningOf(statusCell(candidate, lines[index]?.text ?? '') ?? '') !== 'unrecognised',
  );
}

function notStatuses(candidate: StatusTable, lines: readonly Line[]): Problem {
  const words = new Set(
    candidate.table.rows.map((index) => bare(statusCell(candidate, lines[index]?.text ?? '') ?? '')),
  );
  const some = [...words].slice(0, 5).map((word) => JSON.stringify(word));
  return {
    line: candidate.table.header + 1,
    message: `is a table with a status column, but ${some.join(', ')} say nothing of how far a line is: left as it is`,
  };
}

function rowItems({ table, status }: StatusTable, context: Context): readonly Item[] {
  const number = columnNamed(table, /^(?:#|id|nr\.?|no\.?|ref|number)$/);
  const owner = columnNamed(table, /^(?:owner|assignee|responsible|who)$/);
  const what =
    columnNamed(
      table,
      /^(?:item|control|requirement|task|description|check|question|claim|what|title|name)$/,
    ) ?? [...table.columns.keys()].find((column) => column !== status && column !== number);
  return table.rows.map((index): Item => {
    const line = context.lines[index]?.text ?? '';
    const cells = cellsOf(line);
    const cell = (column: number | null | undefined): string =>
      column === null || column === undefined ? '' : (cells[column] ?? '');
    const claimed = bare(cell(status));
    const text = bareText(cell(what));
    const numbered = bare(cell(number)) || (leadingNumber(text) ?? '');
    return {
      index,
      form: 'row',
      section: sectionAt(index, context),
      number: numbered || null,
      text,
      owner: bare(cell(owner)) || null,
      claimed,
      means: meaningOf(claimed),
      ...identity(line, numbered, context),
    };
  });
}

const box = /^\s*(?:[-*+]|\d{1,9}[.)])\s+\[([ xX~/?!>-])\]\s+(\S.*)$/;

function boxItems(context: Context, roles: readonly Role[], inTable: ReadonlySet<number>): readonly Item[] {
  return context.lines.flatMap(({ text: line }, index): readonly Item[] => {
    if (roles[index] !== 'prose' || inTable.has(index)) return [];
    const found = box.exec(line);
    if (found === null) return [];
    const [, tick = ' ', rest = ''] = found;
    const text = bareText(rest);
    const number = leadingNumber(text);
    return [
      {
        index,
        form: 'box',
        section: sectionAt(index, context),
        number,
        text,
        owner: null,
        claimed: `[${tick}]`,
        means: meaningOf(`[${tick}]`),
        ...identity(line, number ?? '', context),
      },
    ];
  });
}

/** Text as a person wrote it, without comments. */
function bareText(text: string): string {
  return withoutComments(text).trim();
}

function leadingNumber(text: string): string | null {
  return /^(?:\*\*)?(\d+(?:\.\d+)+)(?=[\s.:*)]|$)/.exec(text)?.[1] ?? null;
}

function sectionAt(index: number, { headings }: Context): Heading | null {
  return headings.findLast((heading) => heading.index < index) ?? null;
}

const comment = /<!--\s*surety:\s*([^\s>]+)\s*-->/;

function identity(
  line: string,
  number: string,
  { framework }: Context,
): Pick<Item, 'requirement' | 'knownBy'> {
  const written = comment.exec(line)?.[1];
  if (written !== undefined)
    return requirementById.has(written)
      ? { requirement: written, knownBy: 'comment' }
      : { requirement: null, knownBy: null };
  const seed = seedLineByDigest.get(lineDigest(line))?.requirements[0];
  if (seed !== undefined) return { requirement: seed, knownBy: 'digest' };
  const byNumber = `${framework}:${number}`;
  return requirementById.has(byNumber)
    ? { requirement: byNumber, knownBy: 'number' }
    : { requirement: null, knownBy: null };
}

function statedIn(text: string, index: number): readonly Stated[] {
  const seed = seedLineByDigest.get(lineDigest(text));
  return seed?.stated === true ? [{ index, requirements: seed.requirements }] : [];
}

function problemsOf({ index, means, claimed }: Item, text: string): readonly Problem[] {
  const line = index + 1;
  const written = comment.exec(text)?.[1];
  return [
    ...(means === 'unrecognised'
      ? [{ line, message: claimed === '' ? 'has no status' : `${JSON.stringify(claimed)} is not a status` }]
      : []),
    ...(written !== undefined && !requirementById.has(written)
      ? [{ line, message: `no requirement is called ${written}` }]
      : []),
  ];
}

function twice(items: readonly Item[]): readonly Problem[] {
  const first = new Map<string, number>();
  return items.flatMap(({ requirement, index }) => {
    if (requirement === null) return [];
    const earlier = first.get(requirement);
    if (earlier === undefined) first.set(requirement, index);
    return earlier === undefined
      ? []
      : [{ line: index + 1, message: `is ${requirement}, as line ${earlier + 1} is: both are counted` }];
  });
}
