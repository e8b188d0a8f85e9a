import type { Connection } from '../connection.ts';
import { takenBack } from '../savepoint.ts';
import type { Count } from './key-plan.ts';

const batch = 40;
const millis = 5_000;

/** What each statement counts, as the inspector; `null` where it could not, or not in time. */
export async function countAll(
  inspector: Connection,
  counts: readonly Count[],
): Promise<ReadonlyMap<string, number | null>> {
  const found = new Map<string, number | null>();
  for (let from = 0; from < counts.length; from += batch) {
    for (const [id, count] of await countSome(inspector, counts.slice(from, from + batch)))
      found.set(id, count);
  }
  return found;
}

async function countSome(
  inspector: Connection,
  counts: readonly Count[],
): Promise<readonly (readonly [id: string, count: number | null])[]> {
  const row = await rowOrNull(inspector, counts);
  if (row !== null || counts.length === 1)
    return counts.map(({ id }, index) => [id, row?.[`n${index}`] ?? null]);
  const half = Math.ceil(counts.length / 2);
  return [
    ...(await countSome(inspector, counts.slice(0, half))),
    ...(await countSome(inspector, counts.slice(half))),
  ];
}

async function rowOrNull(
  inspector: Connection,
  counts: readonly Count[],
): Promise<Readonly<Record<string, number>> | null> {
  return takenBack(inspector, async () => {
    await inspector.rows("select set_config('statement_timeout', $1, true)", [String(millis)]);
    const columns = counts.map(({ sql }, index) => `(${sql}) as n${index}`);
    const [row] = await inspector.rows<Record<string, number>>(`select ${columns.join(', ')}`);
    return row ?? null;
  });
}
