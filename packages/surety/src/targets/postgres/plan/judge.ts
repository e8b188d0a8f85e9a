import { freshValue } from '../attack/rows.ts';
import type { Connection } from '../connection.ts';
import { literal } from '../name.ts';
import { takenBack } from '../savepoint.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';

/** The inspector inside a read-only transaction, and tenants to try policies as: two that share nothing, and one of each kind. */
export type Judge = { readonly inspector: Connection; readonly tenants: readonly string[] };

/** Asked once for each tenant: an expression of type boolean, in which `$1` is the tenant as text. */
export type Question = {
  readonly id: string;
  readonly sql: string;
  /** What a plan that is kept would answer for the tenant it was made for. */
  readonly frozen: boolean;
};

/** By question: whether it is true for any tenant; `null` where it could not be asked for some and is true for none. */
export type Answers = ReadonlyMap<string, boolean | null>;

/** Few enough that one that fails costs little, many enough that thousands of tables take seconds. */
const batch = 40;
/** A question that takes longer is one that could not be asked. */
const millis = 5_000;

/** Asks as each of the tenants, as one that does not exist, and as none at all. */
export async function ask(
  { inspector, tenants }: Judge,
  tenancy: Tenancy,
  questions: readonly Question[],
): Promise<Answers> {
  const who = {
    inspector,
    setting: tenancy.setting,
    tenants: [...tenants, freshValue(tenancy.key), ''],
  };
  const frozen = questions.filter((question) => question.frozen);
  const others = questions.filter((question) => !question.frozen);
  const answers = new Map<string, boolean | null>();
  for (let from = 0; from < others.length; from += batch) {
    for (const [id, answer] of await askSome(who, others.slice(from, from + batch))) answers.set(id, answer);
  }
  for (const question of frozen) answers.set(...(await askOne(who, question)));
  return answers;
}

type Who = {
  readonly inspector: Connection;
  readonly setting: string;
  readonly tenants: readonly string[];
};

type Answer = readonly [id: string, answer: boolean | null];

/** Planned once and asked for each tenant. Where one cannot be asked, which one shows when they are asked by halves. */
async function askSome(who: Who, questions: readonly Question[]): Promise<readonly Answer[]> {
  const rows = await rowsOrNull(who, questions, true);
  if (rows !== null)
    return questions.map(({ id }, index): Answer => [id, anyOf(rows.map((row) => row[`a${index}`]))]);
  const [first, second] = questions;
  if (first === undefined) return [];
  if (second === undefined) return [await askOne(who, first)];
  const half = Math.ceil(questions.length / 2);
  return [...(await askSome(who, questions.slice(0, half))), ...(await askSome(who, questions.slice(half)))];
}

/** What it is for some tenants may be told where the server says no for others. */
async function askOne(who: Who, question: Question): Promise<Answer> {
  const answers: (boolean | null)[] = [];
  for (const tenant of who.tenants) {
    const rows = await rowsOrNull({ ...who, tenants: [tenant] }, [question], false);
    answers.push(rows === null ? null : anyOf(rows.map((row) => row.a0)));
  }
  return [question.id, anyOf(answers)];
}

function anyOf(answers: readonly unknown[]): boolean | null {
  if (answers.includes(true)) return true;
  return answers.every((answer) => answer === false) ? false : null;
}

const name = 'surety_question';

/** One row for each tenant, or `null` where the server said no to any. */
async function rowsOrNull(
  { inspector, setting, tenants }: Who,
  questions: readonly Question[],
  once: boolean,
): Promise<readonly Readonly<Record<string, unknown>>[] | null> {
  const columns = questions.map(({ sql }, index) => `(${sql}) as a${index}`);
  const text = `select $1::text as tenant, ${columns.join(', ')}`;
  const rows: Readonly<Record<string, unknown>>[] = [];
  let prepared = false;
  try {
    return await takenBack(inspector, async () => {
      await inspector.rows(
        "select set_config('statement_timeout', $1, true), set_config('plan_cache_mode', 'force_generic_plan', true)",
        [String(millis)],
      );
      // Functions keep plans of their own, and with them what an IMMUTABLE one said for the last tenant.
      if (questions.some(({ frozen }) => frozen)) await inspector.rows('discard plans');
      if (once) {
        await inspector.rows(`prepare ${name}(text) as ${text}`);
        prepared = true;
      }
      for (const tenant of tenants) {
        await inspector.rows('select set_config($1, $2, true)', [setting, tenant]);
        rows.push(
          ...(await (once
            ? inspector.rows<Record<string, unknown>>(`execute ${name}(${literal(tenant)})`)
            : inspector.rows<Record<string, unknown>>(text, [tenant]))),
        );
      }
      return rows;
    });
  } finally {
    // A prepared statement outlives the savepoint.
    if (prepared) await inspector.rows(`deallocate ${name}`);
  }
}
