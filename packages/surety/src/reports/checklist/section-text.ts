import { type Status, statuses } from '@surety/evidence';
import { isInPart, statusWord } from '../answer.ts';
import { plain, table } from '../markdown-text.ts';
import {
  byStatus,
  type ChecklistSummary,
  type ComparedItem,
  type Disagreement,
  type ProvenCounts,
  type SectionCounts,
} from './compare.ts';
import type { Stated } from './recount.ts';

/** How many lines of one list are written out before the rest is only counted. */
const listed = 25;

/** What the report says at the top of the document: the disagreements first, then every section counted both ways. */
export function sectionText(summary: ChecklistSummary, source: string | null): string {
  return [
    '## Claim and proof\n',
    `${opening(summary)}\n`,
    ...(source === null ? [] : [`${plain(source)}\n`]),
    ...claimedNotProven(summary),
    ...provenNotClaimed(summary),
    ...againstItself(summary),
    ...outdated(summary),
    ...notUnderstood(summary),
    '### Counted\n',
    countTable(summary),
    'A line is done while a fresh proof or attestation covers all of it. **Bold** in the document marks a disagreement. ' +
      'Lines are counted without what surety added.\n',
    ...untied(summary),
  ].join('\n');
}

/** A line of one's own wording is about something, but nothing tells which requirement. */
function untied({ items }: ChecklistSummary): readonly string[] {
  const lines = items.filter(({ requirement }) => requirement === null).length;
  if (lines === 0) return [];
  const which = lines === 1 ? '1 line is' : `${lines} lines are`;
  return [
    `${which} tied to no requirement: end such a line with \`<!-- surety: ID -->\`; \`surety report matrix\` lists the ids.\n`,
  ];
}

function opening({ claimed, proven, disagreements }: ChecklistSummary): string {
  return (
    `${count(claimed.lines, 'line')}: ${claimed.done} claimed done (${claimed.percent} %), ` +
    `${proven.done} done by proof (${proven.percent} %).${disagreements.length === 0 ? ' They do not disagree.' : ''}`
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function group(title: string, bullets: readonly string[], total = bullets.length): readonly string[] {
  if (bullets.length === 0) return [];
  const rest = bullets.length - listed;
  const shown = rest > 0 ? [...bullets.slice(0, listed), `and ${rest} more`] : bullets;
  return [`### ${title}: ${total}\n`, shown.map((bullet) => `- ${bullet}\n`).join('')];
}

function of<K extends Disagreement['kind']>(
  { disagreements }: ChecklistSummary,
  kind: K,
): readonly Extract<Disagreement, { kind: K }>[] {
  return disagreements.filter((one): one is Extract<Disagreement, { kind: K }> => one.kind === kind);
}

function claimedNotProven(summary: ChecklistSummary): readonly string[] {
  const items = of(summary, 'claimed-not-proven')
    .map(({ item }) => item)
    .sort(byStatus);
  const looked = items.filter(({ status }) => status !== 'no-control');
  const unseen = items.filter(({ status }) => status === 'no-control');
  return group(
    'Claimed done, not proven',
    [
      ...looked.map((item) => `**${statusWord(item)}** ${name(item)}${owner(item)}${because(item)}`),
      ...unseenBullets(unseen),
    ],
    items.length,
  );
}

/** Numbered lines without a control fit on one line; others are written out. */
function unseenBullets(items: readonly ComparedItem[]): readonly string[] {
  const numbered = items.filter(({ number }) => number !== null);
  const others = items.filter(({ number }) => number === null);
  return [
    ...(numbered.length > 0
      ? [`**no control** looks at ${numbered.map(({ number }) => plain(number ?? '')).join(', ')}`]
      : []),
    ...others.map((item) => `**no control** looks at ${name(item)}`),
  ];
}

/** The controls that made it so, and why. */
function because({ controls, status, coverage }: ComparedItem): string {
  const blamed = controls.filter((control) => control.status === status);
  if (isInPart({ status, coverage }))
    return `: nothing proves what ${blamed.map(({ id }) => `\`${id}\``).join(', ')} leaves open`;
  const why = blamed.map(({ id, because }) => `\`${id}\` ${plain(because)}`);
  return why.length === 0 ? '' : `: ${why.join(', ')}`;
}

function provenNotClaimed(summary: ChecklistSummary): readonly string[] {
  return group(
    'Proven, not claimed done',
    of(summary, 'proven-not-claimed').map(
      ({ item }) =>
        `**${statusWord(item)}** ${name(item)}${item.form === 'row' ? `, claimed ${plain(item.claimed)}` : ''}${because(item)}`,
    ),
  );
}

/** `4.1 Helmet security headers configured`; a line without a number by its place. */
function name({ number, text, line, form }: ComparedItem): string {
  // The document's own Markdown is kept as it is: it was in a table cell or a list item before.
  if (form === 'box') return `line ${line}, ${text}`;
  return number === null || text.startsWith(number) ? text : `${plain(number)} ${text}`;
}

function owner(item: ComparedItem): string {
  return item.owner === null ? '' : ` (${plain(item.owner)})`;
}

function againstItself(summary: ChecklistSummary): readonly string[] {
  return group('The document against itself', [
    ...of(summary, 'headline').map(
      ({ line, claimed, open, of }) =>
        `line ${line} says ${plain(claimed)}, and ${open} of ${count(of, 'line')} are open`,
    ),
    ...of(summary, 'contradiction').map(
      ({ stated, item }) =>
        `${name(item)}: ${item.means === 'todo' ? 'open' : 'in progress'}, but ${sayDone(stated)}`,
    ),
    ...of(summary, 'miscounted').map(
      ({ line, section, stated }) =>
        `line ${line}, ${section === null ? 'in all' : plain(section)}: says ${numbers(stated)}`,
    ),
  ]);
}

function sayDone(lines: readonly number[]): string {
  const last = lines.at(-1);
  return lines.length === 1
    ? `line ${last} says it is done`
    : `lines ${lines.slice(0, -1).join(', ')} and ${last} say it is done`;
}

const unit: Readonly<Record<Stated['counts'], string>> = {
  lines: ' lines',
  done: ' done',
  'in-progress': ' in progress',
  todo: ' to do',
  'not-applicable': ' not applicable',
  percent: ' %',
};

/** `8 done, its lines say 9; 2 to do, its lines say 1` */
function numbers(stated: readonly Stated[]): string {
  const wrong = stated.filter((number) => Math.round(number.stated) !== number.counted);
  return wrong
    .map(({ counts, stated: said, counted }) => `${said}${unit[counts]}, its lines say ${counted}`)
    .join('; ');
}

function outdated(summary: ChecklistSummary): readonly string[] {
  return group(
    'Wrong or outdated as written',
    of(summary, 'outdated').map(({ item }) => `${name(item)}: ${item.superseded ?? ''}`),
  );
}

function notUnderstood({ problems }: ChecklistSummary): readonly string[] {
  return group(
    'Not understood',
    problems.map(({ line, message }) => `line ${line} ${plain(message)}`),
  );
}

function countTable({ sections, claimed, proven }: ChecklistSummary): string {
  const seen = statuses.filter(
    (status) => status !== 'proven' && status !== 'attested' && proven.byStatus[status] > 0,
  );
  const parts = proven.inPart > 0;
  const header = [
    'Section',
    'Lines',
    'Claimed done',
    'In progress',
    'To do',
    'Done by proof',
    ...(parts ? ['In part'] : []),
    ...seen.map((status) => statusWord({ status, coverage: 'whole' })),
  ];
  const rows = [
    ...sections.map((section) => countRow(plain(section.title ?? '(no heading)'), section, parts, seen)),
    ...(sections.length > 1 ? [countRow('**All**', { claimed, proven }, parts, seen)] : []),
  ];
  return table(header, rows, new Set(header.slice(1)));
}

function countRow(
  title: string,
  { claimed, proven }: Pick<SectionCounts, 'claimed'> & { readonly proven: ProvenCounts },
  parts: boolean,
  seen: readonly Status[],
): readonly (string | number)[] {
  return [
    title,
    claimed.lines,
    `${claimed.done} (${claimed.percent} %)`,
    claimed.inProgress,
    claimed.todo,
    `${proven.done} (${proven.percent} %)`,
    ...(parts ? [proven.inPart] : []),
    ...seen.map((status) => proven.byStatus[status]),
  ];
}
