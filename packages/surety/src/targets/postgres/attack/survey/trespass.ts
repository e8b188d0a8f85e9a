import { SqlError } from '../../sql-error.ts';
import type { AttackSession } from '../attack-session.ts';
import type { Statement } from '../rows.ts';

/** What one tenant wrote, and what another then saw of it. */
export type Trespass = {
  /** `payments.account_id names a row of the owner`, `templates: adds a row of nobody` */
  readonly what: string;
  /** `unclear`: nothing says whether it could have been done. */
  readonly result: 'seen' | 'kept' | 'unclear';
  readonly detail: string;
  readonly hint: string;
};

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
