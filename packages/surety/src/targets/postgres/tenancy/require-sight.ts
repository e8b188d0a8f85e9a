import { BlindError } from '../../../core/error.ts';

type Ask = (sql: string, values: readonly unknown[]) => Promise<readonly { readonly hidden: number }[]>;

/**
 * Rows that row security hides from the inspector would look deleted, nobody's, or too few.
 *
 * @param ask as the inspector
 * @throws {BlindError} `postgres/inspector-bound`
 */
export async function requireSight(ask: Ask, oids: readonly number[]): Promise<void> {
  const [row] = await ask(
    'select count(*)::int as hidden from unnest($1::oid[]) as t(oid) where row_security_active(t.oid)',
    [oids],
  );
  if (row?.hidden === 0) return;
  throw new BlindError(
    'postgres/inspector-bound',
    `row security hides rows of ${row?.hidden ?? 'some'} tables from the inspector`,
    'let the inspector be a role with BYPASSRLS that owns nothing and that the application never uses',
  );
}
