import { BlindError } from '../../../core/error.ts';
import type { Catalog, CatalogRelation } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { PostgresTarget } from '../types.ts';
import type { Tenancy, Tie } from './tenancy.ts';

/** Whose rows of one table are, told by foreign keys and memberships, whatever the policies say. Keys are texts. */
export type Ownership = {
  /** `public.accounts` as people write it. */
  readonly table: string;
  /** How many rows belong to the tenant. @throws {BlindError} */
  count(tenant: string): Promise<number>;
  /**
   * Which of the keys are rows at all, which of these are the tenant's own, and which are surely other tenants'.
   * Rows that belong to nobody are neither.
   *
   * @throws {BlindError}
   */
  sort(tenant: string, keys: readonly string[]): Promise<Sorted>;
};

export type Sorted = {
  readonly rows: ReadonlySet<string>;
  readonly own: ReadonlySet<string>;
  readonly foreign: ReadonlySet<string>;
};

/** @throws {BlindError} `postgres/no-table`, `postgres/no-tenant-path`, `postgres/no-key` */
export function ownershipOf(
  catalog: Catalog,
  tenancy: Tenancy,
  name: string,
  inspect: PostgresTarget['inspect'],
): Ownership {
  const table = catalog.named(name);
  if (table === undefined) {
    throw new BlindError('postgres/no-table', `there is no table ${name}`, 'mend the name: schema.table');
  }
  const tie = tenancy.ties.get(table.oid);
  if (tie === undefined) {
    throw new BlindError(
      'postgres/no-tenant-path',
      `${name}: nothing says whose its rows are`,
      'add a foreign key that leads to the tenant, or leave this collection out',
    );
  }
  return ownership(name, table, tie, tenancy, inspect);
}

function ownership(
  name: string,
  table: CatalogRelation,
  tie: Tie,
  tenancy: Tenancy,
  inspect: PostgresTarget['inspect'],
): Ownership {
  const key = `r.${quoted(keyOf(table))}::text`;
  const from = `from ${quotedRelation(table)} r`;
  // What a policy would give; NULL where the row names nobody.
  const own = `coalesce(${tie.belongsTo('r', `$1::${tenancy.key.type}`)}, false)`;
  return {
    table: name,
    async count(tenant) {
      const [row] = await inspect<{ count: number }>(`select count(*)::int as count ${from} where ${own}`, [
        tenant,
      ]);
      return row?.count ?? 0;
    },
    async sort(tenant, keys) {
      const rows = await inspect<{ key: string; own: boolean; owned: boolean }>(
        `select ${key} as key, ${own} as own, ${tie.owned('r')} as owned ${from} where ${key} = any($2::text[])`,
        [tenant, [...new Set(keys)]],
      );
      const keysOf = (picked: typeof rows) => new Set(picked.map((row) => row.key));
      return {
        rows: keysOf(rows),
        own: keysOf(rows.filter((row) => row.own)),
        foreign: keysOf(rows.filter((row) => !row.own && row.owned)),
      };
    },
  };
}

/** The column that an API names rows by: the key of one column, else `id`. */
function keyOf(table: CatalogRelation): string {
  const single = table.uniques.find((columns) => columns.length === 1)?.[0];
  const named = table.columns.some(({ name }) => name === 'id') ? 'id' : undefined;
  const key = named ?? single;
  if (key !== undefined) return key;
  throw new BlindError(
    'postgres/no-key',
    `${table}: no column names a row by itself`,
    'leave this collection out',
  );
}
