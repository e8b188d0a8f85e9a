import { BlindError, SuretyError } from '../../core/error.ts';
import { addAmcheck, checkStorage } from '../integrity.ts';
import { withSession } from '../session.ts';
import type { Copy } from './copy.ts';
import { roleOf } from './transactions.ts';

const who = 'the copy';

/**
 * amcheck of every database: a copy of pages brings the faults of the source along, which a restored dump would hide.
 *
 * @throws {SuretyError} `physical/faults` naming the first one
 */
export async function checkCopy(
  copy: Copy,
  { url, signal }: { readonly url: string; readonly signal: AbortSignal },
): Promise<{ readonly fact: string; readonly value: null }> {
  const { superuser, databases } = await whatIsThere(copy, url, signal);
  const counted = { indexes: 0, tables: 0 };
  const faults: string[] = [];
  for (const database of databases) {
    const session = { url: copy.url(superuser, database), who, signal };
    const found = await withSession(session, async (client) => {
      // Event triggers of the copy have no say here.
      await client.query('set session_replication_role = replica');
      return checkStorage(client, await addAmcheck(client), signal);
    });
    counted.indexes += found.indexes;
    counted.tables += found.tables;
    faults.push(...found.faults.map(({ relation, fact }) => `${database}: ${relation}: ${fact}`));
  }
  if (faults.length > 0)
    throw new SuretyError(
      'physical/faults',
      `${faults[0]}; ${faults.length} relations in all`,
      'amcheck the source: the fault may be there as well',
    );
  if (counted.tables === 0)
    throw new BlindError(
      'physical/nothing-checked',
      'there was nothing to check',
      'look at the copy by hand',
    );
  return { fact: `${counted.indexes} indexes and ${counted.tables} tables without a fault`, value: null };
}

async function whatIsThere(
  copy: Copy,
  url: string,
  signal: AbortSignal,
): Promise<{ readonly superuser: string; readonly databases: readonly string[] }> {
  return withSession({ url: copy.url(roleOf(url), 'template1'), who, signal }, async (client) => {
    const { rows } = await client.query<{ superuser: string; databases: readonly string[] }>(`
      select (select rolname::text from pg_catalog.pg_roles where oid = 10) as superuser,
        array(select datname::text from pg_catalog.pg_database where datallowconn order by 1) as databases`);
    return rows[0] ?? { superuser: 'postgres', databases: [] };
  });
}
