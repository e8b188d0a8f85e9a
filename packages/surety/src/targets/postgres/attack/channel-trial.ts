import type { Attempt } from '@surety/evidence';
import type { CatalogRelation } from '../catalog/catalog.ts';
import { reachesOutside } from '../catalog/triggers.ts';
import { quoted, quotedRelation } from '../name.ts';
import { SqlError } from '../sql-error.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import { inventFor, namesOf, type Readable, rowsOf, type TwoTenants } from '../tenancy/tenants.ts';
import type { Command } from '../types.ts';
import type { AttackSession } from './attack-session.ts';
import type { Channel, ChannelTrial } from './channel-types.ts';
import { broken, type Outcome } from './outcome.ts';
import { copyOf, insertOf, isAmong, keyOf, keysOf, type Row, toRow } from './rows.ts';

export type TriedChannel = Channel & {
  readonly relation: CatalogRelation;
  readonly tie: Tie;
  /** Where a reference points to. */
  readonly target: Tie | null;
  readonly toColumns: readonly string[];
};

export type ChannelScene = {
  readonly session: AttackSession;
  readonly readable: Readable | null;
  readonly tenants: TwoTenants;
};

/** Both tenants ask a constraint for what the first one has, by every command that the role may set its columns with. */
export async function tryChannel(
  scene: ChannelScene,
  channel: TriedChannel,
): Promise<readonly ChannelTrial[]> {
  const { relation } = channel;
  const trials: ChannelTrial[] = [];
  for (const how of ['insert', 'update'] as const) {
    if (!relation.grants.includes(how) || settable(channel, how).length === 0) continue;
    const ask = (tenant: string, other: string) => asked(scene, channel, how, tenant, other);
    const { owner, thief } = scene.tenants;
    trials.push({
      how,
      owner: attempt(channel, how, 'owner', await ask(owner, thief)),
      thief: attempt(channel, how, 'other tenant', await ask(thief, owner)),
    });
  }
  return trials;
}

function attempt({ table, name }: Channel, how: Command, actor: string, outcome: Outcome): Attempt {
  return { act: `${table}: ${how} what ${name} looks up`, actor, method: 'attack', ...outcome };
}

/** Columns to put the owner's values into: none of those that say whose a row is. */
function settable({ relation, columns, tie }: TriedChannel, how: Command): readonly string[] {
  const wanted = columns.filter((column) => !tie.columns.includes(column));
  const may = (name: string): boolean =>
    relation.columns.some(
      (column) => column.name === name && !column.generated && column.grants.includes(how),
    );
  return wanted.every(may) ? wanted : [];
}

async function asked(
  { session, readable, tenants }: ChannelScene,
  channel: TriedChannel,
  how: 'insert' | 'update',
  tenant: string,
  other: string,
): Promise<Outcome> {
  const { relation, target } = channel;
  const trigger = reachesOutside(relation, how);
  if (trigger !== null) {
    return broken(`trigger ${trigger.name} reaches outside of the database, so it is not fired`);
  }
  const hidden = [relation, target?.relation].find(
    (table) => table !== undefined && readable?.has(table.oid) === false,
  );
  if (hidden !== undefined) return broken(`the inspector may not read ${hidden}: grant select on it`);
  try {
    return await session.undone(async () => {
      // A deferred constraint would answer when nobody listens any more.
      await session.app.rows('set constraints all immediate');
      const known = await valuesOfOwner(session, channel, tenants);
      if (known === null) return broken('the owner has no row to be asked for, and none could be planted');
      return how === 'insert'
        ? add(session, channel, known, tenant, other)
        : change(session, channel, known, tenant, other);
    });
  } catch (error) {
    if (error instanceof SqlError) return broken(error.state);
    throw error;
  }
}

/** What the constraint is asked for: the owner's values of its columns, which no row of the other tenant has. */
async function valuesOfOwner(
  session: AttackSession,
  channel: TriedChannel,
  { owner, thief }: TwoTenants,
): Promise<Row | null> {
  const { tie, target, toColumns, columns } = channel;
  const source = target ?? tie;
  for (const row of [...(await rowsOf(session, source, owner, thief)), null]) {
    const held = row ?? (await plant(session, source, owner, await ownRow(session, source, owner, thief)));
    const values = new Map(
      columns.map((column, index) => [
        column,
        held?.get((target === null ? columns : toColumns)[index] ?? '') ?? null,
      ]),
    );
    if ([...values.values()].includes(null)) continue;
    if (target !== null || !(await hasToo(session, channel, thief, values))) return values;
  }
  return null;
}

/** Whether a tenant has the same values in a row of its own, which a key within tenants would object with as well. */
async function hasToo(
  session: AttackSession,
  { relation, tie }: TriedChannel,
  tenant: string,
  values: Row,
): Promise<boolean> {
  const asked = [...values].filter(([column]) => !tie.columns.includes(column));
  const same = asked.map(([column], index) => `t.${quoted(column)}::text = $${index + 2}`);
  const [row] = await session.truth<{ same: boolean }>(
    tenant,
    `select exists (select from ${quotedRelation(relation)} t
       where ${tie.belongsTo('t', `$1::${session.tenancy.key.type}`)} and ${same.join(' and ')}) as same`,
    [tenant, ...asked.map(([, value]) => value)],
  );
  return row?.same !== false;
}

/** Adds a row as the tenant; the savepoint around it takes it back. */
async function plant(session: AttackSession, tie: Tie, tenant: string, row: Row | null): Promise<Row | null> {
  const { relation } = tie;
  if (row === null || !relation.grants.includes('insert')) return null;
  const names = namesOf(relation);
  const { sql, values } = insertOf(relation, row, names);
  await session.become(tenant);
  const [planted] = await session.app.rows<Record<string, string | null>>(sql, values);
  return planted === undefined ? null : toRow(names, planted);
}

/** A row of its own that only the constraint can object to. */
async function ownRow(session: AttackSession, tie: Tie, tenant: string, other: string): Promise<Row | null> {
  const [row] = await rowsOf(session, tie, tenant, other);
  return row === undefined ? inventFor(session, tie, tenant) : copyOf(tie, row);
}

async function add(
  session: AttackSession,
  channel: TriedChannel,
  known: Row,
  tenant: string,
  other: string,
): Promise<Outcome> {
  const { relation, tie } = channel;
  const own = await ownRow(session, tie, tenant, other);
  if (own === null) return broken('it has nothing that a row of its own could belong to');
  const row = new Map([...own, ...chosen(channel, known, 'insert')]);
  const { sql, values } = insertOf(relation, row, []);
  await session.become(tenant);
  return answer(session, channel, sql, values);
}

async function change(
  session: AttackSession,
  channel: TriedChannel,
  known: Row,
  tenant: string,
  other: string,
): Promise<Outcome> {
  const { relation } = channel;
  const row = await rowToChange(session, channel, known, tenant, other);
  if (row === null) return broken('no row of its own to be changed');
  const set = [...chosen(channel, known, 'update')];
  const key = keyOf(relation);
  const assigned = set.map(([name], index) => {
    const type = relation.columns.find((column) => column.name === name)?.type ?? 'text';
    return `${quoted(name)} = $${index + 1}::${type}`;
  });
  await session.become(tenant);
  return answer(
    session,
    channel,
    `update ${quotedRelation(relation)} as t set ${assigned.join(', ')} where ${isAmong('t', key, set.length + 1)}`,
    [...set.map(([, value]) => value), ...keysOf([row], key)],
  );
}

/** A row of its own: for a key not the one that is asked for, which may well keep its own value. */
async function rowToChange(
  session: AttackSession,
  { tie, kind, columns }: TriedChannel,
  known: Row,
  tenant: string,
  other: string,
): Promise<Row | null> {
  const rows = await rowsOf(session, tie, tenant, other);
  const found = rows.find(
    (row) => kind === 'reference' || columns.some((name) => row.get(name) !== known.get(name)),
  );
  return found ?? plant(session, tie, tenant, await ownRow(session, tie, tenant, other));
}

function chosen(channel: TriedChannel, known: Row, how: Command): ReadonlyMap<string, string | null> {
  return new Map(settable(channel, how).map((column) => [column, known.get(column) ?? null]));
}

/** What the constraint's answer gives away: a key by objecting, a reference by not objecting. */
async function answer(
  session: AttackSession,
  { kind, name }: Channel,
  sql: string,
  values: readonly unknown[],
): Promise<Outcome> {
  try {
    const touched = await session.app.touched(sql, values);
    if (touched === 0) return { result: 'refused', detail: '0 rows' };
    return kind === 'reference'
      ? { result: 'done', detail: 'points to it, so it exists' }
      : { result: 'refused', detail: 'no objection' };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    if (error.state === '42501') return { result: 'refused', detail: '42501' };
    if (kind === 'reference' && error.state === '23503') return { result: 'refused', detail: '23503' };
    if (kind !== 'reference' && ['23505', '23P01'].includes(error.state)) {
      return error.constraint === name
        ? { result: 'done', detail: `${error.state}, so it exists` }
        : broken(`${error.constraint ?? 'another key'} was in the way`);
    }
    return broken(error.state);
  }
}
