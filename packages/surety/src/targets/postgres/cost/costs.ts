import { type Catalog, isTable } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { once } from '../once.ts';
import { blind, SqlError } from '../sql-error.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import { findTenants } from '../tenancy/tenants.ts';
import type { PostgresTarget, RelationName } from '../types.ts';
import { pairedTimes } from './paired-times.ts';
import { inTransaction, knownNames, policyCost } from './policy-costs.ts';

type Needs = {
  readonly catalog: Catalog;
  readonly tenancy: Tenancy;
  readonly declared: readonly [string, string] | undefined;
  /** Opens a connection of the application's role. */
  readonly join: () => Promise<Connection>;
  /** Opens one of the inspector. @throws {BlindError} where the estate names none */
  readonly inspect: () => Promise<Connection>;
};

const measured = 8;
const atOnce = 4;

/** What row security costs, seen in plans and measured; every connection is opened when it is first needed. */
export function makeCosts({
  catalog,
  tenancy,
  declared,
  join,
  inspect,
}: Needs): Pick<PostgresTarget, 'policyCost' | 'policyTimes'> {
  const app = once(join);
  const inspector = once(inspect);
  const known = once(async () => knownNames(await app()));
  const tied = catalog.relations.filter(
    (relation) => isTable(relation) && relation.grants.includes('select') && tenancy.ties.has(relation.oid),
  );
  const tenant = once(async () => {
    // Two declared tenants need nobody to look for them.
    if (declared !== undefined) return declared[0];
    const connection = await inspector();
    return inTransaction(
      connection,
      async () => (await findTenants({ inspector: connection, tenancy }, tied, undefined)).owner,
    );
  });
  return {
    policyCost: (table) =>
      orBlind(async () => {
        const relation = catalog.relation(table.oid);
        if (relation === undefined) return null;
        const desk = { app: await app(), tenancy, tenant: await tenant(), known: await known() };
        return policyCost(desk, relation);
      }),
    policyTimes: () =>
      orBlind(async () => {
        const first = { app: await app(), inspector: await inspector() };
        const pairs = [
          first,
          ...(await Promise.all(
            Array.from({ length: atOnce - 1 }, async () => ({
              app: await join(),
              inspector: await inspect(),
            })),
          )),
        ];
        const key = await tenant();
        const found = [];
        for (const relation of await largest(first.inspector)) {
          const tie = tenancy.ties.get(relation.oid);
          if (tie === undefined) continue;
          found.push({
            table: relation,
            alone: await pairedTimes([first], tenancy, tie, key),
            together: await pairedTimes(pairs, tenancy, tie, key),
          });
        }
        return found;
      }),
  };

  /** By what the server believes, which is enough to leave out what nobody would notice. */
  async function largest(
    connection: Connection,
  ): Promise<readonly (RelationName & { readonly oid: number })[]> {
    const rows = await connection.rows<{ oid: number }>(
      'select oid from pg_catalog.pg_class where oid = any($1::oid[]) order by reltuples desc, oid limit $2',
      [tied.map(({ oid }) => oid), measured],
    );
    return rows.flatMap(({ oid }) => catalog.relation(oid) ?? []);
  }
}

async function orBlind<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SqlError) throw blind(error, 'the application’s role');
    throw error;
  }
}
