import { BlindError } from '../../../core/error.ts';
import { kindsOfTenants } from '../attack/survey/every-tenant.ts';
import { codeOf, namedTenants, namersOf } from '../attack/survey/namers.ts';
import { type Catalog, type CatalogRelation, isTable } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import type { Desk } from '../desk.ts';
import type { PostgresFacts } from '../facts.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import { findTenants, readableBy, type TwoTenants } from '../tenancy/tenants.ts';
import type { PostgresTarget } from '../types.ts';
import { planIsolation } from './isolation-plan.ts';
import type { Judge } from './judge.ts';
import { readSurroundings } from './surroundings.ts';

type Opened = {
  readonly facts: PostgresFacts;
  readonly catalog: () => Promise<Catalog>;
  readonly tenancy: () => Promise<Tenancy>;
  readonly query: PostgresTarget['query'];
  /** `null` where the estate names none: policies are then judged by their text. */
  readonly inspector: (() => Promise<Desk>) | null;
};

/** Plans as the application's role and the inspector see the database; changes nothing. */
export function plannerOf({
  facts,
  catalog,
  tenancy,
  query,
  inspector,
}: Opened): Pick<PostgresTarget, 'planIsolation'> {
  return {
    async planIsolation(target) {
      const context = {
        catalog: await catalog(),
        tenancy: await tenancy(),
        around: await readSurroundings(query, migratorOf(facts), facts.roles !== undefined),
        target,
      };
      if (inspector === null) return planIsolation({ ...context, judge: null });
      const { connection, run } = await inspector();
      return run(async () => {
        const judge = await findJudge(connection, context, facts.tenancy?.tenants);
        return planIsolation({ ...context, judge });
      });
    },
  };
}

async function findJudge(
  inspector: Connection,
  { catalog, tenancy }: { readonly catalog: Catalog; readonly tenancy: Tenancy },
  declared: readonly [string, string] | undefined,
): Promise<Judge | null> {
  try {
    const tables = catalog.relations.filter(
      (relation) => isTable(relation) && tenancy.ties.has(relation.oid),
    );
    const two = await findTenants({ inspector, tenancy }, tables, declared);
    return { inspector, tenants: await everyKind(inspector, { catalog, tenancy }, two) };
  } catch (error) {
    // A database without two tenants can still be hardened; then no policy is taken on trust.
    if (error instanceof BlindError) return null;
    throw error;
  }
}

/** The two, and one of each kind of tenant that the data and the code tell apart: what one may not see, another may. */
async function everyKind(
  inspector: Connection,
  { catalog, tenancy }: { readonly catalog: Catalog; readonly tenancy: Tenancy },
  two: TwoTenants,
): Promise<readonly string[]> {
  const readable = await readableBy(inspector, catalog.relations.filter(isTable));
  const insight = {
    inspector,
    tenancy,
    mayRead: ({ oid }: CatalogRelation, column: string) => readable.get(oid)?.has(column) ?? false,
  };
  const code = await codeOf({ app: inspector }, catalog);
  const namers = await namersOf(insight, catalog, code);
  const kinds = await kindsOfTenants(insight, namers, await namedTenants(insight, code), two);
  return [...new Set([two.owner, two.thief, ...kinds])];
}

/** The role that would carry changes out. */
function migratorOf({ migrator }: PostgresFacts): string | null {
  return migrator === undefined ? null : decodeURIComponent(new URL(migrator).username);
}
