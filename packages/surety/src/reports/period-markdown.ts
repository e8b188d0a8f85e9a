import { plain, table } from './markdown-text.ts';
import type { Period, PeriodControl, PeriodEntry, Span } from './period.ts';

/** The period for a reader: what was expected and what ran, then all that went wrong, was accepted or was said. */
export function periodMarkdown(period: Period): string {
  const { controls, failures, blind, dropped, changes, exceptions, attestations, records } = period;
  return [
    `## ${day(period.from)} to ${day(period.to)}\n`,
    `${records} records. ${sum(controls, ({ expected }) => expected)} runs expected, ` +
      `${sum(controls, ({ executed }) => executed)} executed, ${failures.length} failed, ` +
      `${blind.length} could not look, ${dropped.length} without a result.\n`,
    table(
      [
        'Control',
        'Binding',
        'Every',
        'Expected',
        'Executed',
        'Pass',
        'Excepted',
        'Fail',
        'Unknown',
        'Seen by',
        'Holes',
      ],
      controls.map(controlRow),
      new Set(['Expected', 'Executed', 'Pass', 'Excepted', 'Fail', 'Unknown']),
    ),
    'Expected and executed count spans of that length; verdicts count runs, of which a span may hold several.\n',
    ...group('Failures', failures.map(where)),
    ...group('Could not look', blind.map(where)),
    ...group(
      'Without a result',
      dropped.map(
        ({ at, control, binding, index }) =>
          `${at} ${plain(control)} ${plain(binding)}, announced in record ${index}`,
      ),
    ),
    ...group(
      'Changes',
      changes.map((one) => `${where(one)}: ${plain(one.change)}, ${plain(one.outcome)}`),
    ),
    ...group(
      'Exceptions',
      exceptions.map(
        (one) =>
          `${where(one)}, ${span(one)}: ${plain(one.reason)} ` +
          `(owner ${plain(one.owner)}, approved by ${plain(one.approver)}; ${one.subjects.map(plain).join(', ')})${fault(one)}`,
      ),
    ),
    ...group(
      'Attestations',
      attestations.map(
        (one) => `${where(one)}, ${span(one)}: ${plain(one.statement)} (${plain(one.signer)})${fault(one)}`,
      ),
    ),
    'What is not in the log is not here. Holes are shown, not filled; none of this is a conclusion.\n',
  ].join('\n');
}

function sum(controls: readonly PeriodControl[], of: (control: PeriodControl) => number): number {
  return controls.reduce((total, control) => total + of(control), 0);
}

function controlRow(one: PeriodControl): readonly (string | number)[] {
  const { verdicts, excepted, holes, methods, standIn } = one;
  return [
    plain(one.control),
    plain(one.binding),
    one.every,
    one.expected,
    one.executed,
    verdicts.pass - excepted,
    excepted,
    verdicts.fail,
    verdicts.unknown,
    [...methods, ...(standIn > 0 ? [`${standIn} on a stand-in`] : [])].join(', ') || '–',
    holes.map(span).join(', ') || 'none',
  ];
}

function group(title: string, bullets: readonly string[]): readonly string[] {
  return [
    `### ${title}: ${bullets.length === 0 ? 'none' : bullets.length}\n`,
    ...(bullets.length === 0 ? [] : [bullets.map((bullet) => `- ${bullet}\n`).join('')]),
  ];
}

function where({ at, control, binding, index }: PeriodEntry): string {
  return `${at} ${plain(control)} ${plain(binding)}, record ${index}`;
}

function fault({ fault }: { readonly fault: string | null }): string {
  return fault === null ? '' : `. **Does not count:** ${plain(fault)}`;
}

function span({ from, to }: Span): string {
  return `${day(from)} to ${day(to)}`;
}

/** The date, and the time where it is not midnight. */
function day(at: string): string {
  const iso = new Date(at).toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : `${iso.slice(0, 16)}Z`;
}
