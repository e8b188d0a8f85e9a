export type Routine = {
  readonly oid: number;
  readonly name: string;
  /** The text that defines it. */
  readonly source: string;
};

/** A function of the user's. */
export type FunctionRow = Routine & {
  readonly language: string;
  readonly trusted: boolean;
  /** The source without its head, where the server keeps that; of C the symbol. */
  readonly body: string;
  readonly immutable: boolean;
  /** As GRANT takes it: `public.me()`. */
  readonly signature: string;
  /** It gives one value, whoever's the row is. */
  readonly namesOne: boolean;
};

export type Calls<Row extends Routine> = {
  /** Oids of the functions of which `is` holds, and of those that call one of them, directly or through others. */
  above(is: (row: Row) => boolean): ReadonlySet<number>;
  /** The function, and those that it calls, directly or through others. */
  behind(row: Row): readonly Row[];
};

/** Which functions call which, by the names in their texts: overloads are taken for one another. */
export function callsOf<Row extends Routine>(functions: readonly Row[]): Calls<Row> {
  const named = Map.groupBy(functions, ({ name }) => name.toLowerCase());
  const callers = new Map<string, Row[]>();
  const callees = new Map<number, readonly Row[]>();
  for (const row of functions) {
    const names = calledBy(row);
    callees.set(
      row.oid,
      [...names].flatMap((name) => named.get(name) ?? []),
    );
    for (const name of names) {
      const known = callers.get(name);
      if (known === undefined) callers.set(name, [row]);
      else known.push(row);
    }
  }
  const known = new Map<number, readonly Row[]>();
  return {
    above(is) {
      const found = new Set(functions.filter(is));
      // A set gives what is added to it while it is walked through, too.
      for (const { name } of found)
        for (const caller of callers.get(name.toLowerCase()) ?? []) found.add(caller);
      return new Set([...found].map(({ oid }) => oid));
    },
    behind(row) {
      const before = known.get(row.oid);
      if (before !== undefined) return before;
      const found = new Set([row]);
      for (const { oid } of found) for (const callee of callees.get(oid) ?? []) found.add(callee);
      const all = [...found];
      known.set(row.oid, all);
      return all;
    },
  };
}

/** Names before an opening bracket, in lower case; its own is among them. */
function calledBy({ source }: Routine): ReadonlySet<string> {
  const names = source.matchAll(/"((?:[^"]|"")+)"\s*\(|([\p{L}_][\p{L}\p{N}_$]*)\s*\(/gu);
  return new Set(
    [...names].map(([, inQuotes, bare]) => (inQuotes?.replaceAll('""', '"') ?? bare ?? '').toLowerCase()),
  );
}
