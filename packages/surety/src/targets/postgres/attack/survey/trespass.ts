import { SqlError } from '../../sql-error.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import type { TwoTenants } from '../../tenancy/tenants.ts';
import type { AttackSession } from '../attack-session.ts';
import type { Statement } from '../rows.ts';
import { foreignParents } from './foreign-parents.ts';
import { sharedRows } from './shared-rows.ts';

/** What one tenant wrote, and what another then saw of it. */
export type Trespass = {
  /** `payments.account_id names a row of the owner`, `templates: adds a row of nobody` */
  readonly what: string;
  /** `unclear`: nothing says whether it could have been done. */
  readonly result: 'seen' | 'kept' | 'unclear';
  readonly detail: string;
  readonly hint: string;
};

/** A tenant's own writes that reach what another sees: by a parent that is the other's, or by rows that are everybody's. */
export async function trespassesOf(
  session: AttackSession,
  ties: readonly Tie[],
  tenants: TwoTenants,
): Promise<readonly Trespass[]> {
  const trespasses = await seenBy(session, async () => {
    // A deferred constraint would answer when nobody listens any more.
    await session.app.rows('set constraints all immediate');
    const found: Trespass[] = [];
    for (const tie of ties) {
      found.push(...(await foreignParents(session, tie, tenants)));
      found.push(...(await sharedRows(session, tie, tenants)));
    }
    return found;
  });
  if (typeof trespasses !== 'string') return trespasses;
  return [
    {
      what: 'other tenant writes rows of its own and of nobody',
      result: 'unclear',
      detail: `the server answered with ${trespasses}`,
      hint: 'look at deferred constraints and triggers',
    },
  ];
}

/** A tenant writes, and somebody looks; `null` where it changed no row, the SQLSTATE where the server said no. */
export async function writtenAs<T>(
  session: AttackSession,
  tenant: string,
  { sql, values }: Statement,
  look: () => Promise<T>,
): Promise<T | string | null> {
  try {
    return await session.undone(async () => {
      await session.become(tenant);
      const touched = await session.app.touched(sql, values);
      return touched === 0 ? null : look();
    });
  } catch (error) {
    if (error instanceof SqlError) return error.state;
    throw error;
  }
}

/** What somebody sees as it is; the SQLSTATE where the server does not show it. */
export async function seenBy<T>(session: AttackSession, look: () => Promise<T>): Promise<T | string> {
  try {
    return await session.undone(look);
  } catch (error) {
    if (error instanceof SqlError) return error.state;
    throw error;
  }
}
