import { reachesOutside } from '../catalog/triggers.ts';
import { quotedRelation } from '../name.ts';
import { SqlError } from '../sql-error.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import { inventFor, namesOf, rowsOf, type TwoTenants, tieValues } from '../tenancy/tenants.ts';
import type { ContextState, Party } from '../types.ts';
import type { AttackSession } from './attack-session.ts';
import { makeParty } from './party.ts';
import { copyOf, freshValue, insertOf, isAmong, keyOf, keysOf, type Row, selectText, toRow } from './rows.ts';
import type { Stance } from './stance.ts';

/**
 * The owner of rows of one table and another tenant, on one connection. Where a tenant has no row, one is
 * planted as that tenant; the caller takes it back with the savepoint around everything.
 */
export async function twoTenantsOf(
  session: AttackSession,
  tie: Tie,
  { owner, thief }: TwoTenants,
): Promise<readonly [Party, Party]> {
  // Rows first, side by side; planting comes one after the other.
  const found = await Promise.all([
    rowsOf(session, tie, owner, thief),
    rowsOf(session, tie, thief, owner),
    sharesOf(session, tie, thief),
  ]);
  const mine = await orPlanted(session, tie, owner, found[0]);
  const theirs = await orPlanted(session, tie, thief, found[1]);
  const shares = found[2];
  await session.keep();
  const template = mine.rows[0] ?? null;
  const shared = {
    session,
    tie,
    targets: mine.rows,
    owners: await tieOf(session, tie, owner, template),
    template: template === null ? null : copyOf(tie, template),
    missing: template === null ? `no tenant has a row, and none could be planted: ${mine.why}` : null,
  };
  const places = () => placesSeen(session, tie, owner, mine.rows);
  const before = await session.undone(places);
  const nobodys = shares?.nobodys ?? null;
  const allowed = (own: number | undefined): number | null =>
    own === undefined ? null : own + theirs.planted;
  const own: Stance = {
    ...shared,
    actor: 'owner',
    isOwner: true,
    hurried: false,
    ownsNothing: false,
    self: owner,
    become: () => session.become(owner),
    own: mine.rows,
    mine: shared.owners,
    allowance: null,
    visible: null,
    foreignAmong: async () => 0,
    becomeOwner: null,
    lost: null,
    stranger: null,
  };
  const other: Stance = {
    ...shared,
    actor: 'other tenant',
    isOwner: false,
    hurried: false,
    ownsNothing: false,
    self: thief,
    become: () => session.become(thief),
    own: theirs.rows,
    mine: await tieOf(session, tie, thief, theirs.rows[0] ?? null),
    allowance: allowed(shares?.own),
    visible: allowed(shares?.shown),
    foreignAmong: (rows) => foreignAmong(session, tie, thief, rows),
    becomeOwner: () => session.become(owner),
    lost: async () => {
      // The last thing that an act does, and taken back with it.
      const after = new Set(await places());
      return before.filter((place) => !after.has(place)).length;
    },
    stranger: () => makeParty(strangerTo(own, freshValue(session.tenancy.key), nobodys)),
  };
  return [makeParty(own), makeParty(other)];
}

/** Somebody who owns nothing of the table, as a tenant that does not exist. */
function strangerTo(owner: Stance, key: string, nobodys: number | null): Stance {
  const { session } = owner;
  return {
    ...owner,
    actor: 'tenant without rows',
    isOwner: false,
    hurried: false,
    ownsNothing: true,
    self: key,
    become: () => session.become(key),
    own: [],
    mine: null,
    allowance: nobodys,
    visible: nobodys,
    lost: null,
  };
}

/** Nobody, in a session that is already in the state to be tried; `owner` says whose rows it goes for. */
export async function nobodyOf(
  session: AttackSession,
  tie: Tie,
  { owner, thief }: TwoTenants,
  truth: AttackSession,
  state: ContextState,
  become: () => Promise<void>,
): Promise<Party> {
  const [found, nobodys] = await Promise.all([rowsOf(truth, tie, owner, thief), unowned(truth, tie)]);
  const empty = found.length === 0;
  // To plant a row is to name a tenant, after which the setting is no longer one that was never set.
  const { rows, why } =
    empty && state !== 'never set'
      ? await plant(session, truth, tie, owner)
      : { rows: found, why: 'the table is empty' };
  const template = rows[0] ?? null;
  await session.keep();
  return makeParty({
    session,
    tie,
    actor: `nobody (${state})`,
    isOwner: false,
    hurried: false,
    ownsNothing: false,
    self: owner,
    become,
    targets: rows,
    own: [],
    owners: null,
    mine: null,
    template: template === null ? null : copyOf(tie, template),
    allowance: nobodys,
    visible: nobodys,
    foreignAmong: (seen) => ownedAmong(truth, tie, seen),
    becomeOwner: null,
    lost: null,
    missing: template === null ? why : null,
    stranger: null,
  });
}

type Found = { readonly rows: readonly Row[]; readonly planted: number; readonly why: string };

async function orPlanted(
  session: AttackSession,
  tie: Tie,
  tenant: string,
  rows: readonly Row[],
): Promise<Found> {
  return rows.length > 0 ? { rows, planted: 0, why: '' } : plant(session, session, tie, tenant);
}

/** Adds a row as the tenant it belongs to; `truth` knows what it may belong to. */
export async function plant(
  session: AttackSession,
  truth: AttackSession,
  tie: Tie,
  tenant: string,
): Promise<Found> {
  const none = (why: string): Found => ({ rows: [], planted: 0, why: `${why}: seed two tenants with rows` });
  const { relation } = tie;
  if (!relation.grants.includes('insert')) return none('the role may not insert');
  const trigger = reachesOutside(relation, 'insert');
  if (trigger !== null) return none(`trigger ${trigger.name} reaches outside of the database`);
  const invented = await inventFor(truth, tie, tenant);
  if (invented === null) return none('the tenant has nothing that it could belong to');
  const names = namesOf(relation);
  const { sql, values } = insertOf(relation, invented, names);
  await session.app.rows('savepoint surety_plant');
  try {
    await session.become(tenant);
    const planted = await session.app.rows<Record<string, string | null>>(sql, values);
    // As the server leaves it when a transaction that set it has ended.
    await session.become('');
    return { rows: planted.map((row) => toRow(names, row)), planted: planted.length, why: '' };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    await session.app.rows('rollback to savepoint surety_plant');
    return none(`the server said ${error.state}`);
  }
}

/** The values that make a row this tenant's: of its own row, else of what it could belong to. */
async function tieOf(session: AttackSession, tie: Tie, tenant: string, row: Row | null): Promise<Row | null> {
  if (row === null) return tieValues(session, tie, tenant);
  return new Map(tie.columns.map((column) => [column, row.get(column) ?? null]));
}

/** Where the owner sees its rows now: a row that was changed or removed is no longer there. */
async function placesSeen(
  session: AttackSession,
  tie: Tie,
  owner: string,
  rows: readonly Row[],
): Promise<readonly string[]> {
  const { relation } = tie;
  if (rows.length === 0 || !relation.grants.includes('select')) return [];
  const key = keyOf(relation);
  const names = [...key.map(({ name }) => name), 'tableoid', 'ctid'];
  try {
    const [, seen] = await Promise.all([
      session.become(owner),
      session.app.rows<Record<string, string | null>>(
        `select ${selectText('t', names)} from ${quotedRelation(relation)} t where ${isAmong('t', key, 1)}`,
        keysOf(rows, key),
      ),
    ]);
    return seen.map((row) => JSON.stringify(row));
  } catch (error) {
    if (error instanceof SqlError) return [];
    throw error;
  }
}

type Shares = { readonly nobodys: number; readonly own: number; readonly shown: number };

/** How many rows are nobody's, this tenant's own or nobody's, and for it to see; `null` where nobody can say. */
async function sharesOf(
  { inspector, tenancy }: AttackSession,
  { relation, owned, belongsTo, shown }: Tie,
  tenant: string,
): Promise<Shares | null> {
  if (inspector === null) return null;
  const key = `$1::${tenancy.key.type}`;
  const nobodys = `(${owned('t')}) is not true`;
  const [row] = await inspector.rows<Shares>(
    `select count(*) filter (where ${nobodys})::int as nobodys,
       count(*) filter (where ${nobodys} or ${belongsTo('t', key)})::int as own,
       count(*) filter (where ${nobodys} or ${shown('t', key)})::int as shown
     from ${quotedRelation(relation)} t`,
    [tenant],
  );
  return row ?? null;
}

async function unowned({ inspector }: AttackSession, { relation, owned }: Tie): Promise<number> {
  if (inspector === null) return 0;
  const [row] = await inspector.rows<{ count: number }>(
    `select count(*)::int as count from ${quotedRelation(relation)} t where (${owned('t')}) is not true`,
  );
  return row?.count ?? 0;
}

async function foreignAmong(
  session: AttackSession,
  tie: Tie,
  tenant: string,
  rows: readonly Row[],
): Promise<number | null> {
  const { inspector, tenancy } = session;
  const { relation, owned, shown } = tie;
  if (rows.length === 0) return 0;
  if (inspector === null) return foreignSeen(session, tie, tenant);
  const key = keyOf(relation);
  const [row] = await inspector.rows<{ count: number }>(
    `select count(*)::int as count from ${quotedRelation(relation)} t
     where ${isAmong('t', key, 2)} and ${owned('t')} and (${shown('t', `$1::${tenancy.key.type}`)}) is not true`,
    [tenant, ...keysOf(rows, key)],
  );
  return row?.count ?? 0;
}

/**
 * Without an inspector, the tenant itself says whose the rows are that it sees: its memberships it may see. Of
 * other tenants it cannot say whether they share a scope with it.
 */
async function foreignSeen(
  { app, undone, tenancy }: AttackSession,
  { relation, owned, belongsTo }: Tie,
  tenant: string,
): Promise<number | null> {
  if (relation.oid === tenancy.root.oid) return 0;
  try {
    return await undone(async () => {
      const [row] = await app.rows<{ count: number }>(
        `select count(*)::int as count from ${quotedRelation(relation)} t
         where ${owned('t')} and (${belongsTo('t', `$1::${tenancy.key.type}`)}) is not true`,
        [tenant],
      );
      return row?.count ?? 0;
    });
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  }
}

/** Without an inspector, every row counts as somebody's. */
async function ownedAmong(
  { inspector }: AttackSession,
  { relation, owned }: Tie,
  rows: readonly Row[],
): Promise<number> {
  if (inspector === null || rows.length === 0) return rows.length;
  const key = keyOf(relation);
  const [row] = await inspector.rows<{ count: number }>(
    `select count(*)::int as count from ${quotedRelation(relation)} t
     where ${isAmong('t', key, 1)} and ${owned('t')}`,
    keysOf(rows, key),
  );
  return row?.count ?? 0;
}
