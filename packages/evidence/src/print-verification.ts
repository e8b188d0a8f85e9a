import { inOneLine } from './one-line.ts';
import type { Problem, Verification } from './verification.ts';

// A rewritten log has as many problems as records; nobody reads more than these.
const shown = 20;

/** What an auditor reads: what was checked, what is wrong with it, and what stays open. */
export function printVerification(verification: Verification): string {
  const { ok, where, origin, size, problems, notes, keys } = verification;
  const lines = [
    `${ok ? 'ok' : 'fail'}  ${origin ?? where}  ${counted(size, 'record')}${ok ? '' : `, ${counted(problems.length, 'problem')}`}`,
    ...problems.slice(0, shown).map((problem) => `  ${printProblem(problem)}`),
    ...(problems.length > shown ? [`  and ${problems.length - shown} more: --json lists them`] : []),
    ...(ok ? [`  ${printCounts(verification)}`] : []),
    ...keys.people.map(({ name, publicKey }) => `  signed by ${name}: ${publicKey}`),
    ...(keys.log === null ? [] : [`  key ${keys.log}`]),
    ...notes.map(({ message }) => `  note: ${message}`),
    `  hint: ${ok ? 'keep the checkpoint, and give it with --earlier next time' : hintFor(problems)}`,
  ];
  return `${lines.map(inOneLine).join('\n')}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function printProblem({ kind, where, message }: Problem): string {
  return `${kind}  ${where}: ${message}`;
}

function printCounts({ counts }: Verification): string {
  const { verdicts } = counts;
  return [
    `${verdicts.pass} pass`,
    `${verdicts.fail} fail`,
    `${verdicts.unknown} unknown`,
    `${verdicts['not-applicable']} not applicable`,
    `${counts.changes} changes`,
    ...(counts.backups > 0 ? [`${counts.backups} records of backups`] : []),
    ...(counts.drills > 0 ? [`${counts.drills} records of drills`] : []),
    `${counts.attestations} attestations`,
    `${counts.exceptions} exceptions`,
    `${counts.observations} observation files judged again`,
  ].join(', ');
}

function hintFor(problems: readonly Problem[]): string {
  if (problems.every(({ kind }) => kind === 'dropped'))
    return 'nothing was altered, but results are missing: ask what became of these runs';
  if (problems.every(({ kind }) => kind === 'unlisted')) return 'move these files out of the log';
  return 'compare with another copy of the log: an earlier bundle, a backup, the commit before';
}
