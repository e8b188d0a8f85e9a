import { styleText } from 'node:util';
import { inOneLine, type Judged, type Method, methods } from '@surety/evidence';
import type { Row, Scope } from '../core/run.ts';
import { wrapped } from './lines.ts';

export type Counts = {
  readonly pass: number;
  readonly fail: number;
  /** Every verdict that is unknown, those that only wait for a person among them. */
  readonly unknown: number;
  readonly notApplicable: number;
  /** How many of the passes rest on an accepted risk. */
  readonly excepted: number;
  /** How many of the unknown wait for nothing but a person's word. */
  readonly attestationsDue: number;
};

export function count(rows: readonly Row[]): Counts {
  const of = (verdict: Row['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  return {
    pass: of('pass'),
    fail: of('fail'),
    unknown: of('unknown'),
    notApplicable: of('not-applicable'),
    excepted: rows.filter((row) => row.verdict === 'pass' && row.excepted > 0).length,
    attestationsDue: rows.filter(({ attestationDue }) => attestationDue).length,
  };
}

/** What a terminal can show; `columns` is infinite where nobody watches. */
export type Look = { readonly color: boolean; readonly columns: number };

/** How many observations of one verdict are listed before the rest is only counted. */
const listed = 8;

const order = ['fail', 'unknown', 'not-applicable', 'pass'] as const;

/** The rows for a person: what broke first, each with what was seen and one hint. */
export function terminal(rows: readonly Row[], look: Look): string {
  const width = Math.max(...rows.map(({ control }) => control.length), 0);
  return order
    .flatMap((verdict) => rows.filter((row) => row.verdict === verdict))
    .map((row) => block(row, width, look))
    .join('');
}

/** While a run goes on: one verdict as it is reached. */
export function oneLine(row: Row): string {
  return `${wordFor(row).padEnd(8)}  ${row.control}  ${row.binding}  ${(row.milliseconds / 1000).toFixed(1)} s`;
}

function wordFor({ verdict, attestationDue, excepted }: Row): keyof typeof colors {
  if (attestationDue) return 'due';
  return excepted > 0 && verdict === 'pass' ? 'excepted' : verdict;
}

function block(row: Row, width: number, look: Look): string {
  const word = wordFor(row);
  const facts = [row.binding, ...basis(row), ...(row.standIn ? ['stand-in'] : [])];
  const head = `${paint(word, look)}  ${row.control.padEnd(width)}  ${facts.join(', ')}\n`;
  if (row.verdict === 'pass') return head;
  const telling = row.judged.filter(({ bearing }) => bearing === bearingOf(row.verdict));
  const line = (text: string): string => `${wrapped(`  ${text}`, look.columns, '    ')}\n`;
  const lines = telling.slice(0, listed).map((judged) => line(sentence(judged)));
  const more = telling.length - listed;
  const rest = more > 0 ? line(`and ${more} more: surety prove ${row.control} --json`) : '';
  const hint = row.hint === null ? '' : line(`hint: ${inOneLine(row.hint)}`);
  return `${head}${lines.join('')}${rest}${hint}`;
}

const seenBy: Readonly<Record<Method, string>> = {
  drill: 'drilled',
  attack: 'attacked',
  read: 'read',
  attested: 'attested',
};

/** How many observations the verdict rests on, by how they were made, strongest first: `203 attacked, 11 read`. */
function basis({ judged, verdict }: Row): readonly string[] {
  const bearings = verdict === 'pass' ? ['holds', 'excepted'] : [bearingOf(verdict)];
  const decisive = judged.filter(({ bearing }) => bearings.includes(bearing));
  return methods.toReversed().flatMap((method) => {
    const seen = decisive.filter(({ observation }) => observation.method === method).length;
    return seen === 0 ? [] : [`${seen} ${seenBy[method]}`];
  });
}

function bearingOf(verdict: Row['verdict']): Judged['bearing'] {
  if (verdict === 'fail') return 'breaks';
  return verdict === 'unknown' ? 'blind' : 'not-applicable';
}

/** `accounts: other tenant reads it (want 0 rows or 42501, got 1 row)` */
export function sentence({ observation, want, got }: Judged): string {
  switch (observation.check) {
    case 'blind':
    case 'not-applicable':
      return inOneLine(`${observation.subject}: ${got}`);
    default:
      return inOneLine(`${observation.subject} (want ${want}, got ${got})`);
  }
}

const colors = {
  pass: 'green',
  fail: 'red',
  unknown: 'yellow',
  due: 'yellow',
  excepted: 'yellow',
  'not-applicable': 'gray',
} as const;

function paint(word: keyof typeof colors, { color }: Look): string {
  const padded = word.padEnd(8);
  return color ? styleText(colors[word], padded, { validateStream: false }) : padded;
}

/** Counts, never a score: `41 proven, 2 failing, 1 waits for a person, 6 unknown`. */
export function summary(
  rows: readonly Row[],
  { outOfScope, alone }: Pick<Scope, 'outOfScope' | 'alone'>,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const { pass, fail, unknown, notApplicable, excepted, attestationsDue } = count(rows);
  const parts = [
    `${pass - excepted} proven`,
    ...(excepted > 0 ? [`${excepted} excepted`] : []),
    `${fail} failing`,
    ...(unknown > attestationsDue ? [`${unknown - attestationsDue} unknown`] : []),
    ...(attestationsDue > 0
      ? [attestationsDue === 1 ? '1 waits for a person' : `${attestationsDue} wait for a person`]
      : []),
    ...(notApplicable > 0 ? [`${notApplicable} not applicable`] : []),
  ];
  const outside = outOfScope.map(
    ({ kind, controls }) =>
      `${wrapped(`out of scope: no ${kind} in the estate (${controls.join(', ')})`, columns, '  ')}\n`,
  );
  const partnerless = alone.map(
    ({ control, target }) => `out of scope: ${target} has no partner for ${control} in its environment\n`,
  );
  return `${parts.join(', ')}\n${outside.join('')}${partnerless.join('')}`;
}
