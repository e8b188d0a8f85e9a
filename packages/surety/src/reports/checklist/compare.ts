import { type Status, statuses } from '@surety/evidence';
import { type Requirement, requirementById } from '../../requirements/index.ts';
import { type Answer, type Answers, answerTo, isDone, isInPart, noAnswer } from '../answer.ts';
import { type ClaimCounts, countClaims, type Meaning, percent } from './claim.ts';
import type { Heading } from './document.ts';
import type { Checklist, Item, Problem } from './read.ts';
import { type Miscount, recount } from './recount.ts';

/** One item with what is claimed of it and what is known. Lines count from 1, in the document without surety's additions. */
export type ComparedItem = {
  readonly line: number;
  readonly form: Item['form'];
  readonly section: string | null;
  readonly number: string | null;
  readonly text: string;
  readonly owner: string | null;
  readonly claimed: string;
  readonly means: Meaning;
  readonly requirement: string | null;
  readonly knownBy: Item['knownBy'];
  readonly status: Status;
  readonly coverage: Answer['coverage'];
  /** The line is proven or attested as a whole. */
  readonly done: boolean;
  readonly controls: readonly { readonly id: string; readonly status: Status; readonly because: string }[];
  /** Why the line itself is wrong or outdated. */
  readonly superseded: string | null;
};

export type ProvenCounts = {
  /** Proven or attested, as a whole. */
  readonly done: number;
  /** Proven or attested, but only part of the line. Not in `byStatus`. */
  readonly inPart: number;
  readonly byStatus: Readonly<Record<Status, number>>;
  /** Whole percent that is done, of all lines. */
  readonly percent: number;
};

export type SectionCounts = {
  /** `null`: items above the first heading. */
  readonly title: string | null;
  readonly claimed: ClaimCounts;
  readonly proven: ProvenCounts;
};

export type Disagreement =
  | { readonly kind: 'claimed-not-proven'; readonly item: ComparedItem }
  | { readonly kind: 'proven-not-claimed'; readonly item: ComparedItem }
  | { readonly kind: 'outdated'; readonly item: ComparedItem }
  | ({ readonly kind: 'miscounted' } & Miscount)
  | {
      readonly kind: 'headline';
      readonly line: number;
      readonly claimed: string;
      readonly open: number;
      readonly of: number;
    }
  | {
      readonly kind: 'contradiction';
      /** The lines that say it is so. */
      readonly stated: readonly number[];
      readonly item: ComparedItem;
    };

/** What `report checklist --json` prints. */
export type ChecklistSummary = {
  readonly claimed: ClaimCounts;
  readonly proven: ProvenCounts;
  readonly sections: readonly SectionCounts[];
  readonly disagreements: readonly Disagreement[];
  readonly problems: readonly Problem[];
  readonly items: readonly ComparedItem[];
};

export function compare(checklist: Checklist, answers: Answers): ChecklistSummary {
  const items = checklist.items.map((item) => compareItem(item, answers));
  const sections = sectionsOf(checklist).map((section): SectionCounts => {
    const here = items.filter((_, index) => checklist.items[index]?.section === section);
    return { title: section?.text ?? null, ...countsOf(here) };
  });
  return {
    ...countsOf(items),
    sections,
    disagreements: [
      ...items.flatMap(disagreementOf),
      ...headline(checklist, items),
      ...contradictions(checklist, items),
      ...recount(checklist).map((miscount) => ({ kind: 'miscounted' as const, ...miscount })),
      ...items
        .filter(({ superseded }) => superseded !== null)
        .map((item) => ({ kind: 'outdated' as const, item })),
    ],
    problems: checklist.problems,
    items,
  };
}

/** The sections that hold items, in order. */
function sectionsOf({ items }: Checklist): readonly (Heading | null)[] {
  return [...new Set(items.map(({ section }) => section))];
}

function compareItem(item: Item, answers: Answers): ComparedItem {
  const { index, section, ...rest } = item;
  const requirement = item.requirement === null ? undefined : requirementById.get(item.requirement);
  const answer = answerFor(requirement, answers);
  return {
    line: index + 1,
    ...rest,
    section: section?.text ?? null,
    status: answer.status,
    coverage: answer.coverage,
    done: isDone(answer),
    controls: answer.controls.map(({ id, status, because }) => ({ id, status, because })),
    superseded: requirement?.superseded?.reason ?? null,
  };
}

function answerFor(requirement: Requirement | undefined, answers: Answers): Answer {
  return requirement === undefined ? noAnswer : answerTo(requirement, answers);
}

export function countsOf(items: readonly ComparedItem[]): {
  readonly claimed: ClaimCounts;
  readonly proven: ProvenCounts;
} {
  const done = items.filter((item) => item.done).length;
  const count = (status: Status): number =>
    items.filter((item) => item.status === status && !isInPart(item)).length;
  return {
    claimed: countClaims(items.map(({ means }) => means)),
    proven: {
      done,
      inPart: items.filter(isInPart).length,
      byStatus: countEach(count),
      percent: percent(done, items.length),
    },
  };
}

function countEach(count: (status: Status) => number): Readonly<Record<Status, number>> {
  return {
    failing: count('failing'),
    stale: count('stale'),
    unknown: count('unknown'),
    'no-control': count('no-control'),
    excepted: count('excepted'),
    'not-applicable': count('not-applicable'),
    attested: count('attested'),
    proven: count('proven'),
  };
}

function disagreementOf(item: ComparedItem): readonly Disagreement[] {
  switch (item.means) {
    case 'done':
      return item.done ? [] : [{ kind: 'claimed-not-proven', item }];
    case 'not-applicable':
      return item.status === 'not-applicable' ? [] : [{ kind: 'claimed-not-proven', item }];
    case 'in-progress':
    case 'todo':
      return item.done ? [{ kind: 'proven-not-claimed', item }] : [];
    case 'unrecognised':
      return [];
  }
}

function headline({ headline }: Checklist, items: readonly ComparedItem[]): readonly Disagreement[] {
  const open = items.filter(({ means }) => means !== 'done' && means !== 'not-applicable').length;
  if (headline === null || !headline.isDone || open === 0) return [];
  return [{ kind: 'headline', line: headline.index + 1, claimed: headline.claimed, open, of: items.length }];
}

/** Items that the document leaves open in one place and says are so in another. */
function contradictions({ stated }: Checklist, items: readonly ComparedItem[]): readonly Disagreement[] {
  return items.flatMap((item): readonly Disagreement[] => {
    const { requirement, means } = item;
    if (requirement === null || (means !== 'todo' && means !== 'in-progress')) return [];
    const saying = stated.filter(({ requirements }) => requirements.includes(requirement));
    return saying.length === 0
      ? []
      : [{ kind: 'contradiction', stated: saying.map(({ index }) => index + 1), item }];
  });
}

/** Worst first. */
export function byStatus(a: ComparedItem, b: ComparedItem): number {
  return statuses.indexOf(a.status) - statuses.indexOf(b.status) || a.line - b.line;
}
