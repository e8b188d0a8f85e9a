import { quotedRelation } from '../name.ts';
import type { Looked } from './candidates.ts';
import type { Tenancy, Tie } from './tenancy.ts';
import type { Readable, TwoTenants } from './tenants.ts';

const together = 30;

/** Whether no scope belongs to both; `null` where the server did not say in time. */
export async function sharesNothing(
  look: Looked,
  tenancy: Tenancy,
  readable: Readable,
  { owner, thief }: TwoTenants,
): Promise<boolean | null> {
  const { type } = tenancy.key;
  const tests = scopesOf(tenancy, readable).map(
    ({ relation, belongsTo }) =>
      `exists (select from ${quotedRelation(relation)} t
       where ${belongsTo('t', `$1::${type}`)} and ${belongsTo('t', `$2::${type}`)})`,
  );
  for (let start = 0; start < tests.length; start += together) {
    const rows = await look<{ shared: boolean }>(
      `select ${tests.slice(start, start + together).join(' or ')} as shared`,
      [owner, thief],
    );
    if (rows === null) return null;
    if (rows[0]?.shared !== false) return false;
  }
  return true;
}

/** What memberships share; and those themselves, where what they share cannot be read. */
function scopesOf({ ties, root }: Tenancy, readable: Readable): readonly Tie[] {
  const scopes = [...ties.values()].filter(
    ({ relation, links }) => relation.oid !== root.oid && links.length === 0 && readable.has(relation.oid),
  );
  const seen = new Set(scopes.map(({ relation }) => relation.oid));
  const memberships = [...ties.values()].filter(
    ({ relation, links, isMembership }) =>
      isMembership && readable.has(relation.oid) && !links.every(({ to }) => seen.has(to.oid)),
  );
  return [...scopes, ...memberships];
}
