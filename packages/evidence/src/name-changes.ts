import type { Problem } from './verification.ts';

/** Something that stands among the records of a log. */
export type Found = {
  /** The file that it is in. */
  readonly path: string;
  /** Which record it is known to be; `null` where it is none of them. */
  readonly index: number | null;
  /** Another key signed it, or it was signed for another log. */
  readonly stranger: boolean;
  /** Set for the rest of a file that cannot be read: the record that the file should end before. */
  readonly unreadable: number | null;
};

/**
 * Compares what stands in a log with the records 0 to `size - 1` that should, and names each difference. Something
 * unknown in the place of a missing record is that record, edited; elsewhere it is foreign.
 */
export function nameChanges(found: readonly Found[], size: number): Problem[] {
  const problems: Problem[] = [];
  const first = new Map<number, number>();
  found.forEach(({ index, path }, position) => {
    if (index === null) return;
    if (!first.has(index)) first.set(index, position);
    else problems.push({ kind: 'foreign', where: path, message: `a copy of record ${index} stands in it` });
  });
  const known = [...first].sort(([, a], [, b]) => a - b).map(([index]) => index);
  const inOrder = new Set(longestRising(known));
  for (const index of known) {
    if (inOrder.has(index)) continue;
    const position = first.get(index) ?? 0;
    problems.push({
      kind: 'reordered',
      where: `record ${index}`,
      message: `it stands at ${position}, in ${found[position]?.path ?? ''}`,
    });
  }
  const missing = new Set<number>();
  const total = Math.max(size, 1 + (known.filter((index) => inOrder.has(index)).at(-1) ?? -1));
  for (let index = 0; index < total; index += 1) if (!first.has(index)) missing.add(index);
  for (const gap of gapsIn(found, inOrder, total)) problems.push(...nameGap(gap, missing));
  return [...problems, ...nameMissing([...missing], total)];
}

type Gap = { readonly unknown: readonly Found[]; readonly from: number; readonly to: number };

/** What stands between records that are where they should be, and which records belong there. */
function gapsIn(found: readonly Found[], inOrder: ReadonlySet<number>, total: number): Gap[] {
  const gaps: Gap[] = [];
  let unknown: Found[] = [];
  let from = 0;
  const close = (to: number): void => {
    if (unknown.length > 0) gaps.push({ unknown, from, to });
    unknown = [];
    from = to + 1;
  };
  for (const entry of found) {
    if (entry.index === null) unknown.push(entry);
    else if (inOrder.has(entry.index) && entry.index >= from) close(entry.index);
  }
  close(total);
  return gaps;
}

function nameGap({ unknown, from, to }: Gap, missing: Set<number>): Problem[] {
  let next = from;
  const belongs = (): number | undefined => {
    while (next < to && !missing.has(next)) next += 1;
    return next < to ? next : undefined;
  };
  return unknown.map(({ path, stranger, unreadable }): Problem => {
    const index = belongs();
    if (unreadable !== null) {
      for (let each = index ?? to; each < Math.min(to, unreadable); each += 1) missing.delete(each);
      return { kind: 'edited', where: path, message: `it cannot be read from record ${index ?? to} on` };
    }
    if (stranger)
      return {
        kind: 'foreign',
        where: path,
        message: `what stands after record ${from - 1} was not signed by this log's prober for this log`,
      };
    if (index === undefined)
      return {
        kind: 'foreign',
        where: path,
        message: `what stands after record ${from - 1} was never in the log`,
      };
    missing.delete(index);
    return {
      kind: 'edited',
      where: `record ${index}`,
      message: 'its bytes are not the ones that were committed',
    };
  });
}

/** Missing records, as ranges; those at the very end are `truncated`. */
function nameMissing(missing: readonly number[], total: number): Problem[] {
  const ranges: { from: number; to: number }[] = [];
  for (const index of missing) {
    const last = ranges.at(-1);
    if (last?.to === index - 1) last.to = index;
    else ranges.push({ from: index, to: index });
  }
  return ranges.map(({ from, to }) => ({
    kind: to === total - 1 ? 'truncated' : 'deleted',
    where: from === to ? `record ${from}` : `records ${from}–${to}`,
    message: to === total - 1 ? 'missing at the end of the log' : 'missing',
  }));
}

/** The longest rising subsequence: the records that can be taken to have stayed where they were. */
function longestRising(values: readonly number[]): number[] {
  const tails: number[] = [];
  const before: number[] = [];
  values.forEach((value, at) => {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[tails[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before[at] = tails[low - 1] ?? -1;
    tails[low] = at;
  });
  const rising: number[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) rising.push(values[at] ?? 0);
  return rising.reverse();
}
