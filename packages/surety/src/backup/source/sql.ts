/** What the queries of the catalog depend on besides the catalog. */
export type Source = {
  /** Of the server: `15`. */
  readonly major: number;
  /** A 64-bit integer as decimal text. */
  readonly seed: string;
  readonly hashedBy: HashedBy;
};

/** How a row becomes a number: by what is written of it, or column by column, which servers can from 14 on. */
export type HashedBy = 'text' | 'record';

/** Gives `name` and `is` of each line of its kind. */
export type CatalogQuery = { readonly kind: string; readonly sql: string };

/** Not the server's own schemas, nor those of sessions. */
export const userSchema = (schema: string): string =>
  `${schema}.nspname !~ '^pg_' and ${schema}.nspname <> 'information_schema'`;

/** A relation `c` in a schema `n` of the server's own that the server did not bring. */
export const beyondDump = `c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relpersistence <> 't' and c.oid >= 16384
  and not (n.nspname !~ '^pg_' and n.nspname <> 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
  and not exists (select from pg_catalog.pg_depend made where made.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and made.objid = c.oid and made.deptype = 'e')`;

/** What an extension brought comes back with it. */
export const notOfExtension = (catalog: string, oid: string): string =>
  `not exists (select from pg_catalog.pg_depend made where made.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass
    and made.objid = ${oid} and made.deptype = 'e')`;

/** `type` as `acldefault` takes it. No grants at all are spelt out as what they stand for. */
export const grants = (acl: string, type: string, owner: string): string =>
  grantsIn(`coalesce(${acl}, pg_catalog.acldefault('${type}', ${owner}))`, roleName);

export const roleName = (oid: string): string => `pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(${oid}))`;

/** Whoever ran initdb is called otherwise on each server. */
export const anyRoleName = (oid: string): string =>
  `case ${oid} when 10 then '(initdb)' else ${roleName(oid)} end`;

/** Grants in one line, sorted; columns and the like have no grants by default. */
export const grantsIn = (acl: string, name: (oid: string) => string): string =>
  `coalesce((select pg_catalog.string_agg(one.text, ', ' order by one.text collate "C") from (
    select (case a.grantee when 0 then 'public' else ${name('a.grantee')} end) || '='
      || pg_catalog.string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, '+'
        order by a.privilege_type collate "C") || '/' || ${name('a.grantor')} as text
    from pg_catalog.aclexplode(${acl}) a group by a.grantee, a.grantor) one), 'nobody')`;

/** Options `name=value` in one line, sorted; not the version of a column, which servers keep there for themselves. */
export const options = (list: string): string =>
  `(select pg_catalog.string_agg(o, ', ' order by o collate "C") from pg_catalog.unnest(${list}) o where o not like 'pg_attver=%')`;

/** Sixteen hexadecimal digits that tell one text from another; only who has the seed can guess at the text. */
export const digest = (text: string, { seed }: Source): string =>
  `pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.hashtextextended(${text} collate "C", '${seed}'::bigint)), 16, '0')`;

/** The parts that are not null, in one line. */
export const parts = (...each: readonly string[]): string => `pg_catalog.concat_ws('; ', ${each.join(', ')})`;

/** `label value`, or null where there is no value. */
export const labelled = (label: string, value: string): string => `'${label} ' || (${value})::text`;

/** `text` where the condition holds, else null. */
export const when = (condition: string, text: string): string => `case when ${condition} then '${text}' end`;

/** Schema and name, quoted where they have to be. */
export const qualified = (schema: string, name: string): string =>
  `pg_catalog.quote_ident(${schema}) || '.' || pg_catalog.quote_ident(${name})`;

/** How the server names a thing in full, wherever it is. */
export const identity = (catalog: string, oid: string, part = '0'): string =>
  `(pg_catalog.pg_identify_object('pg_catalog.${catalog}'::pg_catalog.regclass, ${oid}, ${part})).identity`;
