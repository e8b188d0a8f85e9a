import { type ProofState, statuses } from '@surety/evidence';

/** The status of every control and binding, worst first, each with why; counts at the end. */
export function statesText(states: readonly ProofState[]): string {
  const sorted = states.toSorted((a, b) => statuses.indexOf(a.status) - statuses.indexOf(b.status));
  const width = Math.max(...sorted.map(({ control }) => control.length), 0);
  const lines = sorted.map(({ status, control, binding, because, at }) => {
    const when = at === null ? '' : `  ${at.slice(0, 16)}Z`;
    return `${status.padEnd(14)}  ${control.padEnd(width)}  ${binding}${when}\n  ${because}\n`;
  });
  const counts = statuses.flatMap((status) => {
    const count = states.filter((state) => state.status === status).length;
    return count === 0 ? [] : [`${count} ${status.replace('-', ' ')}`];
  });
  return `${lines.join('')}\n${counts.join(', ')}\n`;
}
