import type { CatalogRelation } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import type { Policy } from '../types.ts';
import type { Answers, Question } from './judge.ts';
import { castTo, tenantCondition } from './policy-statements.ts';

export const floorName = 'surety_tenant_floor';
/** Policies that are made here begin so. */
export const madeHere = 'surety_tenant';

/** How many rows a policy is tried on whose text has nothing that could widen it; others are tried on all. */
const sample = 2_000;

/** What is asked of each policy before anything is planned. */
export function questionsAbout(tie: Tie, tenancy: Tenancy): readonly Question[] {
  return tie.relation.policies
    .filter(({ reachable }) => reachable)
    .flatMap((policy): readonly Question[] => {
      const question = (topic: Topic, sql: string): Question => questionOf(topic, tie, policy, sql);
      return [
        ...(followsParent(policy, tie) ? [] : [question('leaks', leaks(policy, tie, tenancy))]),
        ...(tie.isMembership && joinable(policy) !== null
          ? [question('joins', joins(policy, tie, tenancy))]
          : []),
        ...(isPerRow(policy) ? [question('differs', differs(policy, tie, tenancy))] : []),
      ];
    });
}

/** What is asked of a policy that is kept before a floor is put below it. */
export function questionsAboutFloor(
  tie: Tie,
  policies: readonly Policy[],
  tenancy: Tenancy,
): readonly Question[] {
  const hidden = `(${tenantCondition(tie, tenancy)}) is not true`;
  const owned = tie.owned(quoted(tie.relation.name));
  const from = rowsOf(tie.relation, null);
  return policies
    .filter((policy) => policy.using !== null && !followsParent(policy, tie))
    .flatMap((policy) => [
      questionOf('shows more', tie, policy, `exists (select ${from} where (${policy.using}) and ${hidden})`),
      questionOf(
        'shows others',
        tie,
        policy,
        `exists (select ${from} where (${policy.using}) and ${owned} and ${hidden})`,
      ),
    ]);
}

function questionOf(topic: Topic, tie: Tie, policy: Policy, sql: string): Question {
  return { id: idOf(topic, tie, policy), sql, frozen: policy.frozen.length > 0 };
}

type Topic = 'leaks' | 'joins' | 'differs' | 'shows more' | 'shows others';

function idOf(topic: Topic, { relation }: Tie, { name }: Policy): string {
  return `${topic} ${relation.oid} ${name}`;
}

/** The answer to a question that was asked; `null` also where it was not. */
export function answerTo(answers: Answers, topic: Topic, tie: Tie, policy: Policy): boolean | null {
  return answers.get(idOf(topic, tie, policy)) ?? null;
}

/**
 * Whether the policy's own expressions hold for no row of another tenant, tried on the rows that are there. One that
 * cannot be tried is taken on its word where nothing in it could widen it.
 */
export function isSound(policy: Policy, tie: Tie, answers: Answers): boolean {
  if (policy.untried.length > 0) return false;
  if (followsParent(policy, tie)) return true;
  const leaking = answerTo(answers, 'leaks', tie, policy);
  return leaking === null ? looksPlain(policy, tie) : !leaking;
}

function leaks(policy: Policy, tie: Tie, { key }: Tenancy): string {
  const { relation, owned, belongsTo, shown } = tie;
  const alias = quoted(relation.name);
  const tenant = tenantParameter(key);
  const visible = policy.command === 'select' ? shown : belongsTo;
  const parts = [
    ...(policy.using === null ? [] : [`((${policy.using}) and (${visible(alias, tenant)}) is not true)`]),
    ...(policy.check === null ? [] : [`((${policy.check}) and (${belongsTo(alias, tenant)}) is not true)`]),
  ];
  const plain = looksPlain(policy, tie);
  const from = rowsOf(relation, plain ? sample : null);
  const leaking = `exists (select ${from} where (${parts.join(' or ') || 'false'}) and ${owned(alias)})`;
  if (plain) return leaking;
  // Where there is no row of another, a policy that would show it has not been tried.
  const others = `exists (select ${from} where ${owned(alias)} and (${visible(alias, tenant)}) is not true)`;
  return `case when ${others} then ${leaking} end`;
}

/** What a new row must meet; `null` where the policy is not about new rows. */
function joinable({ command, using, check }: Policy): string | null {
  if (command === 'select' || command === 'delete') return null;
  return check ?? (command === 'insert' ? null : using);
}

/** Whether a tenant may name himself in a row that is like another's: that is how one joins a scope uninvited. */
function joins(policy: Policy, tie: Tie, { key }: Tenancy): string {
  const { relation, authors, belongsTo, owned } = tie;
  const tenant = tenantParameter(key);
  const columns = relation.columns.map(({ name }) =>
    authors.includes(name) ? `${tenant} as ${quoted(name)}` : `t.${quoted(name)}`,
  );
  const others = `select ${columns.join(', ')} from ${quotedRelation(relation)} t
    where ${owned('t')} and (${belongsTo('t', tenant)}) is not true limit ${sample}`;
  return `exists (select from (${others}) as ${quoted(relation.name)} where (${joinable(policy)}))`;
}

/** Whether the condition that asks once gives other rows than the policy does. */
function differs({ using, check }: Policy, tie: Tie, tenancy: Tenancy): string {
  const condition = tenantCondition(tie, tenancy);
  const parts = [using, check].flatMap((expression) =>
    expression === null ? [] : [`((${expression}) is true) <> ((${condition}) is true)`],
  );
  return `exists (select ${rowsOf(tie.relation, sample)} where ${parts.join(' or ') || 'false'})`;
}

/** Under the table's own name, because that is what a policy calls it. */
function rowsOf(relation: CatalogRelation, limit: number | null): string {
  const table = quotedRelation(relation);
  const rows = limit === null ? table : `(select * from ${table} limit ${limit})`;
  return `from ${rows} as ${quoted(relation.name)}`;
}

function tenantParameter(key: Tenancy['key']): string {
  return `nullif($1::text, '')::${castTo(key)}`;
}

/**
 * For what cannot be tried: made here, or asks for the tenant without a word that could widen it, and by a column that
 * leads to somebody. One that only asks who the tenant is (an admin, a plan) shows all rows or none.
 */
function looksPlain({ name, asksForTenant, using, check, columns }: Policy, tie: Tie): boolean {
  if (!asksForTenant) return false;
  if (name.startsWith(madeHere)) return true;
  const { relation } = tie;
  const leading = new Set([
    ...tie.columns,
    ...tie.authors,
    ...relation.uniques.flat(),
    ...relation.foreignKeys.flatMap((key) => key.columns),
  ]);
  const own = columns.filter((column) => leading.has(column));
  return [using, check].every(
    (text) =>
      text === null || (isNarrow(text) && !/[<>~]/.test(text) && own.some((column) => text.includes(column))),
  );
}

/**
 * Leaves it to the table above, by the columns that lead there. The inspector sees all of that table, so it
 * cannot try this; whether that table is guarded is asked for that table.
 */
function followsParent({ asksForTenant, reads, columns, using, check }: Policy, { links }: Tie): boolean {
  return (
    !asksForTenant &&
    [using, check].every(isNarrow) &&
    links.some(
      ({ to, columns: leading }) =>
        reads.includes(`${to}`) && leading.every((column) => columns.includes(column)),
    )
  );
}

/** No word that could widen it; `current_setting(…, true)` asks for no error, not for everything. */
function isNarrow(expression: string | null): boolean {
  const words = (expression ?? '').replaceAll(/, true\)/gi, ')');
  return !/\b(or|case|coalesce|null|not|true)\b/i.test(words);
}

/**
 * Asks for the tenant, or for the memberships, again with each row: outside of any sub-select, or in one that is
 * compared with `in`. As `pg_get_expr` writes it.
 */
export function isPerRow({ asksForTenant, using, check }: Policy): boolean {
  return (
    asksForTenant &&
    [using, check].some((expression) => {
      if (expression === null) return false;
      return /\bIN \( ?SELECT\b/.test(expression) || asksOutside(withoutSelects(expression));
    })
  );
}

/** A call other than of the server's own plain functions is taken for one that asks. */
function asksOutside(text: string): boolean {
  const calls = [...text.matchAll(/([\w".]+)\(/g)].map(([, name]) => name ?? '');
  return calls.some((name) => !/^(nullif|lower|upper|length|array|any|all)$/i.test(name) && name !== '');
}

/** The text without what stands in parentheses that begin with SELECT. */
function withoutSelects(text: string): string {
  const opened = /\( ?SELECT\b/.exec(text);
  if (opened === null) return text;
  let depth = 0;
  for (const token of text.slice(opened.index).matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g)) {
    if (token[0] === '(') depth += 1;
    if (token[0] === ')') depth -= 1;
    if (depth === 0)
      return text.slice(0, opened.index) + withoutSelects(text.slice(opened.index + token.index + 1));
  }
  return text.slice(0, opened.index);
}
