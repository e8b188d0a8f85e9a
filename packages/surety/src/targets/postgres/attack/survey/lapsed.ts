import type { See } from '../../../../core/see.ts';
import { quoted, quotedRelation } from '../../name.ts';
import type { Lapse } from '../../tenancy/tenancy.ts';
import type { AttackSession } from '../attack-session.ts';
import { apart } from './answers.ts';
import type { Field } from './beyond.ts';
import { asEveryTenant, type OfTenants } from './every-tenant.ts';

/** What those read whose membership is over, or not yet accepted. */
export type Lapsed = {
  /** `user_spaces.status`, as people write it. */
  readonly what: string;
  readonly members: number;
  readonly seen: OfTenants;
};

const most = 6;

/** Members by each table of memberships that says who does not count. What lies below a scope, not its own name. */
export async function asLapsedMembers(session: AttackSession, field: Field): Promise<readonly Lapsed[]> {
  const { lapses, countedTies, people } = session.tenancy;
  // A group is no member: who acts for it is not for the database to say.
  if (!people) return [];
  const ties = field.ties.flatMap(({ relation, links, isMembership }) => {
    const tie = countedTies.get(relation.oid);
    return tie === undefined || isMembership || links.length === 0 ? [] : [tie];
  });
  const all: Lapsed[] = [];
  for (const lapse of new Map(lapses.map((one) => [one.membership.table.oid, one])).values()) {
    const members = await membersOf(session, lapse);
    if (members.length === 0) continue;
    const seen = await asEveryTenant(session, { ...field, ties }, members);
    const columns = lapse.columns.map((column) => `${lapse.membership.table}.${column}`);
    all.push({ what: columns.join(', '), members: members.length, seen });
  }
  return all;
}

async function membersOf({ inspector, mayRead }: AttackSession, lapse: Lapse): Promise<readonly string[]> {
  const { table, tenant } = lapse.membership;
  const [column = ''] = tenant.columns;
  if (inspector === null || ![column, ...lapse.columns].every((name) => mayRead(table, name))) return [];
  const who = `m.${quoted(column)}`;
  const sql = `select distinct ${who}::text as key from ${quotedRelation(table)} m
    where ${who} is not null and ${lapse.lapsed('m')} limit ${most}`;
  return (await apart<{ key: string }>(inspector, sql)).map(({ key }) => key);
}

/** Says what they read that is theirs by nothing else; `known` is what every tenant reads anyway. */
export function seeLapsed(
  lapsed: readonly Lapsed[],
  known: ReadonlyMap<number, number>,
  tables: ReadonlyMap<number, string>,
  see: See,
): void {
  for (const { what, members, seen } of lapsed) {
    const beyond = [...seen.beyond].filter(([oid]) => !known.has(oid));
    see.must(`${what}: members who do not count read every table`, beyond.length === 0, {
      method: 'attack',
      want: 'no rows beyond what counts',
      got:
        beyond.length === 0
          ? `no rows beyond what counts, as ${members} of them`
          : `more in ${beyond.map(([oid, rows]) => `${tables.get(oid) ?? oid} (up to ${rows} rows)`).join(', ')}`,
      hint: `let policies ask for ${what}`,
    });
    for (const [oid, state] of seen.failed) {
      const missing = `the server answered with ${state}`;
      see.blind(`${tables.get(oid) ?? oid}: members who do not count read it`, missing, { method: 'attack' });
    }
  }
}
