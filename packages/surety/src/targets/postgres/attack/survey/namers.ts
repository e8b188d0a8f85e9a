import type { Catalog, CatalogRelation, Column } from '../../catalog/catalog.ts';
import { isTable } from '../../catalog/catalog.ts';
import type { Connection } from '../../connection.ts';
import { quoted, quotedRelation } from '../../name.ts';
import type { AttackSession } from '../attack-session.ts';
import { apart, stateOf } from './answers.ts';

/** A table that says something of a tenant, and may let a policy make a difference between them. */
export type Namer = {
  readonly relation: CatalogRelation;
  /** Its column that holds the tenant's key. */
  readonly key: string;
  /** Columns with few values: flags, roles, plans. */
  readonly traits: readonly Trait[];
  /** Some tenants that it names: where it is a list of them, to be on it may be all that a policy asks. */
  readonly tenants: readonly string[];
};

export type Trait = {
  readonly column: Column;
  /** Its values as text, as far as they were found. */
  readonly values: readonly string[];
  /** For each value a tenant that has it. */
  readonly tenants: readonly string[];
};

/** What it takes to look for tenants beside the attack: somebody who sees them all. */
export type Insight = Pick<AttackSession, 'inspector' | 'tenancy' | 'mayRead'>;

const mostNamers = 12;
/** A column with more values than that tells tenants from one another, not kinds of them. */
const fewValues = 12;
/** Rows that the values of texts and numbers are taken from. */
const sample = 10_000;

/** The tenants' own table, memberships, and what else names a tenant and is asked by a policy or a function. */
export async function namersOf(
  session: Insight,
  catalog: Catalog,
  { sources, literals }: Code,
): Promise<readonly Namer[]> {
  const { tenancy } = session;
  const asked = new Set(catalog.relations.flatMap(({ policies }) => policies.flatMap(({ reads }) => reads)));
  const named = catalog.relations.filter(isTable).flatMap((relation) => {
    if (relation.oid === tenancy.root.oid) return [{ relation, key: tenancy.key.name, rank: 0 }];
    const link = relation.foreignKeys.find(
      ({ to, columns }) => to === tenancy.root.oid && columns.length === 1,
    );
    const [key] = link?.columns ?? [];
    if (key === undefined) return [];
    const isAsked =
      asked.has(`${relation}`) ||
      tenancy.ties.get(relation.oid)?.isMembership === true ||
      sources.some((source) => source.includes(relation.name));
    return isAsked ? [{ relation, key, rank: 1 }] : [];
  });
  const nearest = named.sort((a, b) => a.rank - b.rank).slice(0, mostNamers);
  return Promise.all(
    nearest.map(async ({ relation, key }) => ({
      relation,
      key,
      traits: await traitsOf(session, relation, key, literals),
      tenants: relation.oid === tenancy.root.oid ? [] : await someOf(session, relation, key).catch(none),
    })),
  );
}

async function someOf(
  { inspector, mayRead }: Insight,
  relation: CatalogRelation,
  key: string,
): Promise<readonly string[]> {
  if (inspector === null || !mayRead(relation, key)) return [];
  const name = quoted(key);
  const rows = await apart<{ tenant: string }>(
    inspector,
    `select distinct s.tenant from (select ${name}::text as tenant from ${quotedRelation(relation)}
       where ${name} is not null limit 100) s order by 1 limit 2`,
  );
  return rows.map(({ tenant }) => tenant);
}

/** Keys of tenants that code names by their values. */
export async function namedTenants(
  { inspector, tenancy }: Insight,
  { literals }: Code,
): Promise<readonly string[]> {
  if (inspector === null) return [];
  const key = quoted(tenancy.key.name);
  const rows = await apart<{ key: string }>(
    inspector,
    `select ${key}::text as key from ${quotedRelation(tenancy.root)} where ${key}::text = any($1)`,
    [literals],
  ).catch(none);
  return rows.map((row) => row.key);
}

/** Sources of the user's functions, and what they and the policies write out: texts and numbers. */
export type Code = { readonly sources: readonly string[]; readonly literals: readonly string[] };

export async function codeOf({ app }: Pick<AttackSession, 'app'>, { relations }: Catalog): Promise<Code> {
  const functions = await apart<{ source: string }>(
    app,
    `select p.prosrc as source from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and not exists (
       select from pg_catalog.pg_depend d
       where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
     limit 2000`,
  ).catch(none);
  const sources = functions.map(({ source }) => source);
  const policies = relations.flatMap((relation) =>
    relation.policies.map(({ using, check }) => `${using} ${check}`),
  );
  const code = [...policies, ...sources];
  // Each by itself, and empty texts as well: a quote that is passed over would turn all that follow inside out.
  const texts = code
    .flatMap((text) =>
      [...text.matchAll(/'((?:[^']|'')*)'/g)].map(([, inner = '']) => inner.replaceAll("''", "'")),
    )
    .filter(({ length }) => length > 0 && length <= 64);
  const numbers = code.flatMap((text) => text.match(/(?<![\w.'])\d{1,18}(?![\w.'])/g) ?? []);
  return { sources, literals: [...new Set([...texts, ...numbers])].slice(0, 500) };
}

async function traitsOf(
  session: Insight,
  relation: CatalogRelation,
  key: string,
  literals: readonly string[],
): Promise<readonly Trait[]> {
  const leading = new Set([key, ...relation.foreignKeys.flatMap(({ columns }) => columns)]);
  const columns = relation.columns.filter((column) => !leading.has(column.name) && mayBeTrait(column));
  const traits = await Promise.all(
    columns.map(async (column): Promise<readonly Trait[]> => {
      const found = await valuesOf(session, relation, key, column, literals).catch(none);
      const known = column.category === 'B' ? ['true', 'false'] : column.labels;
      const values = [...new Set([...known, ...found.map(({ value }) => value)])].slice(0, fewValues);
      return values.length === 0 ? [] : [{ column, values, tenants: found.map(({ tenant }) => tenant) }];
    }),
  );
  return traits.flat();
}

function mayBeTrait({ category, base }: Column): boolean {
  return ['B', 'E', 'S'].includes(category) || base === 'int2' || base === 'int4';
}

type Value = { readonly value: string; readonly tenant: string };

/**
 * Values of the column with a tenant of each: all of flags and enums, of others the few there are, those that code names or
 * describes, and of numbers the ends.
 */
async function valuesOf(
  { inspector, mayRead }: Insight,
  relation: CatalogRelation,
  key: string,
  column: Column,
  literals: readonly string[],
): Promise<readonly Value[]> {
  if (inspector === null || !mayRead(relation, column.name) || !mayRead(relation, key)) return [];
  const [table, name, tenant] = [quotedRelation(relation), quoted(column.name), quoted(key)];
  const known = column.category === 'B' ? ['true', 'false'] : column.labels;
  if (known.length > 0) {
    return apart<Value>(
      inspector,
      `select v.value, (select ${tenant}::text from ${table} where ${name} = v.value::${column.type} limit 1) as tenant
       from unnest($1::text[]) as v(value)`,
      [known.slice(0, fewValues)],
    ).then((rows) => rows.filter((row) => row.tenant !== null));
  }
  const [common, named, alike, ends] = await Promise.all([
    apart<Value>(
      inspector,
      `select s.value, min(s.tenant) as tenant
       from (select ${name}::text as value, ${tenant}::text as tenant from ${table} limit ${sample}) s
       where s.value is not null group by s.value limit ${fewValues + 1}`,
    ),
    apart<Value>(
      inspector,
      `select ${name}::text as value, min(${tenant}::text) as tenant from ${table}
       where ${name}::text = any($1) or ${name}::text like any($2) group by 1 limit ${fewValues}`,
      [literals, literals.filter((text) => /[^%_]/.test(text) && text.includes('%'))],
    ),
    column.category === 'S' ? alikeOf(inspector, relation, key, column, literals) : [],
    column.category === 'N' ? endsOf(inspector, relation, key, column) : [],
  ]);
  return common.length > fewValues ? [...named, ...alike, ...ends] : [...named, ...common];
}

/** Of each text that code names a tenant whose value begins or ends so: `split_part(email, '@', 2) = 'staff.example'`. */
async function alikeOf(
  inspector: Connection,
  relation: CatalogRelation,
  key: string,
  column: Column,
  literals: readonly string[],
): Promise<readonly Value[]> {
  const name = quoted(column.name);
  return apart<Value>(
    inspector,
    `select distinct on (l.part) s.value, s.tenant
     from (select ${name}::text as value, ${quoted(key)}::text as tenant from ${quotedRelation(relation)}
         where ${name} is not null limit ${sample}) s
       join unnest($1::text[]) l(part) on right(s.value, length(l.part)) = l.part or left(s.value, length(l.part)) = l.part
     order by l.part limit ${fewValues}`,
    [literals.filter((text) => text.length > 3 && /\W/.test(text))],
  );
}

async function endsOf(
  inspector: Connection,
  relation: CatalogRelation,
  key: string,
  column: Column,
): Promise<readonly Value[]> {
  const name = quoted(column.name);
  const end = (order: string): string =>
    `(select ${name}::text as value, ${quoted(key)}::text as tenant from ${quotedRelation(relation)}
      where ${name} is not null order by ${name} ${order} limit 1)`;
  return apart<Value>(inspector, `${end('asc')} union all ${end('desc')}`);
}

function none(error: unknown): readonly [] {
  stateOf(error);
  return [];
}
