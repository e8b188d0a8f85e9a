import { quoted, quotedRelation } from '../name.ts';
import { addedOrConflict, broken, isConflictOfNew, type Outcome, reached, rows } from './outcome.ts';
import { insertOf, keyOf, type Row } from './rows.ts';
import type { Stance } from './stance.ts';
import { changeableColumns, readable, returningOf, setOf } from './statements.ts';

export async function insert(stance: Stance, returning: boolean): Promise<Outcome> {
  const row = ownersRow(stance);
  if (row === null) return noTemplate;
  const { relation } = stance.tie;
  const { sql, values } = insertOf(relation, row, returning ? readable(relation) : []);
  return addition(stance, () => addedOrConflict(stance.session.app, sql, values));
}

/** Row security is asked before conflicts are looked for: nothing inserted is a conflict, past row security. */
export async function insertOrNothing(stance: Stance): Promise<Outcome> {
  const row = ownersRow(stance);
  if (row === null) return noTemplate;
  const { sql, values } = insertOf(stance.tie.relation, row, []);
  return addition(stance, async () => {
    const added = await addedOrConflict(stance.session.app, `${sql} on conflict do nothing`, values);
    return added === 0 ? 'conflict' : added;
  });
}

/** Conflicts with a row of the owner by its key, while the new row would be one's own, and changes it. */
export async function insertOrUpdate(stance: Stance, returning: boolean): Promise<Outcome> {
  const { tie, targets, mine, isOwner, session } = stance;
  const { relation } = tie;
  const [target] = targets;
  const [changed] = changeableColumns(tie);
  if (target === undefined || changed === undefined) return broken('no column that the role may change');
  if (mine === null) return broken('no values that would make a row its own');
  const key = keyOf(relation).map(({ name }) => name);
  const own = new Map(target);
  for (const [name, value] of mine) if (!isOwner && !key.includes(name)) own.set(name, value);
  const columns = relation.columns.filter(
    ({ name, generated, grants }) => key.includes(name) || (!generated && grants.includes('insert')),
  );
  const into = columns.map(({ name }) => quoted(name)).join(', ');
  const parameters = columns.map(({ type }, index) => `$${index + 1}::${type}`).join(', ');
  const set = setOf(relation, [changed], target, 1 + columns.length);
  const statement = `insert into ${quotedRelation(relation)} as t (${into}) overriding system value
    values (${parameters}) on conflict (${key.map(quoted).join(', ')}) do update set ${set.sql}`;
  const values = [...columns.map(({ name }) => own.get(name) ?? null), ...set.values];
  const tail = returningOf(relation, returning);
  return reached(await addedOrConflict(session.app, `${statement}${tail}`, values));
}

export async function mergeInsert(stance: Stance): Promise<Outcome> {
  const row = ownersRow(stance);
  if (row === null) return noTemplate;
  const { relation } = stance.tie;
  const columns = relation.columns.filter(({ name }) => row.has(name));
  const into = columns.map(({ name }) => quoted(name)).join(', ');
  const parameters = columns.map(({ type }, index) => `$${index + 1}::${type}`).join(', ');
  const what = columns.length === 0 ? 'default values' : `(${into}) values (${parameters})`;
  const statement = `merge into ${quotedRelation(relation)} t using (values (1)) as s (one) on false
    when not matched then insert ${what}`;
  const values = columns.map(({ name }) => row.get(name) ?? null);
  return addition(stance, () => addedOrConflict(stance.session.app, statement, values));
}

/** Where row security is on, the server knows no such statement, for whoever it binds. */
export async function copyIn(stance: Stance): Promise<Outcome> {
  const row = ownersRow(stance);
  if (row === null) return noTemplate;
  const { app } = stance.session;
  const columns = stance.tie.relation.columns.filter(({ name }) => row.has(name));
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  const line = columns.map(({ name }) => copied(row.get(name) ?? null)).join('\t');
  // The server reads whatever comes next as rows: all before it has to be over.
  await app.rows('select 1');
  // A role that may write none is refused before any is asked for.
  const into = columns.length === 0 ? '' : ` (${names})`;
  const statement = `copy ${quotedRelation(stance.tie.relation)}${into} from stdin`;
  try {
    return rows(await app.copyIn(statement, `${line}\n`));
  } catch (error) {
    if (!isConflictOfNew(error)) throw error;
    return reached('conflict');
  }
}

const noTemplate = broken('no row of the owner to copy');

/** A new row of the owner, written by whoever acts. */
function ownersRow({ template, tie, self }: Stance): Row | null {
  if (template === null) return null;
  const row = new Map(template);
  for (const column of tie.authors) if (row.has(column)) row.set(column, self);
  return row;
}

/** An insertion, sent before anything is waited for; counted besides where a trigger may change whose a new row is. */
async function addition(stance: Stance, add: () => ReturnType<typeof addedOrConflict>): Promise<Outcome> {
  const { tie, session, isOwner, becomeOwner } = stance;
  const rewrites = tie.relation.triggers.some(({ commands }) => commands.includes('insert'));
  if (isOwner || becomeOwner === null || !rewrites || tie.isMembership) return reached(await add());
  const count = async (): Promise<number> => {
    await becomeOwner();
    const [row] = await session.app.rows<{ count: number }>(
      `select count(*)::int as count from ${quotedRelation(tie.relation)}`,
    );
    return row?.count ?? 0;
  };
  const before = await count();
  await stance.become();
  const added = await add();
  // The transaction goes on from where the act began.
  if (added === 'conflict') await session.app.rows('rollback to savepoint surety');
  // A trigger made the row somebody else's: nothing of the owner's came about.
  return (await count()) === before ? rows(0) : reached(added);
}

/** A value in the text format of COPY. */
function copied(value: string | null): string {
  if (value === null) return '\\N';
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
}
