import type { Attempt } from '@surety/evidence';
import { quotedRelation } from '../name.ts';
import type { ActName } from './matrix.ts';
import { broken, countOrConflict, fromError, type Outcome, reached, rows } from './outcome.ts';
import type { Statement } from './rows.ts';
import type { Stance } from './stance.ts';
import { among, joined, plainChanges, returningOf, setOf } from './statements.ts';

/** An act that cannot be hurried after all. */
export class SlowError extends Error {}

/** How a statement names its rows: by their keys, by joining with a list of them, or not at all. */
export type How = { readonly rows: 'by key' | 'joined' | 'all'; readonly returning: boolean };

/** A change of the columns in `set`, numbered from 1, in one of the ways to write it. */
type Change = (set: Statement) => Promise<Outcome>;

export async function update(stance: Stance, name: ActName, how: How): Promise<Outcome> {
  return firstAllowed(stance, name, how.rows === 'all', (set) => updateWith(stance, name, set, how));
}

/** One row: of those it sees, MERGE refuses the whole statement for one that it may not change. */
export async function mergeUpdate(stance: Stance, name: ActName): Promise<Outcome> {
  const one = { ...stance, targets: stance.targets.slice(0, 1) };
  return firstAllowed(stance, name, false, async (set) => {
    const { list, on, values } = joined(one, set.values.length + 1);
    const merge = `merge into ${quotedRelation(stance.tie.relation)} t using ${list} on ${on}
      when matched then update set ${set.sql}`;
    return reached(await countOrConflict(stance.session.app, merge, [...set.values, ...values]));
  });
}

/** A check may refuse one column's new value and let another's pass: all are tried. */
async function firstAllowed(
  stance: Stance,
  name: ActName,
  sweeping: boolean,
  change: Change,
): Promise<Outcome> {
  const [first, ...others] = plainChanges(stance.tie, stance.targets[0] ?? null);
  if (first === undefined) return broken('no column that the role may change');
  const tried = (set: Statement): Promise<Outcome> =>
    stance.session.tried(stance.become, () => change(set)).catch(fromError);
  const outcome = await (stance.hurried ? change(first).catch(fromError) : tried(first));
  const mayChange = stance.tie.relation.grants.includes('update');
  if (stance.isOwner || outcome.detail !== '42501' || !mayChange) return outcome;
  if (stance.hurried) throw new SlowError();
  for (const other of others) {
    const next = await tried(other);
    if (next.detail !== '42501') return next;
  }
  return (await reachedByStranger(stance, name, sweeping)) ?? outcome;
}

/**
 * Its own rows may be what a check refused. Somebody who owns nothing, where nobody's rows lie about either,
 * gets `42501` only for rows of others, which the policy should not have let him reach.
 */
async function reachedByStranger(stance: Stance, name: ActName, sweeping: boolean): Promise<Outcome | null> {
  if (!sweeping || !stance.tie.relation.grants.includes('update')) return null;
  if (stance.ownsNothing) return stance.allowance === 0 ? rowsThenCheck : null;
  const outcome = stance.stranger === null ? null : await stance.stranger().try(name);
  return outcome?.result === 'done' ? outcome : null;
}

const rowsThenCheck: Outcome = { result: 'done', detail: 'reached rows of others, then a check' };

/** Makes the owner's rows one's own: the values are its own, and so are those a check would ask for. */
export async function take(stance: Stance, name: ActName): Promise<Outcome> {
  if (stance.mine === null) return broken('no values that would make a row its own');
  const set = setOf(stance.tie.relation, stance.tie.columns, stance.mine);
  return updateWith(stance, name, set, { rows: 'all', returning: false });
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

async function updateWith(stance: Stance, name: ActName, set: Statement, how: How): Promise<Outcome> {
  const { relation } = stance.tie;
  const statement = `update ${quotedRelation(relation)} t set ${set.sql}`;
  const tail = returningOf(relation, how.returning);
  if (how.rows === 'all') return sweep(stance, name, `${statement}${tail}`, set.values);
  const { where, values } = rowsOfOwner(stance, how.rows, 'from', set.values.length + 1);
  const all = [...set.values, ...values];
  return reached(await countOrConflict(stance.session.app, `${statement} ${where}${tail}`, all));
}

export async function remove(stance: Stance, name: ActName, how: How): Promise<Outcome> {
  const { relation } = stance.tie;
  const statement = `delete from ${quotedRelation(relation)} t`;
  const tail = returningOf(relation, how.returning);
  if (how.rows === 'all') return sweep(stance, name, `${statement}${tail}`, []);
  const { where, values } = rowsOfOwner(stance, how.rows, 'using', 1);
  return reached(await countOrConflict(stance.session.app, `${statement} ${where}${tail}`, values));
}

export async function mergeDelete(stance: Stance, named: 'matched' | 'not matched'): Promise<Outcome> {
  const one = { ...stance, targets: stance.targets.slice(0, 1) };
  const into = `merge into ${quotedRelation(stance.tie.relation)} t`;
  if (named === 'matched') {
    const { list, on, values } = joined(one, 1);
    const merge = `${into} using ${list} on ${on} when matched then delete`;
    return reached(await countOrConflict(stance.session.app, merge, values));
  }
  const { condition, values } = among(one, 1);
  const merge = `${into} using (values (1)) as s (one) on false
    when not matched by source and ${condition} then delete`;
  return reached(await countOrConflict(stance.session.app, merge, values));
}

function rowsOfOwner(stance: Stance, by: 'by key' | 'joined', keyword: string, first: number) {
  if (by === 'by key') {
    const { condition, values } = among(stance, first);
    return { where: `where ${condition}`, values };
  }
  const { list, on, values } = joined(stance, first);
  return { where: `${keyword} ${list} where ${on}`, values };
}

/**
 * A statement without WHERE touches whatever the policies let it. Of another tenant it counts what is beyond
 * its own rows and nobody's. Where its own rows run into a constraint, somebody without rows tries it instead.
 */
async function sweep(
  stance: Stance,
  name: ActName,
  sql: string,
  values: readonly unknown[],
): Promise<Outcome> {
  const touched = await countOrConflict(stance.session.app, sql, values);
  if (stance.isOwner || touched === 0) return reached(touched);
  if (touched === 'conflict') {
    const instead: Attempt | null = stance.stranger === null ? null : await stance.stranger().try(name);
    return instead ?? reached(touched);
  }
  const beyond = stance.allowance === null ? 0 : touched - stance.allowance;
  const lost = stance.lost === null ? 0 : await stance.lost();
  const known = stance.allowance !== null || stance.lost !== null;
  return rows(known ? Math.max(0, beyond, lost) : touched);
}
