import { BlindError } from '../../../core/error.ts';
import type { Catalog, CatalogRelation, Column } from '../catalog/catalog.ts';
import type { TenancyFacts } from '../facts.ts';
import { quoted, quotedRelation } from '../name.ts';
import { declaredLinks, impliedLinks, type Link, sameNames, stemOf } from './links.ts';

/** A table of pairs that says which tenants share which scope: `user_spaces(user_id, space_id)`. */
type Membership = { readonly table: CatalogRelation; readonly tenant: Link; readonly scope: Link };

/** SQL that says whether the row called `alias` belongs to the tenant that the expression `key` names. */
export type Predicate = (alias: string, key: string) => string;

/** How rows of one relation lead to their tenant. */
export type Tie = {
  readonly relation: CatalogRelation;
  /** For people: `space_id → user_spaces.user_id`. */
  readonly path: string;
  /** Its own columns that decide whose a row is. */
  readonly columns: readonly string[];
  /** The links of those columns; none where the row is the tenant, or a scope that memberships share. */
  readonly links: readonly Link[];
  /** Columns that name the tenant itself beside those: who wrote it, whom a membership is for. */
  readonly authors: readonly string[];
  /** Any tie at all, so that what it denies is surely another's. */
  readonly belongsTo: Predicate;
  /** By its own columns alone, without what is shared with it: such a row it may add another like. */
  readonly ownedOutright: Predicate;
  /** The same of what it may see: tenants see each other where they share a scope. */
  readonly shown: Predicate;
  /** The tie that a policy should ask for; never reads its own table. */
  readonly policy: Predicate;
  /** Whether the row belongs to anybody; rows that do not are shared. */
  readonly owned: (alias: string) => string;
  /** Whether other tables' ties go through it. */
  readonly isMembership: boolean;
};

export type Tenancy = {
  readonly setting: string;
  readonly root: CatalogRelation;
  readonly key: Column;
  /** By oid. */
  readonly ties: ReadonlyMap<number, Tie>;
};

/** @throws {BlindError} `postgres/no-root` */
export function discoverTenancy(catalog: Catalog, facts: TenancyFacts): Tenancy {
  const declared = declaredLinks(catalog);
  const root = findRoot(catalog, facts, declared);
  const key = singleKey(root);
  if (key === null) throw noRoot(`${root} has no key of one column`);
  const links = [...declared, ...impliedLinks(catalog, declared, root, key, facts.setting)].filter(
    ({ from, to }) => from.oid !== to.oid,
  );
  const direct = links.filter((link) => link.to.oid === root.oid && sameNames(link.toColumns, [key.name]));
  const memberships = findMemberships(catalog, links, direct);
  const ties = new Map<number, Tie>([[root.oid, rootTie(root, key, memberships)]]);
  for (const tie of ownTies(catalog, root, links, direct, memberships)) ties.set(tie.relation.oid, tie);
  for (const [oid, tie] of ties) ties.set(oid, withScopes(tie, ties));
  addParents(ties, links);
  return { setting: facts.setting, root, key, ties };
}

function findRoot(catalog: Catalog, facts: TenancyFacts, links: readonly Link[]): CatalogRelation {
  if (facts.root !== undefined) {
    const root = catalog.named(facts.root);
    if (root === undefined) throw noRoot(`there is no table ${facts.root}`);
    return root;
  }
  const tables = catalog.relations.filter(({ kind }) => kind === 'table' || kind === 'partitioned table');
  const compared = tables.flatMap((table) => comparedWithTenant(table, facts.setting, links));
  const names = plurals(stemOf(facts.setting));
  const byName = tables.filter(
    (table) => names.includes(table.name.toLowerCase()) && singleKey(table) !== null,
  );
  const [best] = mostFrequent(compared.filter((root) => byName.length === 0 || byName.includes(root)));
  const found = best ?? byName[0];
  if (found !== undefined) return found;
  throw noRoot(`no table is named as ${facts.setting} says, and no policy compares a key with it`);
}

function plurals(stem: string): readonly string[] {
  const bare = stem.toLowerCase();
  return [bare, `${bare}s`, `${bare}es`, bare.replace(/y$/, 'ies')];
}

/** Tables whose key a policy of this table compares with the setting, as `column = (… current_setting('…') …)`. */
function comparedWithTenant(
  table: CatalogRelation,
  setting: string,
  links: readonly Link[],
): readonly CatalogRelation[] {
  return table.policies
    .filter(({ asksForTenant }) => asksForTenant)
    .flatMap(({ using, check, columns }) =>
      columns.filter((column) => comparison(column, setting).test(`${using ?? ''} ${check ?? ''}`)),
    )
    .flatMap((column) => {
      const link = links.find(({ from, columns }) => from.oid === table.oid && sameNames(columns, [column]));
      if (link !== undefined) return [link.to];
      return singleKey(table)?.name === column ? [table] : [];
    });
}

function comparison(column: string, setting: string): RegExp {
  const verbatim = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `${verbatim(column)}"?\\)?(::\\w+)? = [^=]*current_setting\\('${verbatim(setting)}'`,
    'i',
  );
}

function mostFrequent(found: readonly CatalogRelation[]): readonly CatalogRelation[] {
  const count = (relation: CatalogRelation): number => found.filter((other) => other === relation).length;
  return [...new Set(found)].sort((a, b) => count(b) - count(a));
}

function singleKey(table: CatalogRelation): Column | null {
  const [name, second] = table.uniques[0] ?? [];
  if (second !== undefined) return null;
  return table.columns.find((column) => column.name === name) ?? null;
}

/**
 * A membership is unique in pairs of tenant and scope, or is what policies of other tables read. A scope that
 * names its tenant itself is shared through pairs only where a policy says so: otherwise `likes(user, post)`
 * would give posts away.
 */
function findMemberships(
  catalog: Catalog,
  links: readonly Link[],
  direct: readonly Link[],
): readonly Membership[] {
  return direct
    .filter(({ from }) => isTable(from))
    .flatMap((tenant) =>
      links
        .filter((scope) => scope.from.oid === tenant.from.oid && scope.to.oid !== tenant.to.oid)
        .map((scope) => ({ table: tenant.from, tenant, scope })),
    )
    .filter(({ table, tenant, scope }) => {
      const isRead = catalog.relations.some(
        (other) => other.oid !== table.oid && other.policies.some(({ reads }) => reads.includes(`${table}`)),
      );
      const pair = [...tenant.columns, ...scope.columns];
      const isPair = table.uniques.some(
        (unique) => unique.length === pair.length && unique.every((column) => pair.includes(column)),
      );
      const namesTenant = direct.some(({ from }) => from.oid === scope.to.oid);
      return isRead || (isPair && !namesTenant);
    });
}

function rootTie(root: CatalogRelation, key: Column, memberships: readonly Membership[]): Tie {
  const is: Predicate = (alias, tenant) => `${alias}.${quoted(key.name)} = ${tenant}`;
  return {
    relation: root,
    path: key.name,
    columns: [key.name],
    links: [],
    authors: [],
    belongsTo: is,
    ownedOutright: is,
    shown: anyOf([is, ...memberships.map((membership) => fellow(membership, key))]),
    policy: is,
    owned: () => 'true',
    isMembership: false,
  };
}

/** Another tenant in a scope that both are members of. */
function fellow({ table, tenant, scope }: Membership, key: Column): Predicate {
  const who = quoted(tenant.columns[0] ?? '');
  const members = quotedRelation(table);
  return (alias, tenantKey) =>
    `exists (select from ${members} m join ${members} f on ${row('m', scope.columns)} = ${row('f', scope.columns)}
      where m.${who} = ${tenantKey} and f.${who} = ${alias}.${quoted(key.name)})`;
}

/**
 * A scope may be shared in more ways than by the membership that leads to it: what hangs below it belongs to
 * whom it belongs. Not where a row names its tenant itself: a like is its author's, not the post's.
 */
function withScopes(tie: Tie, ties: ReadonlyMap<number, Tie>): Tie {
  if (tie.authors.length > 0 || tie.isMembership) return tie;
  const above = tie.links.flatMap((link) => {
    const scope = ties.get(link.to.oid);
    return scope === undefined || scope.links.length === 0 ? [] : [{ link, scope }];
  });
  const widened = (pick: 'belongsTo' | 'policy') =>
    anyOf([
      tie[pick],
      ...above.map(
        ({ link, scope }): Predicate =>
          (alias, key) => {
            const inner = nested(alias);
            return existsParent(link, alias, inner, scope[pick](inner, key));
          },
      ),
    ]);
  const belongsTo = widened('belongsTo');
  return above.length === 0 ? tie : { ...tie, belongsTo, shown: belongsTo, policy: widened('policy') };
}

/** Ties by a relation's own columns, and those of scopes through their memberships. */
function ownTies(
  catalog: Catalog,
  root: CatalogRelation,
  links: readonly Link[],
  direct: readonly Link[],
  memberships: readonly Membership[],
): readonly Tie[] {
  return catalog.relations
    .filter(({ oid }) => oid !== root.oid)
    .flatMap((relation): readonly Tie[] => {
      const tenantLinks = direct.filter(({ from }) => from.oid === relation.oid);
      const shared = memberships.filter(({ scope }) => scope.to.oid === relation.oid);
      const scoped = links.flatMap((link) =>
        link.from.oid === relation.oid
          ? memberships
              .filter(
                ({ scope }) => scope.to.oid === link.to.oid && sameNames(scope.toColumns, link.toColumns),
              )
              .map((membership) => ({ link, membership }))
          : [],
      );
      const isMembership = memberships.some(({ table }) => table.oid === relation.oid);
      const byTenant = tenantLinks.map(
        (link): Predicate =>
          (alias, key) =>
            `${alias}.${quoted(link.columns[0] ?? '')} = ${key}`,
      );
      const byScope = [
        ...shared.map((membership) => throughMembership(membership, membership.scope.toColumns)),
        ...scoped.map(({ link, membership }) => throughMembership(membership, link.columns)),
      ];
      if (byTenant.length + byScope.length === 0) return [];
      const all = [...byTenant, ...byScope];
      const wanted = isMembership || byScope.length === 0 ? byTenant : byScope;
      const deciding =
        scoped.length > 0 ? scoped.map(({ link }) => link) : shared.length > 0 ? [] : tenantLinks;
      const columns = unique(
        deciding.length > 0
          ? deciding.flatMap((link) => link.columns)
          : shared.flatMap(({ scope }) => scope.toColumns),
      );
      return [
        {
          relation,
          path: describePath(shared, scoped, tenantLinks),
          columns,
          links: deciding,
          authors: byScope.length === 0 ? [] : unique(tenantLinks.flatMap((link) => link.columns)),
          belongsTo: anyOf(all),
          ownedOutright:
            scoped.length === 0
              ? anyOf(all)
              : anyOf(scoped.map(({ link, membership }) => throughMembership(membership, link.columns))),
          shown: anyOf(all),
          policy: anyOf(wanted),
          owned: (alias) => notNull(alias, columns),
          isMembership,
        },
      ];
    });
}

function throughMembership({ table, tenant, scope }: Membership, columns: readonly string[]): Predicate {
  const pick = scope.columns.map((column) => `m.${quoted(column)}`).join(', ');
  return (alias, key) =>
    `${row(alias, columns)} in (select ${pick} from ${quotedRelation(table)} m where m.${quoted(tenant.columns[0] ?? '')} = ${key})`;
}

function describePath(
  shared: readonly Membership[],
  scoped: readonly { readonly link: Link; readonly membership: Membership }[],
  tenantLinks: readonly Link[],
): string {
  const [through] = scoped;
  if (through !== undefined) {
    const { table, tenant } = through.membership;
    return `${through.link.columns.join(', ')} → ${table}.${tenant.columns.join(', ')}`;
  }
  const [membership] = shared;
  if (membership !== undefined) return `${membership.table}.${membership.tenant.columns.join(', ')}`;
  return tenantLinks.flatMap(({ columns }) => columns).join(', ');
}

/** Relations without a tie of their own belong to whom the rows belong that they name; nearest first. */
function addParents(ties: Map<number, Tie>, links: readonly Link[]): void {
  const next = new Map<number, Tie>();
  const open = new Set(links.map(({ from }) => from).filter(({ oid }) => !ties.has(oid)));
  for (const relation of open) {
    const parents = links.flatMap((link) => {
      const tie = link.from.oid === relation.oid ? ties.get(link.to.oid) : undefined;
      return tie === undefined ? [] : [{ link, tie }];
    });
    if (parents.length === 0) continue;
    const through = (pick: 'belongsTo' | 'ownedOutright' | 'policy') =>
      anyOf(
        parents.map(
          ({ link, tie }): Predicate =>
            (alias, key) => {
              const inner = nested(alias);
              return existsParent(link, alias, inner, tie[pick](inner, key));
            },
        ),
      );
    const columns = unique(parents.flatMap(({ link }) => link.columns));
    next.set(relation.oid, {
      relation,
      path: parents.map(({ link }) => `${link.columns.join(', ')} → ${link.to}`).join(' or '),
      columns,
      links: parents.map(({ link }) => link),
      authors: [],
      belongsTo: through('belongsTo'),
      ownedOutright: through('ownedOutright'),
      shown: through('belongsTo'),
      policy: through('policy'),
      owned: (alias) =>
        `(${parents
          .map(({ link, tie }) => existsParent(link, alias, nested(alias), tie.owned(nested(alias))))
          .join(' or ')})`,
      isMembership: false,
    });
  }
  if (next.size === 0) return;
  for (const [oid, tie] of next) ties.set(oid, tie);
  addParents(ties, links);
}

function existsParent(link: Link, alias: string, inner: string, condition: string): string {
  const same = `${row(inner, link.toColumns)} = ${row(alias, link.columns)}`;
  return `exists (select from ${quotedRelation(link.to)} ${inner} where ${same} and ${condition})`;
}

/** An alias that the one around it does not hide. */
function nested(alias: string): string {
  const [, depth] = /^p(\d+)$/.exec(alias) ?? [];
  return `p${Number(depth ?? 0) + 1}`;
}

function notNull(alias: string, columns: readonly string[]): string {
  return `(${columns.map((column) => `${alias}.${quoted(column)} is not null`).join(' or ')})`;
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function anyOf(predicates: readonly Predicate[]): Predicate {
  return (alias, key) => {
    const parts = [...new Set(predicates.map((predicate) => predicate(alias, key)))];
    return parts.length === 1 ? (parts[0] ?? 'false') : `(${parts.join(' or ')})`;
  };
}

function row(alias: string, columns: readonly string[]): string {
  const parts = columns.map((column) => `${alias}.${quoted(column)}`);
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(', ')})`;
}

const isTable = ({ kind }: CatalogRelation): boolean => kind === 'table' || kind === 'partitioned table';

function noRoot(fact: string): BlindError {
  return new BlindError(
    'postgres/no-root',
    `cannot tell whose rows are whose: ${fact}`,
    'name the table whose key the setting holds, as tenancy.root of the target',
  );
}
