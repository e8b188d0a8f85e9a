import type { Catalog, CatalogRelation, Column } from '../catalog/catalog.ts';
import { quoted } from '../name.ts';
import type { LinkIndex } from './link-index.ts';
import { isRequired, type Link, sameNames } from './links.ts';
import type { Membership } from './memberships.ts';
import { namesPerson, subjectOf } from './names.ts';
import { isShared, partsOf } from './parts.ts';
import {
  anyOf,
  fellow,
  namesTenant,
  notNull,
  type Predicate,
  throughMembership,
  throughParent,
} from './predicates.ts';
import type { Rival, Tie } from './tenancy.ts';

/** More ways than these to one row's tenant are more than one statement should ask for. */
const mostWays = 16;
const deepest = 32;

/** What ties are made from. `people`: the tenants are persons, who may share scopes; else they are groups of them. */
export type Known = {
  readonly catalog: Catalog;
  readonly root: CatalogRelation;
  readonly key: Column;
  readonly stem: string;
  readonly people: boolean;
  readonly links: LinkIndex;
  /** Those of the links that name the tenant's key. */
  readonly direct: LinkIndex;
  readonly memberships: readonly Membership[];
};

/** By oid, every relation whose rows lead to a tenant. */
export function tiesOf(known: Known): ReadonlyMap<number, Tie> {
  const plain = decidedTies(known, new Set());
  const parts = known.people ? partsOf(known, plain) : new Set<number>();
  const ties = parts.size === 0 ? plain : decidedTies(known, parts);
  return new Map([...ties].map(([oid, tie]) => [oid, { ...tie, beside: besideOf(tie, known, ties) }]));
}

/** `parts`: by oid, what belongs to whom that belongs which it has to name, not to the persons whom it may name. */
function decidedTies(known: Known, parts: ReadonlySet<number>): ReadonlyMap<number, Tie> {
  const ties = new Map<number, Tie>([[known.root.oid, rootTie(known)]]);
  if (known.people) {
    for (const tie of ownTies(known, ({ oid }) => !parts.has(oid))) ties.set(tie.relation.oid, tie);
    for (const [oid, tie] of ties) ties.set(oid, withScopes(tie, ties));
    const deciding = (link: Link) => !parts.has(link.from.oid) || decidesPart(link, known, ties);
    addParents(known, ties, deciding, (tie) => (parts.has(tie.relation.oid) ? withPersons(tie, known) : tie));
    // What has to name only what is in turn a part of it.
    const lost = ownTies(known, ({ oid }) => parts.has(oid) && !ties.has(oid));
    for (const tie of lost) ties.set(tie.relation.oid, tie);
    if (lost.length > 0) addParents(known, ties, () => true);
    return new Map([...ties].map(([oid, tie]) => [oid, withCompany(tie, known, ties)]));
  }
  // Rows belong to the group that they name, or that what they are part of names; only what does neither belongs
  // to the groups of the person that it names: a task is its project's, whoever it was given to.
  for (const tie of ownTies(known, ({ oid }) => known.direct.from(oid).length > 0))
    ties.set(tie.relation.oid, tie);
  const persons = new Set(known.memberships.map(({ scope }) => scope.to.oid));
  addParents(known, ties, ({ to }) => !persons.has(to.oid) && !namesPerson(to.name));
  for (const tie of ownTies(known, ({ oid }) => !ties.has(oid))) ties.set(tie.relation.oid, tie);
  addParents(known, ties, () => true);
  return ties;
}

function decidesPart(link: Link, { root }: Known, ties: ReadonlyMap<number, Tie>): boolean {
  const whole = ties.get(link.to.oid);
  return whole !== undefined && isRequired(link) && isShared(whole, root);
}

/** Whoever a task was given to: that makes it surely no other's, and decides no more than that. */
function withPersons(tie: Tie, { direct }: Known): Tie {
  const persons = direct.from(tie.relation.oid);
  const ways = tie.ways + persons.length;
  if (ways > mostWays) return tie;
  const belongsTo = anyOf([tie.belongsTo, ...persons.map(namesTenant)]);
  return { ...tie, belongsTo, shown: belongsTo, ways };
}

function rootTie({ root, key, people, memberships }: Known): Tie {
  const is: Predicate = (alias, tenant) => `${alias}.${quoted(key.name)} = ${tenant}`;
  const fellows = people ? memberships.map((membership) => fellow(membership, key)) : [];
  return {
    relation: root,
    path: key.name,
    columns: [key.name],
    links: [],
    authors: [],
    belongsTo: is,
    ownedOutright: is,
    shown: anyOf([is, ...fellows]),
    policy: is,
    owned: () => 'true',
    isMembership: false,
    ways: 1,
    rivals: [],
    beside: [],
  };
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
  const ways = above.reduce((sum, { scope }) => sum + scope.ways, tie.ways);
  if (above.length === 0 || ways > mostWays) return tie;
  const widened = (pick: 'belongsTo' | 'policy') =>
    anyOf([tie[pick], ...above.map(({ link, scope }) => throughParent(link, scope[pick]))]);
  const belongsTo = widened('belongsTo');
  return { ...tie, belongsTo, shown: belongsTo, policy: widened('policy'), ways };
}

/** Ties by a relation's own columns, and those of scopes through their memberships. */
function ownTies(known: Known, picked: (relation: CatalogRelation) => boolean): readonly Tie[] {
  const { catalog, root, memberships } = known;
  const byScope = Map.groupBy(memberships, ({ scope }) => scope.to.oid);
  const tables = new Set(memberships.map(({ table }) => table.oid));
  return catalog.relations.flatMap((relation): readonly Tie[] => {
    if (relation.oid === root.oid || !picked(relation)) return [];
    const tie = ownTie(known, relation, byScope, tables.has(relation.oid));
    return tie === null ? [] : [tie];
  });
}

type Scoped = { readonly link: Link; readonly membership: Membership };

function ownTie(
  known: Known,
  relation: CatalogRelation,
  memberships: ReadonlyMap<number, readonly Membership[]>,
  isMembership: boolean,
): Tie | null {
  const tenantLinks = known.direct.from(relation.oid);
  const shared = memberships.get(relation.oid) ?? [];
  // A group's row that names the group is no other group's, whoever wrote it.
  const namesGroup = !known.people && tenantLinks.length > 0;
  const scoped = namesGroup
    ? []
    : known.links
        .from(relation.oid)
        .flatMap((link) =>
          (memberships.get(link.to.oid) ?? [])
            .filter(({ scope }) => sameNames(scope.toColumns, link.toColumns))
            .map((membership): Scoped => ({ link, membership })),
        );
  const byTenant = tenantLinks.map(namesTenant);
  const throughScopes = scoped.map(({ link, membership }) => throughMembership(membership, link.columns));
  const byScope = [
    ...shared.map((membership) => throughMembership(membership, membership.scope.toColumns)),
    ...throughScopes,
  ];
  if (byTenant.length + byScope.length === 0) return null;
  const all = anyOf([...byTenant, ...byScope]);
  const deciding = namesGroup
    ? tenantLinks
    : scoped.length > 0
      ? scoped.map(({ link }) => link)
      : shared.length > 0
        ? []
        : tenantLinks;
  const columns = unique(
    deciding.length > 0
      ? deciding.flatMap((link) => link.columns)
      : shared.flatMap(({ scope }) => scope.toColumns),
  );
  return {
    relation,
    path: describePath(namesGroup ? [] : shared, scoped, tenantLinks),
    columns,
    links: deciding,
    authors: namesGroup || byScope.length === 0 ? [] : unique(tenantLinks.flatMap((link) => link.columns)),
    belongsTo: all,
    ownedOutright: throughScopes.length === 0 ? all : anyOf(throughScopes),
    shown: all,
    policy: namesGroup
      ? anyOf([...plainest(tenantLinks, known.stem).map(namesTenant), ...byScope])
      : anyOf(isMembership || byScope.length === 0 ? byTenant : byScope),
    owned: (alias) => notNull(alias, columns),
    isMembership,
    ways: byTenant.length + byScope.length,
    rivals: [],
    beside: [],
  };
}

/** Of several columns that name a tenant, the one that is called so: `org_id` before `invited_by_org_id`. */
function plainest(links: readonly Link[], stem: string): readonly Link[] {
  const plain = links.filter(({ columns }) => subjectOf(columns[0] ?? '') === stem);
  return plain.length === 0 ? links : plain;
}

/** A row that names its author may be shown to whoever sees what it is about: a comment, beside its post. */
function withCompany(tie: Tie, { links, root }: Known, ties: ReadonlyMap<number, Tie>): Tie {
  if (tie.relation.oid === root.oid || tie.isMembership || tie.links.some(({ to }) => to.oid !== root.oid))
    return tie;
  const about = links.from(tie.relation.oid).flatMap((link) => {
    const above = link.to.oid === root.oid ? undefined : ties.get(link.to.oid);
    return above === undefined ? [] : [{ link, above }];
  });
  const ways = about.reduce((sum, { above }) => sum + above.ways, tie.ways);
  if (about.length === 0 || ways > mostWays) return tie;
  const company = about.map(({ link, above }) => throughParent(link, above.belongsTo));
  return { ...tie, shown: anyOf([tie.shown, ...company]) };
}

/** Of groups, not the persons whom a row names: whoever wrote it, it is not theirs. */
function besideOf(
  { relation, columns, authors, isMembership }: Tie,
  { root, people, links }: Known,
  ties: ReadonlyMap<number, Tie>,
): readonly Rival[] {
  const deciding = [...columns, ...authors];
  const always = relation.columns.some(({ name, notNull }) => notNull && deciding.includes(name));
  if (relation.oid === root.oid || isMembership || always) return [];
  return links.from(relation.oid).flatMap((link): readonly Rival[] => {
    const tie = ties.get(link.to.oid);
    const decides = link.columns.some((column) => deciding.includes(column));
    if (tie === undefined || decides || link.to.oid === root.oid) return [];
    return people || !namesPerson(link.to.name) ? [{ link, belongsTo: tie.belongsTo, owned: tie.owned }] : [];
  });
}

function describePath(
  shared: readonly Membership[],
  scoped: readonly Scoped[],
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
function addParents(
  { links }: Known,
  ties: Map<number, Tie>,
  picked: (link: Link) => boolean,
  made: (tie: Tie) => Tie = (tie) => tie,
): void {
  let reached: readonly number[] = [...ties.keys()];
  for (let depth = 0; reached.length > 0 && depth < deepest; depth += 1) {
    const next = new Map<number, Tie>();
    for (const { from } of reached.flatMap((oid) => links.into(oid).filter(picked))) {
      if (ties.has(from.oid) || next.has(from.oid)) continue;
      const parents = links.from(from.oid).flatMap((link) => {
        const tie = picked(link) ? ties.get(link.to.oid) : undefined;
        return tie === undefined ? [] : [{ link, tie }];
      });
      const tie = parentTie(from, parents);
      if (tie !== null) next.set(from.oid, made(tie));
    }
    for (const [oid, tie] of next) ties.set(oid, tie);
    reached = [...next.keys()];
  }
}

type Parent = { readonly link: Link; readonly tie: Tie };

/** What it denies is surely another's, so it asks every parent; a policy asks those that say it best. */
function parentTie(relation: CatalogRelation, parents: readonly Parent[]): Tie | null {
  const best = Math.max(...parents.map((parent) => standing(relation, parent)));
  const chosen = parents.filter((parent) => standing(relation, parent) === best);
  const ways = waysOf(parents);
  const asked = ways <= mostWays ? parents : chosen;
  if (waysOf(asked) > mostWays) return null;
  const through = (among: readonly Parent[], pick: 'belongsTo' | 'ownedOutright' | 'policy') =>
    anyOf(among.map(({ link, tie }) => throughParent(link, tie[pick])));
  const belongsTo = through(asked, 'belongsTo');
  return {
    relation,
    path: chosen.map(({ link }) => `${link.columns.join(', ')} → ${link.to}`).join(' or '),
    columns: unique(asked.flatMap(({ link }) => link.columns)),
    links: asked.map(({ link }) => link),
    authors: [],
    belongsTo,
    ownedOutright: through(asked, 'ownedOutright'),
    shown: belongsTo,
    policy: through(chosen, 'policy'),
    owned: (alias) =>
      anyOf(asked.map(({ link, tie }) => throughParent(link, (inner) => tie.owned(inner))))(alias, ''),
    isMembership: false,
    ways: waysOf(asked),
    rivals: chosen.length > 1 ? chosen.map(({ link, tie }) => ({ link, ...tie })) : [],
    beside: [],
  };
}

function waysOf(parents: readonly Parent[]): number {
  return parents.reduce((sum, { tie }) => sum + tie.ways, 0);
}

/** How surely a row is its parent's: what its policies ask, that it has to have one, that it goes with it. */
function standing({ policies }: CatalogRelation, { link }: Parent): number {
  return (
    (policies.some(({ reads }) => reads.includes(`${link.to}`)) ? 8 : 0) +
    (namesPerson(link.to.name) ? 0 : 4) +
    (isRequired(link) ? 2 : 0) +
    (link.cascades ? 1 : 0)
  );
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
