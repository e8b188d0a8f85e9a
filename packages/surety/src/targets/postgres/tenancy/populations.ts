import { BlindError } from '../../../core/error.ts';
import { type Catalog, isTable } from '../catalog/catalog.ts';
import { reachableAgainSql, relationsAgainSql } from '../catalog/catalog-sql.ts';
import type { Desk } from '../desk.ts';
import type { PostgresTarget, Relation, TenantTable } from '../types.ts';
import { nobodysWritten } from './nobodys.ts';
import { readsTenants } from './reads-tenants.ts';
import type { Tenancy, Tie } from './tenancy.ts';

/** What there is to examine, each list counted a second way. */
export function populationsOf(
  app: Desk,
  catalog: () => Promise<Catalog>,
  tenancy: () => Promise<Tenancy>,
): Pick<PostgresTarget, 'relations' | 'sideDoors' | 'tenantTables' | 'tenantViews'> {
  return {
    async relations() {
      const items = withPaths((await catalog()).relations, await tenancy().catch(notFound));
      const count = await countAgain(app, relationsAgainSql, []);
      return { items, how: 'pg_class', recount: { how: 'pg_tables, pg_views and their like', count } };
    },
    async tenantTables() {
      const items = tenantTablesOf(await catalog(), await tenancy());
      const names = [items.map(({ schema }) => schema), items.map(({ name }) => name)];
      const count = await countAgain(app, reachableAgainSql, names);
      return {
        items,
        how: 'foreign keys, names and policies',
        recount: { how: 'pg_tables and privileges by name', count },
      };
    },
    sideDoors: async () => (await catalog()).sideDoors,
    tenantViews: async () => tenantViewsOf(await catalog(), await tenancy()),
  };
}

/** Whose rows are whose is told where it is known; that each table is guarded is asked even where it is not. */
function notFound(error: unknown): null {
  if (error instanceof BlindError) return null;
  throw error;
}

function withPaths(relations: readonly Relation[], tenancy: Tenancy | null): readonly Relation[] {
  return relations.map((relation) => {
    const tie = tenancy?.ties.get(relation.oid);
    return tie === undefined ? relation : { ...relation, path: tie.path, ...nobodysOf(relation, tie) };
  });
}

function nobodysOf(relation: Relation, tie: Tie): Pick<Relation, 'nobodys'> {
  const nobodys = nobodysWritten(relation, tie);
  return nobodys.length === 0 ? {} : { nobodys };
}

async function countAgain(app: Desk, sql: string, values: readonly unknown[]): Promise<number> {
  const [row] = await app.run(() => app.connection.rows<{ count: number }>(sql, values));
  return row?.count ?? 0;
}

/** Tied to a tenant, or with a policy that asks for one; those the role cannot touch are nobody's way in. */
function tenantTablesOf(catalog: Catalog, { ties }: Tenancy): readonly TenantTable[] {
  return catalog.relations.flatMap((relation) => {
    if (!isTable(relation) || relation.grants.length === 0) return [];
    const tie = ties.get(relation.oid);
    if (tie === undefined && !relation.policies.some(({ asksForTenant }) => asksForTenant)) return [];
    const movable =
      tie?.columns.every((name) =>
        relation.columns.some((column) => column.name === name && column.grants.includes('update')),
      ) ?? false;
    const nobodys = tie === undefined ? {} : nobodysOf(relation, tie);
    return [{ ...relation, path: tie?.path ?? '', movable, ...nobodys }];
  });
}

function tenantViewsOf(catalog: Catalog, tenancy: Tenancy): readonly Relation[] {
  return catalog.relations.filter(
    (relation) =>
      !isTable(relation) &&
      relation.grants.length > 0 &&
      (tenancy.ties.has(relation.oid) || readsTenants(relation, catalog, tenancy)),
  );
}
