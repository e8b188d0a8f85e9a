import { type Freshness, type Status, statuses } from '@surety/evidence';
import type { Framework, Requirement } from '../requirements/index.ts';
import {
  type Answer,
  type AnsweringControl,
  type Answers,
  answerTo,
  isInPart,
  statusWord,
} from './answer.ts';
import { plain, table } from './markdown-text.ts';

export type MatrixRow = {
  readonly requirement: string;
  readonly claim: string;
  readonly answeredBy: Requirement['answeredBy'];
  readonly freshness: Freshness;
  readonly status: Status;
  readonly coverage: Answer['coverage'];
  readonly controls: readonly AnsweringControl[];
  /** Why the line of the document is wrong or outdated, and which requirement answers in its place. */
  readonly superseded: { readonly reason: string; readonly by: string | null } | null;
  readonly note: string | null;
};

export type MatrixCounts = {
  readonly lines: number;
  /** Proven or attested, but only part of the line. Not in `byStatus`. */
  readonly inPart: number;
  readonly byStatus: Readonly<Partial<Record<Status, number>>>;
};

/** Every requirement with the controls that stand for it: what `report matrix --json` prints. */
export type Matrix = {
  readonly frameworks: readonly {
    readonly framework: Framework;
    readonly name: string;
    readonly counts: MatrixCounts;
    readonly sections: readonly { readonly title: string; readonly rows: readonly MatrixRow[] }[];
  }[];
};

const frameworkNames: Readonly<Record<Framework, string>> = {
  tsc: 'SOC 2 trust services criteria',
  mp22: 'Infrastructure security checklist (MP22)',
  phase7: 'SOC 2 Phase 7 summary',
};

export function matrix(requirements: readonly Requirement[], answers: Answers): Matrix {
  const frameworks = [...Map.groupBy(requirements, ({ framework }) => framework)];
  return {
    frameworks: frameworks.map(([framework, lines]) => ({
      framework,
      name: frameworkNames[framework],
      counts: countRows(lines.map((line) => rowOf(line, answers))),
      sections: [...Map.groupBy(lines, ({ section }) => section)].map(([title, here]) => ({
        title,
        rows: here.map((line) => rowOf(line, answers)),
      })),
    })),
  };
}

function rowOf(requirement: Requirement, answers: Answers): MatrixRow {
  const { id, claim, answeredBy, freshness, superseded, note } = requirement;
  return {
    requirement: id,
    claim,
    answeredBy,
    freshness,
    ...answerTo(requirement, answers),
    superseded: superseded === undefined ? null : { reason: superseded.reason, by: superseded.by ?? null },
    note: note ?? null,
  };
}

function countRows(rows: readonly MatrixRow[]): MatrixCounts {
  const whole = rows.filter((row) => !isInPart(row));
  const counted = statuses.map(
    (status) => [status, whole.filter((row) => row.status === status).length] as const,
  );
  return {
    lines: rows.length,
    inPart: rows.length - whole.length,
    byStatus: Object.fromEntries(counted.filter(([, count]) => count > 0)),
  };
}

/** Counts, never a score: `69 lines: 3 failing, 2 proven in part, 64 no control` */
function countsText({ lines, inPart, byStatus }: MatrixCounts): string {
  const parts = statuses.flatMap((status) => {
    const count = byStatus[status] ?? 0;
    return count === 0 ? [] : [`${count} ${status.replace('-', ' ')}`];
  });
  return `${lines} ${lines === 1 ? 'line' : 'lines'}: ${[...parts, ...(inPart > 0 ? [`${inPart} in part`] : [])].join(', ')}`;
}

type Words = { readonly id: (id: string) => string; readonly text: (text: string) => string };

/** What stands behind the line: a sentence for each control, or that there is none. */
function standing({ controls, answeredBy }: MatrixRow, { id: name, text }: Words): readonly string[] {
  if (controls.length === 0)
    return [answeredBy === 'person' ? 'no control; only a person can answer' : 'no control'];
  return controls.map(({ id, relation, status, reason, because }) => {
    const how = `${relation === 'partly' ? 'in part, ' : ''}${status.replace('-', ' ')}`;
    return `${name(id)} ${how}: ${text(reason)}${status === 'proven' ? '' : ` (${text(because)})`}`;
  });
}

const markdownWords: Words = { id: (id) => `\`${id}\``, text: plain };
// What a target said must not move the cursor.
const textWords: Words = { id: (id) => id, text: (text) => text.replace(/\p{Cc}+/gu, ' ') };

export function matrixMarkdown({ frameworks }: Matrix): string {
  return frameworks
    .map(({ name, counts, sections }) =>
      [
        `## ${name}\n`,
        `${countsText(counts)}\n`,
        ...sections.flatMap(({ title, rows }) => [
          `### ${title}\n`,
          table(
            ['Requirement', 'Status', 'What has to be true', 'What stands behind it'],
            rows.map(markdownRow),
          ),
        ]),
      ].join('\n'),
    )
    .join('\n');
}

function markdownRow(row: MatrixRow): readonly string[] {
  const remarks = [
    ...(row.superseded === null ? [] : [`*as written outdated:* ${supersededText(row.superseded)}`]),
    ...(row.note === null ? [] : [`*note:* ${row.note}`]),
  ].map((remark) => remark.replaceAll('|', '\\|'));
  return [
    row.requirement,
    statusWord(row),
    [plain(row.claim), ...remarks].join('<br>'),
    standing(row, markdownWords).join('<br>'),
  ];
}

function supersededText({ reason, by }: NonNullable<MatrixRow['superseded']>): string {
  return by === null ? reason : `${reason}; see ${by}`;
}

/** For a terminal: one line a requirement, its controls below it. */
export function matrixText({ frameworks }: Matrix): string {
  return frameworks
    .map(({ name, counts, sections }) => {
      const rows = sections.flatMap((section) => section.rows);
      const width = Math.max(...rows.map(({ requirement }) => requirement.length));
      const status = Math.max(...rows.map((row) => statusWord(row).length));
      const body = sections.map(
        (section) => `\n${section.title}\n${section.rows.map((row) => textRow(row, width, status)).join('')}`,
      );
      return `${name}\n${countsText(counts)}\n${body.join('')}`;
    })
    .join('\n\n');
}

function textRow(row: MatrixRow, width: number, status: number): string {
  const behind = row.controls.length === 0 ? [] : standing(row, textWords);
  const superseded =
    row.superseded === null ? [] : [`as written outdated: ${supersededText(row.superseded)}`];
  const head = `  ${statusWord(row).padEnd(status)}  ${row.requirement.padEnd(width)}  ${row.claim}\n`;
  return head + [...behind, ...superseded].map((line) => `    ${line}\n`).join('');
}
