/** One thing measured; `against` is the alternative, measured in the same run, and ours divided by it. */
export type BenchRow = {
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  readonly against?: { readonly name: string; readonly value: number; readonly ratio: number };
};

export type BenchResult = { readonly rows: readonly BenchRow[] };

/** The default export of `bench/NAME/NAME.bench.ts`. */
export type Bench = {
  readonly name: string;
  readonly summary: string;
  /** @param show is given each row as soon as it is measured; those that it was not given are shown in the end */
  run(show: (row: BenchRow) => void): Promise<BenchResult>;
};
