/** A WAL segment: the timeline it is of, and its number from the beginning of that cluster's WAL. */
export type Segment = { readonly timeline: number; readonly number: number };

/** Where a timeline began: from which other one, and in which segment of that. */
export type Branch = { readonly timeline: number; readonly from: number; readonly segment: number };

const wordSize = 2 ** 32;

/** `000000010000000000000004` of a cluster whose segments have `size` bytes. */
export function segmentOf(name: string, size: number): Segment {
  const [timeline = 0, log = 0, low = 0] = [0, 8, 16].map((at) =>
    Number.parseInt(name.slice(at, at + 8), 16),
  );
  return { timeline, number: log * (wordSize / size) + low };
}

export function segmentName({ timeline, number }: Segment, size: number): string {
  const perLog = wordSize / size;
  return [timeline, Math.floor(number / perLog), number % perLog]
    .map((word) => word.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

/** The number of the segment that an LSN lies in. */
function segmentNumber(lsn: string, size: number): number {
  const [high = 0, low = 0] = lsn.split('/').map((word) => Number.parseInt(word, 16));
  return high * (wordSize / size) + Math.floor(low / size);
}

/** How large segments are, told from an LSN and the name of its segment; 16 MiB, as everywhere, where both fit several sizes. */
export function segmentSize(name: string, lsn: string): number {
  const mebi = 2 ** 20;
  const sizes = [16, 1, 2, 4, 8, 32, 64, 128, 256, 512, 1024].map((count) => count * mebi);
  const [usual = 16 * mebi] = sizes;
  return sizes.find((size) => segmentOf(name, size).number === segmentNumber(lsn, size)) ?? usual;
}

/** The branches in a `.history` file of `timeline`, as PostgreSQL writes it: `1⇥0/5000000⇥why`. */
export function readHistory(text: string, timeline: number, size: number): readonly Branch[] {
  const lines = text.split('\n').flatMap((line) => {
    const [, from, lsn] = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/.exec(line) ?? [];
    return from === undefined || lsn === undefined ? [] : [{ from: Number(from), lsn }];
  });
  return lines.map(({ from, lsn }, at) => ({
    timeline: lines[at + 1]?.from ?? timeline,
    from,
    segment: segmentNumber(lsn, size),
  }));
}

/**
 * The timeline that segment `number` is read from by who recovers to the last of `branches`. A timeline begins with a copy of the
 * segment it branched in, so that the last, partial one of its parent is not needed.
 */
export function timelineAt(number: number, start: number, branches: readonly Branch[]): number {
  return branches.reduce(
    (timeline, branch) => (number >= branch.segment ? branch.timeline : timeline),
    start,
  );
}

/** A run of segments that are not there: `000000010000000000000004 (3 segments)`. */
export type Hole = { readonly first: string; readonly count: number };

/** What is missing of the WAL from segment `from` to segment `to`, along the timelines. */
export function holes(
  present: ReadonlySet<string>,
  range: { readonly from: Segment; readonly to: number; readonly size: number },
  branches: readonly Branch[],
): readonly Hole[] {
  const found: Hole[] = [];
  let run: string[] = [];
  const close = (): void => {
    const [first] = run;
    if (first !== undefined) found.push({ first, count: run.length });
    run = [];
  };
  for (let number = range.from.number; number <= range.to; number += 1) {
    const timeline = timelineAt(number, range.from.timeline, branches);
    const name = segmentName({ timeline, number }, range.size);
    if (present.has(name)) close();
    else run.push(name);
  }
  close();
  return found;
}

export const described = ({ first, count }: Hole): string =>
  count === 1 ? first : `${first} and the ${count - 1} after it`;
