import type { Attempt } from '@surety/evidence';
import type pg from 'pg';
import { BlindError } from '../../../core/error.ts';
import type { Touch } from '../../../core/target.ts';
import { type Catalog, isTable } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { once } from '../once.ts';
import { blind, SqlError } from '../sql-error.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import { findTenants, readableBy, type TwoTenants } from '../tenancy/tenants.ts';
import type { ContextState, Party, PostgresTarget, Relation, RelationName } from '../types.ts';
import { type AttackSession, beginAttack } from './attack-session.ts';
import { freshValue } from './rows.ts';
import { nobodyOf, twoTenantsOf } from './two-tenants.ts';
import { readView } from './views.ts';

export type Attacks = Pick<PostgresTarget, 'asTwoTenants' | 'readAsTwoTenants' | 'asNobody'>;

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
    mayRollBack(touch);
    const inspector = inspect === null ? null : blinded(await inspect());
    const readable = inspector === null ? null : await readableBy(inspector, catalog.relations);
    if (inspector !== null) await seesAll(inspector, catalog, tenancy);
    const session = await beginAttack(await join(), inspector, tenancy, readable);
    const tied = catalog.relations.filter((relation) => isTable(relation) && tenancy.ties.has(relation.oid));
    const tenants = await findTenants(session, tied, declared);
    // What is planted for one table is taken back before the next.
    await session.app.rows('savepoint surety_table');
    const tieOf = (table: Relation): Tie | Absent => {
      const tie = tenancy.ties.get(table.oid);
      if (tie === undefined) return { absent: absent(table, pathless) };
      if (readable !== null && !readable.has(table.oid)) return { absent: absent(table, unreadable) };
      return tie;
    };
    return { session, tenants, tieOf };
  });
  const nobodies = new Map<ContextState, () => Promise<Nobody>>();
  return {
    asTwoTenants: (table) =>
      orBlind(async () => {
        const { session, tenants, tieOf } = await scene();
        const tie = tieOf(table);
        if ('absent' in tie) return [tie.absent, tie.absent];
        await session.app.rows('rollback to savepoint surety_table');
        return twoTenantsOf(session, tie, tenants);
      }),
    readAsTwoTenants: (view: Relation): Promise<readonly [Attempt, Attempt] | null> =>
      orBlind(async () => {
        const relation = catalog.relation(view.oid);
        const tie = tenancy.ties.get(view.oid);
        if (relation === undefined || tie === undefined) return null;
        const { session, tenants } = await scene();
        await session.app.rows('rollback to savepoint surety_table');
        return readView(session, relation, tie.columns, tenants);
      }),
    asNobody: (state, table) =>
      orBlind(async (): Promise<Party> => {
        const { session, tenants, tieOf } = await scene();
        const tie = tieOf(table);
        if ('absent' in tie) return tie.absent;
        const open = nobodies.get(state) ?? once(() => openNobody(state, tenancy, tenants, join));
        nobodies.set(state, open);
        const { session: outside, become } = await open();
        await outside.app.rows('rollback to savepoint surety_table');
        return nobodyOf(outside, tie, tenants, session, state, become);
      }),
  };
}

/** @throws {BlindError} where row security hides rows from the inspector: what it counts would be too few */
async function seesAll(inspector: Connection, catalog: Catalog, tenancy: Tenancy): Promise<void> {
  const oids = catalog.relations
    .filter((relation) => isTable(relation) && tenancy.ties.has(relation.oid))
    .map(({ oid }) => oid);
  const [row] = await inspector.rows<{ count: number }>(
    'select count(*)::int as count from unnest($1::oid[]) t where row_security_active(t)',
    [oids],
  );
  if (row?.count === 0) return;
  throw new BlindError(
    'postgres/inspector-bound',
    `row security hides rows of ${row?.count ?? 'some'} tables from the inspector`,
    'let the inspector be a role with BYPASSRLS, which the application never uses',
  );
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
  await connection.rows('savepoint surety_table');
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

type Absent = { readonly absent: Party };

const pathless =
  'cannot tell whose its rows are: no foreign key, and no column named like one, leads to a tenant';
const unreadable = 'the inspector may not read it: grant select on it to the inspector';

/** A party that cannot act, and why. */
function absent(table: RelationName, why: string): Party {
  const attempt = async (): Promise<Attempt> => ({
    act: `${table}: anything`,
    actor: 'anybody',
    result: 'broken',
    detail: why,
    method: 'attack',
  });
  return {
    actor: 'anybody',
    read: attempt,
    insert: attempt,
    update: attempt,
    move: attempt,
    delete: attempt,
  };
}

function mayRollBack(touch: Touch): void {
  if (touch !== 'nothing') return;
  throw new BlindError(
    'postgres/touch',
    'an attack in a transaction was asked for by a run that may only read',
    'this is a mistake in the control: let it declare touch rollback',
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
    touched: (sql, values) => inspector.touched(sql, values).catch(asBlind),
    end: () => inspector.end(),
  };
}

async function orBlind<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SqlError) throw blind(error, 'the application’s role');
    throw error;
  }
}
