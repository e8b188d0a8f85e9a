import type { CatalogRelation } from '../../catalog/catalog.ts';
import { literal, quoted, quotedRelation } from '../../name.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import type { AttackSession } from '../attack-session.ts';
import type { Row } from '../rows.ts';
import { plant } from '../two-tenants.ts';
import { type Answers, answersTo } from './answers.ts';

/** What one way of asking showed of the tables. */
export type Seen = {
  /** By oid: rows beyond those that are for the tenant to see. */
  readonly beyond: ReadonlyMap<number, number>;
  /** By oid: the SQLSTATE with which the server answered instead. */
  readonly failed: ReadonlyMap<number, string>;
};

/** What is read: tables with rows, and by oid the row of the owner where there was none. */
export type Field = { readonly ties: readonly Tie[]; readonly planted: ReadonlyMap<number, Row> };

/** Plants a row of the owner in each table that has none, so that there is something to see. */
export async function fieldOf(session: AttackSession, ties: readonly Tie[], owner: string): Promise<Field> {
  const { inspector } = session;
  if (inspector === null) return { ties, planted: new Map() };
  const { given } = await answersTo(
    inspector,
    ties.map(({ relation }) => ({
      oid: relation.oid,
      sql: `select exists (select from ${quotedRelation(relation)})`,
    })),
  );
  const isEmpty = ({ relation }: Tie): boolean => given.get(relation.oid) === 'false';
  const planted = new Map<number, Row>();
  for (const tie of ties.filter(isEmpty)) {
    const [row] = (await plant(session, session, tie, owner)).rows;
    if (row !== undefined) planted.set(tie.relation.oid, row);
  }
  return { ties: ties.filter((tie) => !isEmpty(tie) || planted.has(tie.relation.oid)), planted };
}

/** How many rows each table has for this tenant to see: its own, those shared with it, and nobody's. */
export async function shownTo(
  { inspector, tenancy }: AttackSession,
  { ties, planted }: Field,
  tenant: string,
): Promise<Answers> {
  if (inspector === null) return { given: new Map(), failed: new Map() };
  const questions = ties.map(({ relation, owned, shown }) => {
    const where = `(${owned('t')}) is not true or ${shown('t', `$1::${tenancy.key.type}`)}`;
    const row = planted.get(relation.oid);
    const from = row === undefined ? quotedRelation(relation) : `(select ${writtenOut(relation, row)})`;
    return { oid: relation.oid, sql: `select count(*) from ${from} t where ${where}` };
  });
  return answersTo(inspector, questions, [tenant]);
}

/** A planted row, which only the application's session sees, for the inspector. */
function writtenOut({ columns }: CatalogRelation, row: Row): string {
  const value = (name: string): string => {
    const text = row.get(name) ?? null;
    return text === null ? 'null' : literal(text);
  };
  return columns.map(({ name, type }) => `${value(name)}::${type} as ${quoted(name)}`).join(', ');
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
