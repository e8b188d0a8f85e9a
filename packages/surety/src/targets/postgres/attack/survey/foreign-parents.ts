import { type ForeignKey, isTable } from '../../catalog/catalog.ts';
import { reachesOutside } from '../../catalog/triggers.ts';
import { quoted, quotedRelation } from '../../name.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import { inventFor, rowsOf, type TwoTenants } from '../../tenancy/tenants.ts';
import type { Command } from '../../types.ts';
import type { AttackSession } from '../attack-session.ts';
import { copyOf, insertOf, isAmong, keyOf, keysOf, type Row, type Statement } from '../rows.ts';
import { setOf } from '../statements.ts';
import { plant } from '../two-tenants.ts';
import { seenBy, type Trespass, writtenAs } from './trespass.ts';

/** So many parents of the owner are named, one after the other, until one says something. */
const most = 3;
/** A function takes no more than 100 arguments. */
const mostColumns = 90;

type Reference = ForeignKey & {
  readonly tie: Tie;
  readonly target: Tie;
  /** Its columns that do not say whose the row is. */
  readonly free: readonly string[];
};

/** Rows of its own that the thief may write, and ways to write them. */
type Own = { readonly row: Row | null; readonly copy: Row | null };

/**
 * The thief writes rows of its own whose foreign keys name parents of the owner, who then looks whether its parent changed,
 * or whether it sees a row more.
 */
export async function foreignParents(
  session: AttackSession,
  tie: Tie,
  tenants: TwoTenants,
): Promise<readonly Trespass[]> {
  const references = referencesOf(session, tie);
  if (references.length === 0) return [];
  const [row = null] = await rowsOf(session, tie, tenants.thief, tenants.owner);
  const copy = row === null ? await inventFor(session, tie, tenants.thief) : copyOf(tie, row);
  const trespasses: Trespass[] = [];
  for (const reference of references) {
    trespasses.push(await tryReference(session, reference, { row, copy }, tenants));
  }
  return trespasses;
}

function referencesOf({ tenancy, mayRead }: AttackSession, tie: Tie): readonly Reference[] {
  const { relation } = tie;
  const fixed = new Set([...tie.columns, ...tie.authors]);
  const references = relation.foreignKeys.flatMap((key): readonly Reference[] => {
    const target = tenancy.ties.get(key.to);
    const free = key.columns.filter((name) => !fixed.has(name));
    if (target === undefined || target.relation.oid === tenancy.root.oid || free.length === 0) return [];
    if (!isTable(target.relation) || !key.toColumns.every((name) => mayRead(target.relation, name)))
      return [];
    const ways = (['insert', 'update'] as const).filter((how) => mayWrite(tie, free, how));
    return ways.length === 0 ? [] : [{ ...key, tie, target, free }];
  });
  return references.filter(
    (one, index) =>
      references.findIndex(({ to, free }) => to === one.to && String(free) === String(one.free)) === index,
  );
}

function mayWrite({ relation }: Tie, names: readonly string[], how: Command): boolean {
  const may = (name: string): boolean =>
    relation.columns.some(
      (column) => column.name === name && !column.generated && column.grants.includes(how),
    );
  return names.every(may) && reachesOutside(relation, how) === null;
}

async function tryReference(
  session: AttackSession,
  reference: Reference,
  own: Own,
  tenants: TwoTenants,
): Promise<Trespass> {
  const { tie, target, free } = reference;
  const names = free.length === 1 ? `${free}` : `(${free.join(', ')})`;
  const told = (result: Trespass['result'], detail: string): Trespass => ({
    what: `${tie.relation}.${names}: other tenant names a row of the owner in ${target.relation}`,
    result,
    detail,
    hint: `let its foreign key hold the tenant as well, as (tenant, ${free.join(', ')}) references ${target.relation} (tenant, ${reference.toColumns.join(', ')}) does`,
  });
  const found = await rowsOf(session, target, tenants.owner, tenants.thief);
  const parents = found.length > 0 ? found : (await plant(session, session, target, tenants.owner)).rows;
  let last = told('unclear', 'the owner has no row there, and none could be planted');
  for (const parent of parents.slice(0, most)) {
    const { seen, refused } = await nameParent(session, reference, own, parent, tenants);
    if (seen !== null) return told('seen', seen);
    last =
      refused === null
        ? told('kept', 'nothing that the owner sees')
        : told('unclear', `the server answered with ${refused}`);
    if (refused === null) return last;
  }
  return last;
}

type Named = {
  /** What the owner then saw. */
  readonly seen: string | null;
  /** Why nothing could be learned. */
  readonly refused: string | null;
};

type View = { readonly rows: string | null; readonly parent: string | null };

async function nameParent(
  session: AttackSession,
  reference: Reference,
  own: Own,
  parent: Row,
  { owner, thief }: TwoTenants,
): Promise<Named> {
  const look = (): Promise<View> => viewOf(session, reference, parent, owner);
  const before = await seenBy(session, look);
  if (typeof before === 'string') return { seen: null, refused: before };
  const unclear: string[] = [];
  let isSettled = false;
  for (const { how, statement, plain } of waysTo(reference, own, parent)) {
    const after = await writtenAs(session, thief, statement, look);
    if (after === null || (typeof after === 'string' && isRefusal(after, how))) isSettled = true;
    else if (typeof after === 'string') {
      // Where a row with a parent of its own gets in, it was the owner's parent that kept this one out.
      const witness = plain === null ? null : await writtenAs(session, thief, plain, async () => true);
      if (witness === true && isObjection(after)) isSettled = true;
      else unclear.push(after);
    } else {
      isSettled = true;
      if (after.parent !== before.parent) return { seen: 'changed the owner’s row', refused: null };
      if (
        Number(after.rows) > Number(before.rows) &&
        !(await isShownAnyway(session, plain, before, look, thief))
      )
        return { seen: `the owner sees the row, by ${how}`, refused: null };
    }
  }
  return { seen: null, refused: isSettled ? null : (unclear[0] ?? 'no row of its own') };
}

/** Whether the owner sees what the thief adds with a parent of its own as well: then they share it lawfully. */
async function isShownAnyway(
  session: AttackSession,
  plain: Statement | null,
  before: View,
  look: () => Promise<View>,
  thief: string,
): Promise<boolean> {
  if (plain === null) return false;
  const after = await writtenAs(session, thief, plain, look);
  return after !== null && typeof after !== 'string' && Number(after.rows) > Number(before.rows);
}

type Way = {
  readonly how: 'insert' | 'update';
  readonly statement: Statement;
  /** The same with a parent of its own. */
  readonly plain: Statement | null;
};

function waysTo({ tie, columns, toColumns, free }: Reference, own: Own, parent: Row): readonly Way[] {
  const { relation } = tie;
  const named = new Map(
    columns.flatMap((name, index): readonly [string, string | null][] =>
      free.includes(name) ? [[name, parent.get(toColumns[index] ?? '') ?? null]] : [],
    ),
  );
  const ways: Way[] = [];
  if (own.copy !== null && relation.grants.includes('insert') && mayWrite(tie, free, 'insert')) {
    ways.push({
      how: 'insert',
      statement: insertOf(relation, new Map([...own.copy, ...named]), []),
      plain: insertOf(relation, own.copy, []),
    });
  }
  if (own.row !== null && mayWrite(tie, free, 'update')) {
    const set = setOf(relation, free, named);
    const key = keyOf(relation);
    ways.push({
      how: 'update',
      statement: {
        sql: `update ${quotedRelation(relation)} t set ${set.sql} where ${isAmong('t', key, set.values.length + 1)}`,
        values: [...set.values, ...keysOf([own.row], key)],
      },
      plain: null,
    });
  }
  return ways;
}

/** Row security and foreign keys; of a row that lay there well, any constraint. */
function isRefusal(state: string, how: 'insert' | 'update'): boolean {
  return ['42501', '23503', '44000'].includes(state) || (how === 'update' && isObjection(state));
}

function isObjection(state: string): boolean {
  return state.startsWith('23') || state === 'P0001';
}

/** How many rows the owner sees where the thief writes, and what its parent holds. */
async function viewOf(
  session: AttackSession,
  { tie, target }: Reference,
  parent: Row,
  owner: string,
): Promise<View> {
  const key = keyOf(target.relation);
  const shown = target.relation.columns
    .filter(({ grants }) => grants.includes('select'))
    .slice(0, mostColumns)
    .map(({ name }) => `t.${quoted(name)}::text`);
  const held = shown.length === 0 ? 'null' : `md5(concat_ws('|', ${shown.join(', ')}))`;
  const count = tie.relation.grants.includes('select')
    ? `(select count(*) from ${quotedRelation(tie.relation)})::text`
    : 'null';
  await session.become(owner);
  const [view] = await session.app.rows<View>(
    `select ${count} as rows, (select ${held} from ${quotedRelation(target.relation)} t where ${isAmong('t', key, 1)}) as parent`,
    keysOf([parent], key),
  );
  return view ?? { rows: null, parent: null };
}
