import type { AttackSession } from '../attack/attack-session.ts';
import { SqlError } from '../sql-error.ts';
import type { TwoTenants } from '../tenancy/tenants.ts';
import { type Call, callsOf } from './arguments.ts';
import type { Callable } from './functions.ts';
import type { Lawful } from './lawful.ts';
import { allMarks, type Marks } from './marks.ts';
import { anywhere } from './search-sql.ts';

/** What calling a function as both tenants came to. */
export type Trial =
  /** The other tenant learnt something of the owner's: how. */
  | { readonly result: 'shown'; readonly how: string }
  /** The owner learnt something by a call, and the other tenant nothing by the same. */
  | { readonly result: 'kept'; readonly how: string }
  /** One exact name finds that tenant itself, as signing in must; nothing less finds anything. */
  | { readonly result: 'lookup' }
  /** Nobody learnt anything. */
  | { readonly result: 'silent' }
  | { readonly result: 'uncalled'; readonly why: string };

type Answer = { readonly rows: number; readonly marked: number; readonly digest: string };

const callMillis = 2_000;

/** Calls one function as the owner, as the other tenant, and for things that nobody has. Every call is taken back. */
export async function tryFunction(
  session: AttackSession,
  callable: Callable,
  { owner, thief }: TwoTenants,
  marks: Marks,
  isLawful: Lawful,
): Promise<Trial> {
  if (callable.obstacle !== null) return { result: 'uncalled', why: callable.obstacle };
  const calls = callsOf(callable, marks, owner);
  if (calls === null) return { result: 'uncalled', why: 'nobody knows what to give it' };
  const ask = (tenant: string, values: readonly string[]) => answer(session, callable, tenant, values, marks);
  let kept: string | null = null;
  let lookup = false;
  for (const call of calls) {
    const other = await ask(thief, call.values);
    const nobodys = callable.looks ? await steadyStranger(call, thief, ask) : null;
    const marked = other !== null && other.marked > 0;
    const told = marked || (other !== null && nobodys !== null && other.digest !== nobodys);
    const seen = marked ? await marksIn(session, callable, thief, call.values, marks) : [];
    if (told && !(marked && (await isLawful(seen)))) {
      if (!isLookup(call, other, seen, marks)) return { result: 'shown', how: howShown(call, marked, other) };
      lookup = true;
      continue;
    }
    const own = await ask(owner, call.values);
    if (own === null) continue;
    if (own.marked > 0) kept = `${own.rows} rows for the owner`;
    else if (nobodys !== null && own.digest !== nobodys && other?.digest === nobodys) {
      kept = 'another answer for the owner';
    }
  }
  if (lookup) return { result: 'lookup' };
  return kept === null ? { result: 'silent' } : { result: 'kept', how: kept };
}

/** Somebody who gives a tenant's exact name may find that one tenant, and nothing else of it. */
function isLookup({ knows }: Call, other: Answer, seen: readonly string[], { ofTenant }: Marks): boolean {
  return knows === 'name' && other.rows <= 1 && seen.every((value) => ofTenant.has(value));
}

function howShown({ knows }: Call, marked: boolean, { rows }: Answer): string {
  const given = {
    nothing: 'knowing nothing',
    key: 'given a key of the owner',
    name: 'given a name of the owner',
  }[knows];
  const what = marked ? `rows of the owner, among ${rows}` : 'another answer than for what nobody has';
  return `${given}: ${what}`;
}

type Ask = (tenant: string, values: readonly string[]) => Promise<Answer | null>;

/** What it answers to things that nobody has, where that is always the same. */
async function steadyStranger(call: Call, thief: string, ask: Ask): Promise<string | null> {
  if (call.knows === 'nothing') return null;
  const answers: (string | null)[] = [];
  for (let times = 0; times < 3; times += 1)
    answers.push((await ask(thief, call.stranger()))?.digest ?? null);
  const [first = null] = answers;
  return answers.every((digest) => digest === first) ? first : null;
}

/** `null`: the server said no. */
async function answer(
  session: AttackSession,
  callable: Callable,
  tenant: string,
  values: readonly string[],
  marks: Marks,
): Promise<Answer | null> {
  const patterns = allMarks(marks).map(anywhere);
  return called(session, tenant, async () => {
    const [row] = await session.app.rows<Answer>(
      `select count(*)::int as rows, (count(*) filter (where line like any($1::text[])))::int as marked,
         md5(coalesce(string_agg(line, e'\\n' order by line), '')) as digest
       from (${linesOf(callable, values, 2)}) lines`,
      [patterns, ...values],
    );
    return row ?? null;
  });
}

/** The marks in an answer. */
async function marksIn(
  session: AttackSession,
  callable: Callable,
  tenant: string,
  values: readonly string[],
  marks: Marks,
): Promise<readonly string[]> {
  const found = await called(session, tenant, () =>
    session.app.rows<{ value: string }>(
      `with lines as materialized (${linesOf(callable, values, 2)})
       select v as value from unnest($1::text[]) v where exists (select from lines where strpos(line, v) > 0)`,
      [allMarks(marks), ...values],
    ),
  );
  return (found ?? []).map(({ value }) => value);
}

/** What it answers, as text and at most 500 lines, without what it was given: an echo tells nothing. */
function linesOf({ sql, inputs }: Callable, values: readonly string[], first: number): string {
  const given = values
    .map((_, place) => `$${first + place}::text::${inputs[place]?.type ?? 'text'}`)
    .join(', ');
  const echoes = values.flatMap((value, place) => (value.length >= 8 ? [first + place] : []));
  const line = echoes.reduce(
    (text, place) => `replace(${text}, trim(both '{"}' from $${place}::text), '?')`,
    'said',
  );
  return `select coalesce(${line}, 'null') as line from (select (${sql}(${given}))::text as said limit 500) answers`;
}

async function called<T>(session: AttackSession, tenant: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await session.undone(async () => {
      await session.become(tenant);
      await session.app.rows("select set_config('statement_timeout', $1, true)", [String(callMillis)]);
      return work();
    });
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  }
}
