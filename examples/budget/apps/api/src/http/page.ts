import { z } from 'zod';

/** What every list takes. The cursor is the last id of the page before. */
export const listQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(100))
    .default(50),
  cursor: z.uuid().optional(),
  spaceId: z.uuid().optional(),
});
export type ListQuery = z.infer<typeof listQuery>;

export type Page<Item> = { items: readonly Item[]; nextCursor: string | null };

/** Prisma's arguments for one page: one row more than asked for tells whether there is another page. */
export function pageArguments({ limit, cursor }: ListQuery): {
  take: number;
  cursor?: { id: string };
  skip?: number;
} {
  return { take: limit + 1, ...(cursor === undefined ? {} : { cursor: { id: cursor }, skip: 1 }) };
}

export function page<Row extends { id: string }, Item>(
  rows: readonly Row[],
  { limit }: ListQuery,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last !== undefined ? last.id : null };
}
