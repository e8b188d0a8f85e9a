import type { Attempt } from '@surety/evidence';
import type { AttackSession } from './attack-session.ts';
import type { CatalogRelation, Column } from './catalog.ts';
import { quoted, quotedRelation } from './name.ts';
import { insertOf, isAmong, keyOf, keysOf, type Row, type Statement, selectText, toRow } from './rows.ts';
import { SqlError } from './sql-error.ts';
import type { Tie } from './tenancy.ts';
import { reachesOutside } from './triggers.ts';
import type { Command, Party } from './types.ts';

/** Who acts, and on what: the rows of the owner, which one side may touch and the other may not. */
export type Stance = {
  readonly actor: string;
  readonly session: AttackSession;
  readonly tie: Tie;
  /** Makes the session act as this party. */
  readonly become: () => Promise<void>;
  readonly isOwner: boolean;
  /** Its own key, for columns that name who wrote a row. */
  readonly self: string;
  /** Rows of the owner. */
  readonly targets: readonly Row[];
  /** Rows of its own. */
  readonly own: readonly Row[];
  /** Tie columns of the owner, and its own. */
  readonly owners: Row | null;
  readonly mine: Row | null;
  /** A new row of the owner. */
  readonly template: Row | null;
  /** How many rows of the table are its own or nobody's; `null` where nobody can say. */
  readonly allowance: number | null;
  /** How many of these rows belong to others. */
  readonly foreignAmong: (rows: readonly Row[]) => Promise<number>;
  /** Makes the session act as the owner. */
  readonly becomeOwner: (() => Promise<void>) | null;
  /** How many of the owner's rows it finds changed or gone, seen as the owner; `null` where that would disturb. */
  readonly lost: (() => Promise<number>) | null;
  /** Why nothing can be tried on this table, or `null`. */
  readonly missing: string | null;
  /** The same party as somebody who owns nothing, for acts that its own rows get in the way of. */
  readonly stranger: (() => Party) | null;
};

type Outcome = Pick<Attempt, 'result' | 'detail'>;

const ceiling = 5_000;

/** A party that acts for real, and whose every act is taken back. */
export function makeParty(stance: Stance): Party {
  const { tie, session } = stance;
  const { relation } = tie;
  const key = keyOf(relation);
  const table = quotedRelation(relation);
  const among = (rows: readonly Row[], first: number) => ({
    where: isAmong('t', key, first),
    values: keysOf(rows, key),
  });
  const returningOf = (returning: boolean | undefined): readonly string[] =>
    returning === true
      ? readable(
          relation,
          key.map(({ name }) => name),
        )
      : [];
  const act = (name: string, command: Command, work: () => Promise<Outcome>) =>
    attempt(stance, `${relation}: ${name}`, command, work);
  const sweep = async (
    sql: string,
    values: readonly unknown[],
    retry: (party: Party) => Promise<Attempt>,
  ): Promise<Outcome> => {
    const touched = await countOrConflict(session.app, sql, values);
    if (stance.isOwner) return reached(touched);
    if (touched === 'conflict') return stance.stranger === null ? reached(touched) : retry(stance.stranger());
    const beyond = stance.allowance === null ? 0 : touched - stance.allowance;
    const lost = stance.lost === null ? 0 : await stance.lost();
    const known = stance.allowance !== null || stance.lost !== null;
    return rows(known ? Math.max(0, beyond, lost) : touched);
  };
  return {
    actor: stance.actor,
    read: ({ where = false } = {}) =>
      act(where ? 'read by key' : 'read everything', 'select', async () => {
        if (!where)
          return readAll(
            stance,
            key.map(({ name }) => name),
          );
        const { where: condition, values } = among(stance.targets, 1);
        const found = await session.app.touched(`select from ${table} t where ${condition}`, values);
        return rows(found);
      }),
    insert: ({ returning } = {}) =>
      act(`insert${suffix({ returning })}`, 'insert', async () => {
        if (stance.template === null) return broken('no row of the owner to copy');
        const own = new Map(stance.template);
        for (const column of tie.authors) if (own.has(column)) own.set(column, stance.self);
        const { sql, values } = insertOf(relation, own, returningOf(returning));
        const before = await ownersCount(stance);
        if (before !== null) await stance.become();
        const added = await countOrConflict(session.app, sql, values);
        const after = before === null ? null : await ownersCount(stance);
        // A trigger made the row somebody else's: nothing of the owner's came about.
        return before !== null && after === before ? rows(0) : reached(added);
      }),
    update: ({ where = false, returning } = {}) =>
      act(`update${suffix({ where, returning })}`, 'update', async () => {
        const [first, ...others] = plainChanges(tie, stance.targets[0] ?? null);
        if (first === undefined) return broken('no column that the role may change');
        const outcome = await updateOrRefusal(first, where, returning);
        if (stance.isOwner || outcome.detail !== '42501') return outcome;
        // A check may refuse this column's new value and let another's pass.
        for (const other of others) {
          const next = await updateOrRefusal(other, where, returning);
          if (next.detail !== '42501') return next;
        }
        return outcome;
      }),
    move: (direction) =>
      act(direction === 'take' ? 'update, taking rows' : 'update, giving rows away', 'update', async () => {
        const to = direction === 'take' ? stance.mine : stance.owners;
        const set = to === null ? null : setOf(relation, tie.columns, to);
        if (set === null) return broken('no values that would change whose a row is');
        if (direction === 'take') return updateWith(set, false, false);
        if (stance.own.length === 0) return broken(`${stance.actor} has no row to give`);
        // Without WHERE, which would have the policies for SELECT look at the new row too.
        return reached(await countOrConflict(session.app, `update ${table} t set ${set.sql}`, set.values));
      }),
    delete: ({ where = false, returning } = {}) =>
      act(`delete${suffix({ where, returning })}`, 'delete', async () => {
        const tail = tailOf(returningOf(returning));
        if (!where) {
          return sweep(`delete from ${table} t${tail}`, [], (party) =>
            party.delete(returning === undefined ? {} : { returning }),
          );
        }
        const { where: condition, values } = among(stance.targets, 1);
        return reached(
          await countOrConflict(session.app, `delete from ${table} t where ${condition}${tail}`, values),
        );
      }),
  };

  async function updateOrRefusal(
    set: Statement,
    where: boolean,
    returning: boolean | undefined,
  ): Promise<Outcome> {
    return session
      .undone(async () => {
        await stance.become();
        return updateWith(set, where, returning);
      })
      .catch(fromError);
  }

  async function updateWith(
    set: Statement,
    where: boolean,
    returning: boolean | undefined,
  ): Promise<Outcome> {
    const tail = tailOf(returningOf(returning));
    if (!where) {
      return sweep(`update ${table} t set ${set.sql}${tail}`, set.values, (party) =>
        party.update(returning === undefined ? {} : { returning }),
      );
    }
    const { where: condition, values } = among(stance.targets, set.values.length + 1);
    const sql = `update ${table} t set ${set.sql} where ${condition}${tail}`;
    return reached(await countOrConflict(session.app, sql, [...set.values, ...values]));
  }
}

function suffix({ where, returning }: { where?: boolean; returning?: boolean | undefined }): string {
  return `${where === undefined ? '' : where ? ' by key' : ' everything'}${returning === true ? ', returning' : ''}`;
}

function tailOf(returning: readonly string[]): string {
  return returning.length === 0 ? '' : ` returning ${selectText('t', returning)}`;
}

async function attempt(
  { session, become, actor, tie, missing }: Stance,
  act: string,
  command: Command,
  work: () => Promise<Outcome>,
): Promise<Attempt> {
  const trigger = reachesOutside(tie.relation, command);
  const obstacle =
    trigger === null
      ? missing
      : `trigger ${trigger.name} reaches outside of the database, so it is not fired`;
  const tried = async (): Promise<Outcome> => {
    await become();
    return work();
  };
  const { result, detail } =
    obstacle === null ? await session.undone(tried).catch(fromError) : broken(obstacle);
  return { act, actor, method: 'attack', result, detail };
}

/** Not permitted; not a value of the tenant's type; no such setting. The policies did the refusing. */
const turnedDown = new Set(['42501', '22P02', '42704']);

function fromError(error: unknown): Outcome {
  if (!(error instanceof SqlError)) throw error;
  return turnedDown.has(error.state) ? { result: 'refused', detail: error.state } : broken(error.state);
}

function broken(detail: string): Outcome {
  return { result: 'broken', detail };
}

function rows(count: number): Outcome {
  if (count === 0) return { result: 'refused', detail: '0 rows' };
  return { result: 'done', detail: count === 1 ? '1 row' : `${count} rows` };
}

type Count = number | 'conflict';

/** Row security is asked before constraints are: a conflict shows that the act had got past it. */
function reached(count: Count): Outcome {
  return count === 'conflict'
    ? { result: 'done', detail: 'past row security, then a constraint' }
    : rows(count);
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

async function countOrConflict(
  app: AttackSession['app'],
  sql: string,
  values: readonly unknown[],
): Promise<Count> {
  try {
    return await app.touched(sql, values);
  } catch (error) {
    if (!(error instanceof SqlError && error.state.startsWith('23'))) throw error;
    // The transaction goes on from where the act began.
    await app.rows('rollback to savepoint surety');
    return 'conflict';
  }
}

async function readAll(stance: Stance, keyNames: readonly string[]): Promise<Outcome> {
  const { session, tie, isOwner, targets } = stance;
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
  const beyond = stance.allowance === null ? 0 : count - stance.allowance;
  return rows(Math.max(0, beyond, found, await stance.foreignAmong(seen)));
}

function readable(relation: CatalogRelation, keyNames: readonly string[]): readonly string[] {
  const columns = relation.columns.filter(({ grants }) => grants.includes('select'));
  const key = columns.filter(({ name }) => keyNames.includes(name));
  return (key.length > 0 ? key : columns).slice(0, 1).map(({ name }) => name);
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
