import { type ClaimCounts, countClaims } from './claim.ts';
import type { Heading } from './document.ts';
import type { Checklist } from './read.ts';
import { sectionName } from './stated.ts';
import type { TallyColumn, TallyRow } from './tally.ts';

/** A number that the document states of itself, and what its lines add up to. */
export type Miscount = {
  /** Counted from 1. */
  readonly line: number;
  /** The section as the document's table or sentence means it; `null`: the whole document. */
  readonly section: string | null;
  readonly stated: readonly Stated[];
};

export type Stated = {
  readonly counts: TallyColumn['counts'];
  readonly stated: number;
  readonly counted: number;
};

export function recount(checklist: Checklist): readonly Miscount[] {
  const rows = checklist.tallies.flatMap(({ rows }) =>
    rows.flatMap((row): readonly Miscount[] => {
      const counted = claimsOf(checklist, row);
      if (counted === null) return [];
      return [{ line: row.index + 1, section: row.title, stated: statedOf(row, counted) }];
    }),
  );
  const sentences = checklist.percentages.map(({ index, percent, section }): Miscount => {
    const counted = claimsIn(checklist, section).percent;
    const stated = [{ counts: 'percent' as const, stated: percent, counted }];
    return { line: index + 1, section: section?.text ?? null, stated };
  });
  return [...rows, ...sentences].filter(({ stated }) =>
    stated.some((number) => Math.round(number.stated) !== number.counted),
  );
}

function statedOf(row: TallyRow, counted: ClaimCounts): readonly Stated[] {
  return row.stated.map(({ counts, value }) => ({
    counts,
    stated: value,
    counted: counted[countName[counts]],
  }));
}

export const countName = {
  lines: 'lines',
  done: 'done',
  'in-progress': 'inProgress',
  todo: 'todo',
  'not-applicable': 'notApplicable',
  percent: 'percent',
} as const satisfies Record<TallyColumn['counts'], keyof ClaimCounts>;

/** The section that a row of the document's own count is about; `undefined` where there is no such section. */
export function sectionOf(checklist: Checklist, { title }: TallyRow): Heading | null | undefined {
  if (title === null) return null;
  const sections = [...new Set(checklist.items.flatMap(({ section }) => section ?? []))];
  const name = sectionName(title);
  return (
    sections.find((section) => sectionName(section.text) === name) ??
    sections.find((section) => sectionName(section.text).startsWith(`${name} `)) ??
    sections.find((section) => name.startsWith(`${sectionName(section.text)} `))
  );
}

/** What is claimed of the lines that the row counts; `null` where it cannot be told which they are. */
export function claimsOf(checklist: Checklist, row: TallyRow): ClaimCounts | null {
  const section = sectionOf(checklist, row);
  return section === undefined ? null : claimsIn(checklist, section);
}

function claimsIn({ items }: Checklist, section: Heading | null): ClaimCounts {
  const here = section === null ? items : items.filter((item) => item.section === section);
  return countClaims(here.map(({ means }) => means));
}
