import { quotedRelation } from '../../name.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import type { AttackSession } from '../attack-session.ts';
import { type Answers, answersTo } from './answers.ts';

/** What one way of asking showed of the tables. */
export type Seen = {
  /** By oid: rows beyond those that are for the tenant to see. */
  readonly beyond: ReadonlyMap<number, number>;
  /** By oid: the SQLSTATE with which the server answered instead. */
  readonly failed: ReadonlyMap<number, string>;
};

/** How many rows each table has for this tenant to see: its own, those shared with it, and nobody's. */
export async function shownTo(
  session: AttackSession,
  ties: readonly Tie[],
  tenant: string,
): Promise<Answers> {
  const { inspector, tenancy } = session;
  if (inspector === null) return { given: new Map(), failed: new Map() };
  const questions = ties.map(({ relation, owned, shown }) => ({
    oid: relation.oid,
    sql: `select count(*) from ${quotedRelation(relation)} t
      where (${owned('t')}) is not true or ${shown('t', `$1::${tenancy.key.type}`)}`,
  }));
  return answersTo(inspector, questions, [tenant]);
}

/** How many rows each table shows to the session as it is. */
export async function seenNow({ app }: AttackSession, ties: readonly Tie[]): Promise<Answers> {
  return answersTo(
    app,
    ties.map(({ relation }) => ({
      oid: relation.oid,
      sql: `select count(*) from ${quotedRelation(relation)}`,
    })),
  );
}

export function beyondOf(seen: Answers, shown: Answers): Seen {
  const beyond = [...seen.given].flatMap(([oid, count]): readonly [number, number][] => {
    const own = shown.given.get(oid);
    const more = own === undefined ? 0 : Number(count) - Number(own);
    return more > 0 ? [[oid, more]] : [];
  });
  return { beyond: new Map(beyond), failed: new Map([...shown.failed, ...seen.failed]) };
}
