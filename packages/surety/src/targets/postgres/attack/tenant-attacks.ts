import type { Attempt } from '@surety/evidence';
import type pg from 'pg';
import { BlindError, SuretyError } from '../../../core/error.ts';
import type { Touch } from '../../../core/target.ts';
import { type Catalog, isTable } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { once } from '../once.ts';
import { becomeRoles } from '../paths/becoming.ts';
import { searchPaths } from '../paths/search.ts';
import { blind } from '../sql-error.ts';
import { requireSight } from '../tenancy/require-sight.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import { findTenants, readableBy, type TwoTenants } from '../tenancy/tenants.ts';
import type { ContextState, Party, PostgresTarget, Relation, RelationName } from '../types.ts';
import { type AttackSession, beginAttack } from './attack-session.ts';
import { requireRollback } from './require-rollback.ts';
import { freshValue } from './rows.ts';
import { surveyOf } from './survey/survey.ts';
import { nobodyOf, twoTenantsOf } from './two-tenants.ts';
import { UntriedError } from './untried.ts';
import { readView } from './views.ts';

export type Attacks = Pick<
  PostgresTarget,
  'asTwoTenants' | 'readAsTwoTenants' | 'survey' | 'asNobody' | 'searchMarkers' | 'becomeRoles'
>;

type Needs = {
  readonly catalog: Catalog;
  readonly tenancy: Tenancy;
  readonly declared: readonly [string, string] | undefined;
  /** Opens a connection of the application's role. */
  readonly join: () => Promise<Connection>;
  readonly inspect: (() => Promise<Connection>) | null;
  readonly touch: Touch;
};

/** Parties that act on the live tables; every connection is opened when it is first needed. */
export function makeAttacks({ catalog, tenancy, declared, join, inspect, touch }: Needs): Attacks {
  const scene = once(async () => {
    requireRollback(touch);
    const inspector = inspect === null ? null : blinded(await inspect());
    const readable = inspector === null ? null : await readableBy(inspector, catalog.relations);
    const tied = catalog.relations.filter((relation) => isTable(relation) && tenancy.ties.has(relation.oid));
    if (inspector !== null)
      await requireSight(
        inspector.rows,
        tied.map(({ oid }) => oid),
      );
    const session = await beginAttack(await join(), inspector, tenancy, readable);
    const tenants = await findTenants(session, tied, declared);
    const tieOf = (table: Relation): Tie => {
      const tie = tenancy.ties.get(table.oid);
      if (tie === undefined) throw pathless(tenancy.whyPathless(table.oid));
      if (readable !== null && !readable.has(table.oid)) throw unreadable(table);
      return tie;
    };
    return { session, tenants, tieOf, readable };
  });
  const nobodies = new Map<ContextState, () => Promise<Nobody>>();
  return {
    asTwoTenants: async (table) => {
      const { session, tenants, tieOf } = await orBlind(scene);
      return orUntried(async () => {
        const tie = tieOf(table);
        await session.clear();
        return twoTenantsOf(session, tie, tenants);
      });
    },
    readAsTwoTenants: (view: Relation): Promise<readonly [Attempt, Attempt] | null> =>
      orBlind(async () => {
        const relation = catalog.relation(view.oid);
        const tie = tenancy.ties.get(view.oid);
        if (relation === undefined || tie === undefined) return null;
        const { session, tenants } = await scene();
        await session.clear();
        return readView(session, relation, tie.columns, tenants);
      }),
    survey: (except) =>
      orBlind(async () => {
        const { session, tenants, readable } = await scene();
        await session.clear();
        return surveyOf(
          session,
          catalog,
          tenants,
          (oid) => !except.has(oid) && (readable?.has(oid) ?? false),
        );
      }),
    searchMarkers: once(() =>
      orBlind(async () => {
        const { session, tenants } = await scene();
        await session.clear();
        return searchPaths(session, catalog, tenants);
      }),
    ),
    becomeRoles: () =>
      orBlind(async () => {
        const { session } = await scene();
        await session.clear();
        return becomeRoles(session, catalog.relations);
      }),
    asNobody: (state, table) =>
      orBlind(async (): Promise<Party> => {
        const { session, tenants, tieOf } = await scene();
        const tie = tieOf(table);
        const open = nobodies.get(state) ?? once(() => openNobody(state, tenancy, tenants, join));
        nobodies.set(state, open);
        const { session: outside, become } = await open();
        await outside.clear();
        return nobodyOf(outside, tie, tenants, session, state, become);
      }),
  };
}

type Nobody = { readonly session: AttackSession; readonly become: () => Promise<void> };

async function openNobody(
  state: ContextState,
  tenancy: Tenancy,
  { owner }: TwoTenants,
  join: () => Promise<Connection>,
): Promise<Nobody> {
  const connection = await join();
  if (state === 'after its transaction') {
    await connection.rows('begin');
    await connection.rows('select set_config($1, $2, true)', [tenancy.setting, owner]);
    await connection.rows('commit');
  }
  const session = await beginAttack(connection, null, tenancy, null);
  const value = contextValue(state, tenancy);
  // Only ever set locally: through a pooler, a session's setting would reach somebody else.
  return { session, become: async () => (value === null ? undefined : session.become(value)) };
}

/** What the setting holds in that state; `null`: it is left alone. */
function contextValue(state: ContextState, { key }: Tenancy): string | null {
  switch (state) {
    case 'never set':
    case 'after its transaction':
      return null;
    case 'empty':
      return '';
    case 'malformed':
      return 'not a tenant';
    case 'unknown tenant':
      return freshValue(key);
  }
}

function pathless(why: string): BlindError {
  return new BlindError(
    'postgres/no-tenant-path',
    `cannot tell whose its rows are: ${why}`,
    'add a foreign key that leads to the tenant, or name the column that does as tenancy.paths',
  );
}

function unreadable(table: RelationName): BlindError {
  return new BlindError(
    'postgres/inspector-may-not-read',
    'the inspector may not read it',
    `grant select on ${table}, and usage on schema ${table.schema}, to the inspector`,
  );
}

/** Whatever the inspector cannot do is blindness: it attacks nothing. */
function blinded(inspector: Connection): Connection {
  const asBlind = (error: unknown): never => {
    throw blind(error, 'the inspector');
  };
  return {
    rows: <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) =>
      inspector.rows<Row>(sql, values).catch(asBlind),
    remarked: (sql) => inspector.remarked(sql).catch(asBlind),
    touched: (sql, values) => inspector.touched(sql, values).catch(asBlind),
    together: (begin) => inspector.together(begin),
    copyIn: (sql, data) => inspector.copyIn(sql, data).catch(asBlind),
    end: () => inspector.end(),
  };
}

async function orBlind<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SuretyError ? error : blind(error, 'the application’s role');
  }
}

/** What keeps one table from being attacked keeps no other from it. */
async function orUntried<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const blindness = error instanceof SuretyError ? error : blind(error, 'the application’s role');
    if (blindness.code === 'postgres/unreachable') throw blindness;
    throw new UntriedError(blindness.code, blindness.message, blindness.hint, { cause: error });
  }
}
