import type { Catalog, CatalogRelation } from '../catalog/catalog.ts';
import type { LinkIndex } from './link-index.ts';
import { isRequired, type Link } from './links.ts';
import { namesKinds, namesMembership } from './names.ts';

/** A table of pairs that says which tenants share which scope: `user_spaces(user_id, space_id)`. */
export type Membership = {
  readonly table: CatalogRelation;
  readonly tenant: Link;
  readonly scope: Link;
  /** SQL that says whether the row called `alias` counts; without it, every row does. */
  readonly counts?: (alias: string) => string;
};

/**
 * A membership is what policies of other tables read, what is named like one, or what is unique in pairs of tenant
 * and scope. A scope that names its tenant itself, or that lies in another scope, is not shared by pairs alone:
 * otherwise `likes(user, post)` would give posts away. Nor is it by rows that need not name anybody: policies read tasks
 * as well, and whom a task was given to does not thereby share its project.
 */
export function findMemberships(
  catalog: Catalog,
  links: LinkIndex,
  direct: LinkIndex,
): readonly Membership[] {
  const readers = readersOf(catalog);
  const pairs = direct.all
    .filter(({ from: { kind } }) => kind === 'table' || kind === 'partitioned table')
    .flatMap((tenant) =>
      links
        .from(tenant.from.oid)
        .filter(({ to }) => to.oid !== tenant.to.oid && to.oid !== tenant.from.oid)
        // Two who have the same role share nothing, where nobody owns the roles.
        .filter(({ to }) => !namesKinds(to.name) || links.from(to.oid).length > 0)
        .map((scope): Membership => ({ table: tenant.from, tenant, scope })),
    );
  const isRead = ({ table }: Membership): boolean => {
    const by = readers.get(`${table}`);
    return by !== undefined && (by.size > 1 || !by.has(table.oid));
  };
  const strong = new Set(
    pairs.filter(
      (pair) =>
        (isRead(pair) && !isThing(pair, links)) ||
        (isPair(pair) && namesMembership(pair.table.name, [pair.tenant.to.name, pair.scope.to.name])) ||
        (isBare(pair) && namesMembership(pair.table.name, [pair.tenant.to.name, pair.scope.to.name])),
    ),
  );
  const scopes = new Set([...strong].map(({ scope }) => scope.to.oid));
  return pairs.filter((pair) => {
    if (strong.has(pair)) return true;
    const { to } = pair.scope;
    const isShared = scopes.has(to.oid) || links.from(to.oid).some((link) => scopes.has(link.to.oid));
    return !isShared && (isRead(pair) || (isPair(pair) && direct.from(to.oid).length === 0));
  });
}

/** By name: which tables' policies read it. */
function readersOf(catalog: Catalog): ReadonlyMap<string, ReadonlySet<number>> {
  const readers = new Map<string, Set<number>>();
  for (const { oid, policies } of catalog.relations) {
    for (const name of policies.flatMap(({ reads }) => reads)) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, new Set([oid]));
      else known.add(oid);
    }
  }
  return readers;
}

/** Unique in tenant and scope. */
function isPair({ table, tenant, scope }: Membership): boolean {
  const pair = [...tenant.columns, ...scope.columns];
  return table.uniques.some(
    (unique) => unique.length === pair.length && unique.every((column) => pair.includes(column)),
  );
}

/** It need not name anybody, and other rows are parts of it. */
function isThing(pair: Membership, links: LinkIndex): boolean {
  return !isRequired(pair.tenant) && !isPair(pair) && links.into(pair.table.oid).length > 0;
}

/** Tables that say little more than who belongs where. */
function isBare({ table }: Membership): boolean {
  return table.columns.length <= 8;
}
