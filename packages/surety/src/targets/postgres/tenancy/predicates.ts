import type { Column } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Link } from './links.ts';
import type { Membership } from './memberships.ts';

/** SQL that says whether the row called `alias` belongs to the tenant that the expression `key` names. */
export type Predicate = (alias: string, key: string) => string;

export function anyOf(predicates: readonly Predicate[]): Predicate {
  return (alias, key) => {
    const parts = [...new Set(predicates.map((predicate) => predicate(alias, key)))];
    return parts.length === 1 ? (parts[0] ?? 'false') : `(${parts.join(' or ')})`;
  };
}

/** The link's own column names the tenant. */
export function namesTenant({ columns }: Link): Predicate {
  return (alias, key) => `${alias}.${quoted(columns[0] ?? '')} = ${key}`;
}

/**
 * One column is compared with an array that is made once for the statement, so that an index serves it: `in` with a
 * sub-query means the same and is asked for each row.
 */
export function throughMembership(
  { table, tenant, scope, counts }: Membership,
  columns: readonly string[],
): Predicate {
  const pick = scope.columns.map((column) => `m.${quoted(column)}`).join(', ');
  return (alias, key) => {
    const scopes = `select ${pick} from ${quotedRelation(table)} m where m.${quoted(tenant.columns[0] ?? '')} = ${key}${counted('m', counts)}`;
    const own = row(alias, columns);
    return columns.length === 1 ? `${own} = any (array(${scopes}))` : `${own} in (${scopes})`;
  };
}

/** The row that the link names belongs to the tenant, or meets whatever `condition` says of its alias. */
export function throughParent(link: Link, condition: Predicate): Predicate {
  return (alias, key) => {
    const inner = nested(alias);
    const same = `${row(inner, link.toColumns)} = ${row(alias, link.columns)}`;
    return `exists (select from ${quotedRelation(link.to)} ${inner} where ${same} and ${condition(inner, key)})`;
  };
}

/** Another tenant in a scope that both are members of. */
export function fellow({ table, tenant, scope, counts }: Membership, key: Column): Predicate {
  const who = quoted(tenant.columns[0] ?? '');
  const members = quotedRelation(table);
  return (alias, tenantKey) =>
    `exists (select from ${members} m join ${members} f on ${row('m', scope.columns)} = ${row('f', scope.columns)}
      where m.${who} = ${tenantKey} and f.${who} = ${alias}.${quoted(key.name)}
        ${counted('m', counts)}${counted('f', counts)})`;
}

function counted(alias: string, counts: Membership['counts']): string {
  return counts === undefined ? '' : ` and ${counts(alias)}`;
}

export function notNull(alias: string, columns: readonly string[]): string {
  return `(${columns.map((column) => `${alias}.${quoted(column)} is not null`).join(' or ')})`;
}

/** An alias that the one around it does not hide. */
function nested(alias: string): string {
  const [, depth] = /^"?p(\d+)"?$/.exec(alias) ?? [];
  return `p${Number(depth ?? 0) + 1}`;
}

function row(alias: string, columns: readonly string[]): string {
  const parts = columns.map((column) => `${alias}.${quoted(column)}`);
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(', ')})`;
}
