import { quoted, quotedRelation } from '../../name.ts';
import type { TwoTenants } from '../../tenancy/tenants.ts';
import type { AttackSession } from '../attack-session.ts';
import { apart } from './answers.ts';
import { beyondOf, type Field, type Seen, seenNow, shownTo } from './beyond.ts';
import type { Insight, Namer } from './namers.ts';

const most = 24;
/** Tenants that nothing tells apart: more of them would only say the same again. */
const plain = 6;

/** Tenants of every kind that the data and the code tell apart, and some more. */
export async function kindsOfTenants(
  session: Insight,
  namers: readonly Namer[],
  named: readonly string[],
  { owner, thief }: TwoTenants,
): Promise<readonly string[]> {
  const { inspector, tenancy } = session;
  if (inspector === null) return [];
  const key = quoted(tenancy.key.name);
  const first = await apart<{ key: string }>(
    inspector,
    `select ${key}::text as key from ${quotedRelation(tenancy.root)} order by ${key} limit ${plain}`,
  );
  const ofKinds = namers.flatMap(({ traits, tenants }) => [
    ...tenants,
    ...traits.flatMap((trait) => trait.tenants),
  ]);
  const all = [...named, ...ofKinds, thief, owner, ...first.map((row) => row.key)];
  return [...new Set(all)].slice(0, most);
}

export type OfTenants = Seen & {
  /** By oid: as how many of the tenants rows were beyond. */
  readonly tenants: ReadonlyMap<number, number>;
};

/** Each of the tenants reads every table whole. */
export async function asEveryTenant(
  session: AttackSession,
  { ties, planted }: Field,
  tenants: readonly string[],
): Promise<OfTenants> {
  const beyond = new Map<number, number>();
  const failed = new Map<number, string>();
  const counted = new Map<number, number>();
  for (const tenant of tenants) {
    // What failed once is not asked of every other tenant as well: it may be slow, or locked.
    const open = ties.filter(({ relation }) => !failed.has(relation.oid));
    const [seen, shown] = await Promise.all([
      session.tried(
        () => session.become(tenant),
        () => seenNow(session, open),
      ),
      shownTo(session, { ties: open, planted }, tenant),
    ]);
    const more = beyondOf(seen, shown);
    for (const [oid, state] of more.failed) failed.set(oid, state);
    for (const [oid, count] of more.beyond) {
      beyond.set(oid, Math.max(count, beyond.get(oid) ?? 0));
      counted.set(oid, (counted.get(oid) ?? 0) + 1);
    }
  }
  return { beyond, failed, tenants: counted };
}
