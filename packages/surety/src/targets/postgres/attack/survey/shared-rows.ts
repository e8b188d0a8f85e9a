import { reachesOutside } from '../../catalog/triggers.ts';
import { quotedRelation } from '../../name.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import { inventFor, namesOf, rowsOf, type TwoTenants } from '../../tenancy/tenants.ts';
import type { AttackSession } from '../attack-session.ts';
import {
  copyOf,
  insertOf,
  isAmong,
  keyOf,
  keysOf,
  type Row,
  type Statement,
  selectText,
  toRow,
} from '../rows.ts';
import { changeableColumns, setOf } from '../statements.ts';
import { seenBy, type Trespass, writtenAs } from './trespass.ts';

/** Rows of nobody that are tried. */
const most = 20;

/** The thief adds, changes and removes rows of nobody that the owner sees as well. */
export async function sharedRows(
  session: AttackSession,
  tie: Tie,
  { owner, thief }: TwoTenants,
): Promise<readonly Trespass[]> {
  const { relation } = tie;
  const isOwnable = tie.owned('t') !== 'true' && mayBeNobodys(tie);
  const writes = relation.grants.some((command) => command !== 'select');
  if (!isOwnable || !writes || !relation.grants.includes('select')) return [];
  const nobodys = await rowsOfNobody(session, tie);
  const [own = null] = await rowsOf(session, tie, thief, owner);
  return [
    ...(await adding(session, tie, nobodys[0] ?? null, own, { owner, thief })),
    ...(await changing(session, tie, nobodys, own, { owner, thief })),
  ];
}

/** Where its own columns may not be null, only a parent of nobody could make a row nobody's. */
function mayBeNobodys({ relation, columns, links }: Tie): boolean {
  const isNullable = relation.columns.some(({ name, notNull }) => columns.includes(name) && !notNull);
  return isNullable || links.length > 0;
}

async function rowsOfNobody(session: AttackSession, { relation, owned }: Tie): Promise<readonly Row[]> {
  if (session.inspector === null) return [];
  const names = namesOf(relation).filter((name) => session.mayRead(relation, name));
  const rows = await session.inspector.rows<Record<string, string | null>>(
    `select ${selectText('t', names)} from ${quotedRelation(relation)} t where (${owned('t')}) is not true limit ${most}`,
  );
  return rows.map((row) => toRow(names, row));
}

async function adding(
  session: AttackSession,
  tie: Tie,
  nobodys: Row | null,
  own: Row | null,
  { owner, thief }: TwoTenants,
): Promise<readonly Trespass[]> {
  const { relation } = tie;
  if (!relation.grants.includes('insert') || reachesOutside(relation, 'insert') !== null) return [];
  const plain = own === null ? await inventFor(session, tie, thief) : copyOf(tie, own);
  const row = nobodys === null ? disowned(tie, plain) : copyOf(tie, nobodys);
  if (row === null) return [];
  const written = new Map(row);
  for (const name of tie.authors) if (written.has(name)) written.set(name, thief);
  const look = () => countSeen(session, tie, owner, null);
  const before = await seenBy(session, look);
  const after = await writtenAs(session, thief, insertOf(relation, written, []), look);
  const told = telling(tie, 'adds a row of nobody');
  if (typeof before === 'string') return [told('unclear', `the server answered with ${before}`)];
  if (typeof after === 'number') {
    const isShown = after > before && !(await isShownAnyway(session, tie, plain, before, { owner, thief }));
    return [isShown ? told('seen', 'the owner sees it') : told('kept', 'nothing that the owner sees')];
  }
  if (after === null || after === '42501' || after === '44000') return [told('kept', 'refused')];
  const objected = after.startsWith('23') || after === 'P0001';
  const gotIn =
    objected &&
    plain !== null &&
    (await writtenAs(session, thief, insertOf(relation, plain, []), async () => true)) === true;
  return [gotIn ? told('kept', `refused: ${after}`) : told('unclear', `the server answered with ${after}`)];
}

/** Whether the owner sees what the thief adds as its own as well. */
async function isShownAnyway(
  session: AttackSession,
  tie: Tie,
  plain: Row | null,
  before: number,
  { owner, thief }: TwoTenants,
): Promise<boolean> {
  if (plain === null) return false;
  const look = () => countSeen(session, tie, owner, null);
  const after = await writtenAs(session, thief, insertOf(tie.relation, plain, []), look);
  return typeof after === 'number' && after > before;
}

/** The same row, of nobody; `null` where its columns have to name somebody. */
function disowned({ relation, columns }: Tie, row: Row | null): Row | null {
  const loose = relation.columns.filter(
    ({ name, notNull, grants, generated }) =>
      columns.includes(name) && !notNull && !generated && grants.includes('insert'),
  );
  if (row === null || loose.length === 0) return null;
  return new Map([...row, ...loose.map(({ name }): [string, null] => [name, null])]);
}

async function changing(
  session: AttackSession,
  tie: Tie,
  nobodys: readonly Row[],
  own: Row | null,
  { owner, thief }: TwoTenants,
): Promise<readonly Trespass[]> {
  if (nobodys.length === 0) return [];
  const shown = await seenBy(session, () => countSeen(session, tie, owner, nobodys));
  if (shown === 0) return [];
  const trespasses: Trespass[] = [];
  for (const { what, statement } of changesOf(tie, nobodys, own)) {
    const told = telling(tie, what);
    const done: true | string | null =
      typeof shown === 'string'
        ? shown
        : await writtenAs(session, thief, statement, async () => true as const);
    // Row security is asked before constraints are.
    if (done === true || (typeof done === 'string' && done.startsWith('23')))
      trespasses.push(told('seen', 'the owner sees those rows'));
    else if (done === null || ['42501', '44000', 'P0001'].includes(done))
      trespasses.push(told('kept', 'refused'));
    else trespasses.push(told('unclear', `the server answered with ${done}`));
  }
  return trespasses;
}

type Change = { readonly what: string; readonly statement: Statement };

function changesOf(tie: Tie, nobodys: readonly Row[], own: Row | null): readonly Change[] {
  const { relation } = tie;
  const key = keyOf(relation);
  const [first] = nobodys;
  const changes: Change[] = [];
  const mayUpdate = (name: string): boolean =>
    relation.columns.some(
      (column) => column.name === name && !column.generated && column.grants.includes('update'),
    );
  const update = (what: string, names: readonly string[], row: Row): void => {
    const set = setOf(relation, names, row);
    changes.push({
      what,
      statement: {
        sql: `update ${quotedRelation(relation)} t set ${set.sql} where ${isAmong('t', key, set.values.length + 1)}`,
        values: [...set.values, ...keysOf(nobodys.slice(0, 1), key)],
      },
    });
  };
  if (reachesOutside(relation, 'update') === null && first !== undefined) {
    const [plain] = changeableColumns(tie);
    if (plain !== undefined && mayUpdate(plain)) update('changes rows of nobody', [plain], first);
    if (own !== null && tie.columns.length > 0 && tie.columns.every(mayUpdate))
      update('makes rows of nobody its own', tie.columns, own);
  }
  if (relation.grants.includes('delete') && reachesOutside(relation, 'delete') === null) {
    changes.push({
      what: 'deletes rows of nobody',
      statement: {
        sql: `delete from ${quotedRelation(relation)} t where ${isAmong('t', key, 1)}`,
        values: keysOf(nobodys, key),
      },
    });
  }
  return changes;
}

/** How many rows the owner sees; with some given, how many of those. */
async function countSeen(
  session: AttackSession,
  { relation }: Tie,
  owner: string,
  among: readonly Row[] | null,
): Promise<number> {
  const key = keyOf(relation);
  await session.become(owner);
  const [row] = await session.app.rows<{ count: number }>(
    `select count(*)::int as count from ${quotedRelation(relation)} t ${among === null ? '' : `where ${isAmong('t', key, 1)}`}`,
    among === null ? [] : keysOf(among, key),
  );
  return row?.count ?? 0;
}

function telling({ relation, columns }: Tie, what: string) {
  return (result: Trespass['result'], detail: string): Trespass => ({
    what: `${relation}: other tenant ${what}`,
    result,
    detail,
    hint: `let a tenant write only rows of its own: policies that let everybody see rows without ${columns.join(', ')} should be for select`,
  });
}
