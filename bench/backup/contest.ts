import type { BenchRow } from '../bench.ts';
import { median } from '../median.ts';
import { type Cost, costOf } from './cost.ts';

/** One way to do it; all of a contest do the same. */
export type Contender = {
  readonly name: string;
  /** Names of those that it is compared with. */
  readonly against?: readonly string[];
  run(): Promise<Told>;
  /** Clears away, outside of what is measured. */
  after?(): Promise<unknown>;
};

/** What a way tells besides its time. */
export type Told = {
  /** As stored. */
  readonly bytes?: number;
  /** Bytes of memory at most. */
  readonly peak?: number;
  /** Seconds by part or phase. */
  readonly took?: Readonly<Record<string, number>>;
};

export type Result = {
  readonly seconds: number;
  readonly cpu: number | null;
  readonly told: Told;
};

/** Each in turn, and that several times, so that what else the machine does falls on all of them. Medians. */
export async function contest(
  contenders: readonly Contender[],
  rounds: number,
  server: number,
): Promise<ReadonlyMap<string, Result>> {
  const runs = new Map<string, (Cost & { readonly told: Told })[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const at of contenders.keys()) {
      const one = contenders[(at + round) % contenders.length];
      if (one === undefined) continue;
      const { cost, result } = await costOf(server, () => one.run());
      await one.after?.();
      runs.get(one.name)?.push({ ...cost, told: result });
    }
  }
  return new Map([...runs].map(([name, all]) => [name, typical(all)]));
}

function typical(all: readonly (Cost & { readonly told: Told })[]): Result {
  const middle = all.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(all.length / 2)];
  const cpu = all.flatMap((one) => (one.cpu === null ? [] : [one.cpu]));
  const peaks = all.flatMap(({ told }) => (told.peak === undefined ? [] : [told.peak]));
  return {
    seconds: median(all.map(({ seconds }) => seconds)),
    cpu: cpu.length === 0 ? null : median(cpu),
    told: { ...middle?.told, ...(peaks.length > 0 && { peak: Math.max(...peaks) }) },
  };
}

/** @param size bytes of the database: the same for all, so that a ratio of speeds is one of times */
export function rowsOf(
  contenders: readonly Contender[],
  results: ReadonlyMap<string, Result>,
  size: number,
): readonly BenchRow[] {
  return contenders.flatMap(({ name, against = [] }): BenchRow[] => {
    const one = results.get(name);
    if (one === undefined) return [];
    const others = against.flatMap((other) => {
      const found = results.get(other);
      return found === undefined ? [] : [{ other, found }];
    });
    return [
      ...beside(
        `${name}: speed`,
        size / 1e6 / one.seconds,
        'MB/s',
        others,
        ({ seconds }) => size / 1e6 / seconds,
      ),
      ...(one.cpu === null ? [] : beside(`${name}: processors`, one.cpu, 's', others, ({ cpu }) => cpu)),
      ...(one.told.bytes === undefined
        ? []
        : beside(`${name}: stored`, one.told.bytes / 1e6, 'MB', others, ({ told }) =>
            told.bytes === undefined ? null : told.bytes / 1e6,
          )),
      ...(one.told.peak === undefined
        ? []
        : [{ measure: `${name}: memory at most`, value: one.told.peak / 1e6, unit: 'MB' }]),
    ];
  });
}

function beside(
  measure: string,
  value: number,
  unit: string,
  others: readonly { readonly other: string; readonly found: Result }[],
  read: (result: Result) => number | null,
): readonly BenchRow[] {
  const rows = others.flatMap(({ other, found }): BenchRow[] => {
    const theirs = read(found);
    return theirs === null
      ? []
      : [{ measure, value, unit, against: { name: other, value: theirs, ratio: value / theirs } }];
  });
  return rows.length > 0 ? rows : [{ measure, value, unit }];
}
