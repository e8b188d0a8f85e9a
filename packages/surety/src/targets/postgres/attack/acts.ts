import type { Attempt } from '@surety/evidence';
import type { CatalogRelation, Column } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import type { Party } from '../types.ts';
import { broken, countOrConflict, fromError, type Outcome, reached, rows } from './outcome.ts';
import { insertOf, isAmong, keyOf, keysOf, type Row, type Statement, selectText, toRow } from './rows.ts';
import type { Stance } from './stance.ts';

/** The variants of a statement: by the keys of the owner's rows or whole, and giving rows back or not. */
export type How = { readonly where: boolean; readonly returning: boolean };

const ceiling = 5_000;

export async function readByKey(stance: Stance): Promise<Outcome> {
  const { relation } = stance.tie;
  const { condition, values } = among(stance, 1);
  return rows(
    await stance.session.app.touched(`select from ${quotedRelation(relation)} t where ${condition}`, values),
  );
}

export async function readAll(stance: Stance): Promise<Outcome> {
  const { session, tie, isOwner, targets } = stance;
  const keyNames = keyOf(tie.relation).map(({ name }) => name);
  const table = quotedRelation(tie.relation);
  const [counted] = await session.app.rows<{ count: number }>(`select count(*)::int as count from ${table}`);
  const count = counted?.count ?? 0;
  const seen = (
    await session.app.rows<Record<string, string | null>>(
      `select ${selectText('t', keyNames)} from ${table} t limit ${ceiling}`,
    )
  ).map((row) => toRow(keyNames, row));
  const identity = (row: Row): string => JSON.stringify(keyNames.map((name) => row.get(name) ?? null));
  const wanted = new Set(targets.map(identity));
  const found = seen.filter((row) => wanted.has(identity(row))).length;
  if (isOwner) return rows(found === 0 && seen.length === ceiling ? count : found);
  const beyond = stance.visible === null ? 0 : count - stance.visible;
  const known = Math.max(0, beyond, found);
  const foreign = known > 0 ? 0 : await stance.foreignAmong(seen);
  return foreign === null
    ? broken('cannot tell whose rows it sees: name an inspector')
    : rows(known + foreign);
}

export async function insert(stance: Stance, returning: boolean): Promise<Outcome> {
  const { session, tie, template } = stance;
  if (template === null) return broken('no row of the owner to copy');
  const own = new Map(template);
  for (const column of tie.authors) if (own.has(column)) own.set(column, stance.self);
  const { sql, values } = insertOf(tie.relation, own, returning ? readable(tie.relation) : []);
  const before = await ownersCount(stance);
  if (before !== null) await stance.become();
  const added = await countOrConflict(session.app, sql, values);
  const after = before === null ? null : await ownersCount(stance);
  // A trigger made the row somebody else's: nothing of the owner's came about.
  return before !== null && after === before ? rows(0) : reached(added);
}

export async function update(stance: Stance, how: How): Promise<Outcome> {
  const [first, ...others] = plainChanges(stance.tie, stance.targets[0] ?? null);
  if (first === undefined) return broken('no column that the role may change');
  const outcome = await updateOrRefusal(stance, first, how);
  if (stance.isOwner || outcome.detail !== '42501') return outcome;
  // A check may refuse this column's new value and let another's pass.
  for (const other of others) {
    const next = await updateOrRefusal(stance, other, how);
    if (next.detail !== '42501') return next;
  }
  return (await reachedByStranger(stance, how)) ?? outcome;
}

/**
 * Its own rows may be what a check refused. Somebody who owns nothing, where nobody's rows lie about either,
 * gets `42501` only for rows of others, which the policy should not have let him reach.
 */
async function reachedByStranger(stance: Stance, how: How): Promise<Outcome | null> {
  if (how.where || !stance.tie.relation.grants.includes('update')) return null;
  if (stance.ownsNothing) return stance.allowance === 0 ? rowsThenCheck : null;
  const outcome =
    stance.stranger === null ? null : await stance.stranger().update({ returning: how.returning });
  return outcome?.result === 'done' ? outcome : null;
}

const rowsThenCheck: Outcome = { result: 'done', detail: 'reached rows of others, then a check' };

/** Makes the owner's rows one's own: the values are its own, and so are those a check would ask for. */
export async function take(stance: Stance): Promise<Outcome> {
  if (stance.mine === null) return broken('no values that would make a row its own');
  const set = setOf(stance.tie.relation, stance.tie.columns, stance.mine);
  return updateWith(stance, set, { where: false, returning: false });
}

/** Makes its own rows the owner's; without WHERE, which would have the policies for SELECT look at the new row too. */
export async function give(stance: Stance): Promise<Outcome> {
  const { relation, columns } = stance.tie;
  if (stance.owners === null) return broken('no values that would make a row the owner’s');
  if (stance.own.length === 0) return broken(`${stance.actor} has no row to give`);
  const { sql, values } = setOf(relation, columns, stance.owners);
  const statement = `update ${quotedRelation(relation)} t set ${sql}`;
  return reached(await countOrConflict(stance.session.app, statement, values));
}

export async function remove(stance: Stance, { where, returning }: How): Promise<Outcome> {
  const { relation } = stance.tie;
  const statement = `delete from ${quotedRelation(relation)} t`;
  const tail = tailOf(relation, returning);
  if (!where) return sweep(stance, `${statement}${tail}`, [], (party) => party.delete({ returning }));
  const { condition, values } = among(stance, 1);
  return reached(await countOrConflict(stance.session.app, `${statement} where ${condition}${tail}`, values));
}

async function updateOrRefusal(stance: Stance, set: Statement, how: How): Promise<Outcome> {
  const tried = async (): Promise<Outcome> => {
    await stance.become();
    return updateWith(stance, set, how);
  };
  return stance.session.undone(tried).catch(fromError);
}

async function updateWith(stance: Stance, set: Statement, { where, returning }: How): Promise<Outcome> {
  const { relation } = stance.tie;
  const statement = `update ${quotedRelation(relation)} t set ${set.sql}`;
  const tail = tailOf(relation, returning);
  if (!where) return sweep(stance, `${statement}${tail}`, set.values, (party) => party.update({ returning }));
  const { condition, values } = among(stance, set.values.length + 1);
  const all = [...set.values, ...values];
  return reached(await countOrConflict(stance.session.app, `${statement} where ${condition}${tail}`, all));
}

/**
 * A statement without WHERE touches whatever the policies let it. Of another tenant it counts what is beyond
 * its own rows and nobody's. Where its own rows run into a constraint, somebody without rows tries it instead.
 */
async function sweep(
  stance: Stance,
  sql: string,
  values: readonly unknown[],
  retry: (party: Party) => Promise<Attempt>,
): Promise<Outcome> {
  const touched = await countOrConflict(stance.session.app, sql, values);
  if (stance.isOwner) return reached(touched);
  if (touched === 'conflict') return stance.stranger === null ? reached(touched) : retry(stance.stranger());
  const beyond = stance.allowance === null ? 0 : touched - stance.allowance;
  const lost = stance.lost === null ? 0 : await stance.lost();
  const known = stance.allowance !== null || stance.lost !== null;
  return rows(known ? Math.max(0, beyond, lost) : touched);
}

/** The rows of the owner, as a condition with parameters from number `first` on. */
function among({ tie, targets }: Stance, first: number) {
  const key = keyOf(tie.relation);
  return { condition: isAmong('t', key, first), values: keysOf(targets, key) };
}

function tailOf(relation: CatalogRelation, returning: boolean): string {
  const names = returning ? readable(relation) : [];
  return names.length === 0 ? '' : ` returning ${selectText('t', names)}`;
}

/** One column that the role may read: reading any is what brings the policies for SELECT in. */
function readable(relation: CatalogRelation): readonly string[] {
  const names = keyOf(relation).map(({ name }) => name);
  const columns = relation.columns.filter(({ grants }) => grants.includes('select'));
  const key = columns.filter(({ name }) => names.includes(name));
  return (key.length > 0 ? key : columns).slice(0, 1).map(({ name }) => name);
}

/** How many rows the owner sees, where a trigger may change whose a new row is; else `null`. */
async function ownersCount({ session, tie, becomeOwner, isOwner }: Stance): Promise<number | null> {
  const rewrites = tie.relation.triggers.some(({ commands }) => commands.includes('insert'));
  if (isOwner || becomeOwner === null || !rewrites || tie.isMembership) return null;
  await becomeOwner();
  const [row] = await session.app.rows<{ count: number }>(
    `select count(*)::int as count from ${quotedRelation(tie.relation)}`,
  );
  return row?.count ?? null;
}

/**
 * Changes of one column to a constant, the least harmful first, so that the statement reads no column: reading
 * one would bring the policies for SELECT in, which hide what a wrong policy for UPDATE lets through.
 */
function plainChanges(tie: Tie, row: Row | null): readonly Statement[] {
  if (row === null) return [];
  const { relation } = tie;
  const keys = new Set([
    ...relation.uniques.flat(),
    ...relation.foreignKeys.flatMap(({ columns }) => columns),
  ]);
  const changeable = relation.columns.filter(
    ({ grants, generated }) => !generated && grants.includes('update'),
  );
  const harmless = changeable.filter(({ name }) => !keys.has(name) && !tie.columns.includes(name));
  const rest = changeable.filter((column) => !harmless.includes(column));
  // Where nothing is granted, the refusal is what is to be seen.
  const any = relation.columns.find(({ generated }) => !generated);
  const chosen = harmless.length > 0 ? harmless : [...rest, ...(any === undefined ? [] : [any])].slice(0, 1);
  return chosen.map(({ name }) => setOf(relation, [name], row));
}

function setOf(relation: CatalogRelation, names: readonly string[], row: Row): Statement {
  const columns = names.flatMap((name): readonly Column[] =>
    relation.columns.filter((column) => column.name === name),
  );
  return {
    sql: columns.map(({ name, type }, index) => `${quoted(name)} = $${index + 1}::${type}`).join(', '),
    values: columns.map(({ name }) => row.get(name) ?? null),
  };
}
