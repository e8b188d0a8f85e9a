import { freshValue } from '../attack/rows.ts';
import type { Connection } from '../connection.ts';
import { SqlError } from '../sql-error.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { TwoTenants } from '../tenancy/tenants.ts';

/** The inspector inside a read-only transaction, and two tenants to try policies on. */
export type Judge = { readonly inspector: Connection; readonly tenants: TwoTenants };

/** Asked once for each tenant: an expression of type boolean, in which `$1` is the tenant as text. */
export type Question = { readonly id: string; readonly sql: string };

/** By question: whether it is true for any tenant; `null` where it could not be asked for some and is true for none. */
export type Answers = ReadonlyMap<string, boolean | null>;

/** Few enough that one that fails costs little, many enough that thousands of tables take seconds. */
const batch = 40;
/** A question that takes longer is one that could not be asked. */
const millis = 5_000;

/** Asks as each of two tenants, as one that does not exist, and as none at all. */
export async function ask(
  { inspector, tenants }: Judge,
  tenancy: Tenancy,
  questions: readonly Question[],
): Promise<Answers> {
  const answers = new Map<string, boolean | null>();
  for (const tenant of [tenants.owner, tenants.thief, freshValue(tenancy.key), '']) {
    for (let from = 0; from < questions.length; from += batch) {
      const some = questions.slice(from, from + batch);
      for (const [id, answer] of await askSome(inspector, tenancy.setting, tenant, some)) {
        const before = answers.get(id);
        answers.set(id, before === true || answer === true ? true : before === null ? null : answer);
      }
    }
  }
  return answers;
}

async function askSome(
  inspector: Connection,
  setting: string,
  tenant: string,
  questions: readonly Question[],
): Promise<readonly (readonly [string, boolean | null])[]> {
  const columns = questions.map(({ sql }, index) => `(${sql}) as a${index}`);
  const row = await rowOrNull(inspector, setting, tenant, `select $1::text as tenant, ${columns.join(', ')}`);
  if (row !== null)
    return questions.map(({ id }, index) => [
      id,
      typeof row[`a${index}`] === 'boolean' ? row[`a${index}`] === true : null,
    ]);
  // One of them cannot be asked; which one shows when they are asked by themselves.
  if (questions.length === 1) return questions.map(({ id }) => [id, null]);
  const half = Math.ceil(questions.length / 2);
  return [
    ...(await askSome(inspector, setting, tenant, questions.slice(0, half))),
    ...(await askSome(inspector, setting, tenant, questions.slice(half))),
  ];
}

async function rowOrNull(
  inspector: Connection,
  setting: string,
  tenant: string,
  sql: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  await inspector.rows('savepoint surety_judge');
  try {
    await inspector.rows("select set_config($1, $2, true), set_config('statement_timeout', $3, true)", [
      setting,
      tenant,
      String(millis),
    ]);
    const [row] = await inspector.rows<Record<string, unknown>>(sql, [tenant]);
    return row ?? null;
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  } finally {
    await inspector.rows('rollback to savepoint surety_judge');
  }
}
