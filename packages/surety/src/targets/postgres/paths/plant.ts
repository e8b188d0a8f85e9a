import type { AttackSession } from '../attack/attack-session.ts';
import { copyOf, insertOf, isAmong, keyOf, keysOf, type Row, toRow } from '../attack/rows.ts';
import type { CatalogRelation, Column } from '../catalog/catalog.ts';
import { reachesOutside } from '../catalog/triggers.ts';
import { quoted, quotedRelation } from '../name.ts';
import { SqlError } from '../sql-error.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import { inventFor, namesOf } from '../tenancy/tenants.ts';
import type { Command } from '../types.ts';
import type { Echoes } from './echoes.ts';
import type { Marks } from './marks.ts';

/** Whether anything marked came into the table. */
export type Planted = ReadonlySet<number>;

/**
 * The owner writes rows that hold marks: adds one, changes one where nothing can be added or something echoes it, and
 * removes one where something echoes that. All of it goes with the transaction.
 */
export async function plantMarks(
  session: AttackSession,
  ties: readonly Tie[],
  owner: string,
  marks: Marks,
  echoes: Echoes,
): Promise<Planted> {
  const planted = new Set<number>();
  await session.become(owner);
  for (const tie of ties) {
    const { oid } = tie.relation;
    const existing = marks.rows.get(oid)?.[0] ?? null;
    const added = await addMarked(session, tie, owner, existing, marks);
    const row = added ?? existing;
    if (added !== null) planted.add(oid);
    if (row === null) continue;
    if (added === null || echoes.has(oid)) {
      if (await changeMarked(session, tie, row, marks)) planted.add(oid);
    }
    if (added !== null && echoes.has(oid)) {
      await write(session, tie.relation, 'delete', () => removeOne(session, tie, added));
    }
  }
  await fireDeferred(session);
  return planted;
}

/** The other tenant writes rows of its own where that sets something off: a rule may copy everybody's rows then. */
export async function setOff(
  session: AttackSession,
  ties: readonly Tie[],
  thief: string,
  ownRow: (tie: Tie) => Promise<Row | null>,
  echoes: Echoes,
): Promise<void> {
  await session.become(thief);
  for (const tie of ties.filter(({ relation }) => echoes.has(relation.oid))) {
    const existing = await ownRow(tie);
    const added = await write(session, tie.relation, 'insert', async () =>
      addRow(session, tie, await newRow(session, tie, thief, existing)),
    );
    const row = added ?? existing;
    if (row === null) continue;
    await write(session, tie.relation, 'update', () => changeOne(session, tie, row, null));
    if (added !== null) await write(session, tie.relation, 'delete', () => removeOne(session, tie, added));
  }
  await fireDeferred(session);
}

/** Triggers that wait for the end of the transaction, which never comes. */
async function fireDeferred({ app }: AttackSession): Promise<void> {
  try {
    await Promise.all([app.rows('savepoint surety_mark'), app.rows('set constraints all immediate')]);
    await app.rows('release savepoint surety_mark');
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    await app.rows('rollback to savepoint surety_mark');
  }
}

async function addMarked(
  session: AttackSession,
  tie: Tie,
  owner: string,
  existing: Row | null,
  { planted }: Marks,
): Promise<Row | null> {
  if (!tie.relation.grants.includes('insert')) return null;
  const row = await newRow(session, tie, owner, existing);
  if (row === null) return null;
  const keyed = new Map(row);
  for (const { name } of ownKeys(tie)) {
    keyed.set(name, planted.uuid + crypto.randomUUID().slice(planted.uuid.length));
  }
  const marked = new Map(keyed);
  for (const column of plainTexts(tie).filter(({ grants }) => grants.includes('insert'))) {
    marked.set(column.name, textFor(column, markFor(session, tie, planted)));
  }
  // Where a check wants another kind of text, the key alone is marked.
  for (const candidate of [marked, keyed, row]) {
    const added = await write(session, tie.relation, 'insert', () => addRow(session, tie, candidate));
    if (added !== null) return added;
  }
  return null;
}

async function newRow(
  session: AttackSession,
  tie: Tie,
  tenant: string,
  existing: Row | null,
): Promise<Row | null> {
  return existing === null ? inventFor(session, tie, tenant) : copyOf(tie, existing);
}

/** Adds a row and gives back what of it the role may read; nothing where that is not enough to find it again. */
async function addRow(session: AttackSession, { relation }: Tie, row: Row | null): Promise<Row | null> {
  if (row === null) return null;
  const names = namesOf(relation).filter((name) => isReadable(relation, name));
  const { sql, values } = insertOf(relation, row, names);
  const [added] = await session.app.rows<Record<string, string | null>>(sql, values);
  return added === undefined ? null : toRow(names, added);
}

async function changeMarked(
  session: AttackSession,
  tie: Tie,
  row: Row,
  { planted }: Marks,
): Promise<boolean> {
  const [column] = plainTexts(tie).filter(({ grants }) => grants.includes('update'));
  if (column === undefined) return false;
  const text = textFor(column, markFor(session, tie, planted));
  return (
    (await write(session, tie.relation, 'update', () => changeOne(session, tie, row, { column, text }))) === 1
  );
}

function markFor({ tenancy }: AttackSession, { relation }: Tie, { text, tenant }: Marks['planted']): string {
  return relation.oid === tenancy.root.oid ? tenant : text;
}

type Change = { readonly column: Column; readonly text: string };

/** Changes one row; without a change, a column keeps what it holds. */
async function changeOne(session: AttackSession, tie: Tie, row: Row, change: Change | null): Promise<number> {
  const { relation } = tie;
  const key = keyOf(relation);
  const any = relation.columns.find(
    ({ name, generated, grants }) => !generated && grants.includes('update') && !tie.columns.includes(name),
  );
  const column = change?.column ?? any;
  if (column === undefined) return 0;
  const value = change === null ? (row.get(column.name) ?? null) : change.text;
  return session.app.touched(
    `update ${quotedRelation(relation)} t set ${quoted(column.name)} = $1::${column.type} where ${isAmong('t', key, 2)}`,
    [value, ...keysOf([row], key)],
  );
}

async function removeOne(session: AttackSession, { relation }: Tie, row: Row): Promise<number> {
  const key = keyOf(relation);
  return session.app.touched(
    `delete from ${quotedRelation(relation)} t where ${isAmong('t', key, 1)}`,
    keysOf([row], key),
  );
}

/** Writes, unless a trigger would carry it out of the database; `null` where the server says no. */
async function write<T>(
  { app }: AttackSession,
  relation: CatalogRelation,
  command: Command,
  work: () => Promise<T>,
): Promise<T | null> {
  if (!relation.grants.includes(command) || reachesOutside(relation, command) !== null) return null;
  try {
    const [, done] = await Promise.all([app.rows('savepoint surety_mark'), work()]);
    await app.rows('release savepoint surety_mark');
    return done;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    await app.rows('rollback to savepoint surety_mark');
    return null;
  }
}

/** Keys of its own that may hold a planted uuid. */
function ownKeys(tie: Tie): readonly Column[] {
  const single = tie.relation.uniques.flatMap(([name, second]) =>
    name === undefined || second !== undefined ? [] : [name],
  );
  return freeColumns(tie, 'insert').filter(({ name, base }) => base === 'uuid' && single.includes(name));
}

const shortest = 18;

function plainTexts(tie: Tie): readonly Column[] {
  return freeColumns(tie, 'insert', 'update').filter(
    ({ category, base, type }) =>
      category === 'S' &&
      ['text', 'varchar', 'bpchar', 'citext'].includes(base) &&
      lengthOf(type) >= shortest,
  );
}

/** Columns that say neither whose a row is nor what it belongs to, and that the role may write. */
function freeColumns(
  { relation, columns, authors }: Tie,
  ...commands: readonly Command[]
): readonly Column[] {
  const fixed = new Set([...columns, ...authors, ...relation.foreignKeys.flatMap((key) => key.columns)]);
  return relation.columns.filter(
    ({ name, generated, grants }) =>
      !generated && !fixed.has(name) && commands.some((command) => grants.includes(command)),
  );
}

/** An address where there is room for one, so that a check for addresses lets it in; not the same twice. */
function textFor({ type }: Column, mark: string): string {
  const full = `${mark}${crypto.randomUUID().slice(0, 4)}@surety.invalid`;
  return lengthOf(type) >= full.length ? full : mark;
}

function lengthOf(type: string): number {
  const [, length] = /\((\d+)\)$/.exec(type) ?? [];
  return length === undefined ? Number.POSITIVE_INFINITY : Number(length);
}

function isReadable({ columns }: CatalogRelation, name: string): boolean {
  const column = columns.find((candidate) => candidate.name === name);
  return column === undefined
    ? columns.every(({ grants }) => grants.includes('select'))
    : column.grants.includes('select');
}
