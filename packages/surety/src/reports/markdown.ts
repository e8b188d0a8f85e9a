import type { Row, Scope } from '../core/run.ts';
import { plain, table } from './markdown-text.ts';
import { sentence, summary } from './terminal.ts';

/** How many observations of one verdict are listed before the rest is only counted. */
const listed = 20;

const order = ['fail', 'unknown', 'not-applicable', 'pass'] as const;

/** The verdicts of a run for a pull request or a wiki: counts, what broke, then every verdict. */
export function markdown(rows: readonly Row[], scope: Pick<Scope, 'outOfScope' | 'alone'>): string {
  const sorted = order.flatMap((verdict) => rows.filter((row) => row.verdict === verdict));
  const lines = summary(rows, scope).trimEnd().split('\n').map(plain);
  return [
    `${lines.join('  \n')}\n`,
    ...sorted.filter(({ verdict }) => verdict === 'fail' || verdict === 'unknown').map(broken),
    table(
      ['Verdict', 'Control', 'Binding', 'Seen by', 'Claim'],
      sorted.map((row) => [
        word(row),
        plain(row.control),
        plain(row.binding),
        [row.method ?? '–', ...(row.standIn ? ['stand-in'] : [])].join(', '),
        plain(row.claim),
      ]),
    ),
  ].join('\n');
}

function word({ verdict, attestationDue, excepted }: Row): string {
  if (attestationDue) return 'waits for a person';
  return verdict === 'pass' && excepted > 0 ? 'excepted' : verdict.replace('-', ' ');
}

function broken(row: Row): string {
  const bearing = row.verdict === 'fail' ? 'breaks' : 'blind';
  const telling = row.judged.filter((judged) => judged.bearing === bearing);
  const rest = telling.length - listed;
  return [
    `### ${word(row)}: ${plain(row.control)} on ${plain(row.binding)}\n\n${plain(row.claim)}\n\n`,
    ...telling.slice(0, listed).map((judged) => `- ${plain(sentence(judged))}\n`),
    ...(rest > 0 ? [`- and ${rest} more\n`] : []),
    ...(row.hint === null ? [] : [`\nhint: ${plain(row.hint)}\n`]),
  ].join('');
}
