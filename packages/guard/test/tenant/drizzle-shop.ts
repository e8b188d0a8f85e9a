import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { tenantDrizzle } from '../../src/tenant/drizzle.ts';
import type { TenantPool } from '../../src/tenant/index.ts';
import { setting } from './shop.ts';

export const notes = pgTable('notes', {
  id: integer().primaryKey(),
  tenant: uuid().notNull(),
  body: text().notNull(),
});

export type ReadNote = (id: number) => PromiseLike<readonly (typeof notes.$inferSelect)[]>;

export function readThroughGuard(pool: TenantPool): ReadNote {
  const db = tenantDrizzle(pool);
  return (id) => db.select().from(notes).where(eq(notes.id, id));
}

/** As Drizzle's own documentation does it: a transaction that begins with `set_config`. */
export function readByRecipe(pool: pg.Pool, tenant: string): ReadNote {
  const db = drizzle(pool);
  return (id) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`select set_config(${setting}, ${tenant}, true)`);
      return tx.select().from(notes).where(eq(notes.id, id));
    });
}
