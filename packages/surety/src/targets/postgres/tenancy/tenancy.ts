import { BlindError } from '../../../core/error.ts';
import type { Catalog, CatalogRelation, Column } from '../catalog/catalog.ts';
import type { TenancyFacts } from '../facts.ts';
import { declaredPaths } from './declared-paths.ts';
import { indexed } from './link-index.ts';
import { declaredLinks, impliedLinks, type Link, sameNames, throughComposites } from './links.ts';
import { findMemberships, type Membership } from './memberships.ts';
import { namesPerson, stemOf } from './names.ts';
import type { Predicate } from './predicates.ts';
import { findRoot } from './root.ts';
import { lapsedSql, standingColumns } from './standing.ts';
import { tiesOf } from './ties.ts';

export type { Predicate } from './predicates.ts';

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
  /** How many ways lead to its tenant: what the text of its predicates grows with. */
  readonly ways: number;
  /** Parents of which each says as well as the others whose a row is; none where one says it best. */
  readonly rivals: readonly Rival[];
  /** Parents that decide nothing, where all columns that do may be empty: they know better whose such a row is. */
  readonly beside: readonly Rival[];
};

export type Rival = { readonly link: Link } & Pick<Tie, 'belongsTo' | 'owned'>;

export type Tenancy = {
  readonly setting: string;
  readonly root: CatalogRelation;
  readonly key: Column;
  /** The tenants are persons, who may share what they see; else they are groups, whose rows are theirs alone. */
  readonly people: boolean;
  /** By oid. */
  readonly ties: ReadonlyMap<number, Tie>;
  /** The same where memberships that by their looks are over, or not yet accepted, give nothing. */
  readonly countedTies: ReadonlyMap<number, Tie>;
  /** Memberships that say by their looks whether they count. */
  readonly lapses: readonly Lapse[];
  /** Why nothing says whose the rows of a relation without a tie are. */
  whyPathless(oid: number): string;
};

/** A membership and the columns by which one is over; `lapsed` is SQL of the row called `alias`. */
export type Lapse = {
  readonly membership: Membership;
  readonly columns: readonly string[];
  readonly lapsed: (alias: string) => string;
};

/**
 * Whose the rows of every relation are, from the catalog alone.
 *
 * @throws {BlindError} `postgres/no-root`, `postgres/json-setting`, `postgres/no-path`
 */
export function discoverTenancy(catalog: Catalog, facts: TenancyFacts): Tenancy {
  refuseJson(catalog, facts.setting);
  const declared = declaredLinks(catalog);
  const { root, key } = findRoot(catalog, facts, declared);
  const stem = stemOf(facts.setting);
  const composed = [...declared, ...throughComposites(declared, root, key)];
  const implied = impliedLinks(catalog, composed, root, key, stem);
  const found = [...composed, ...implied.links].filter(({ from, to }) => from.oid !== to.oid);
  const paths = declaredPaths(catalog, facts.paths ?? {}, found, { root, key });
  const links = indexed([...found.filter(({ from }) => !paths.has(from.oid)), ...paths.values()]);
  const direct = indexed(links.into(root.oid).filter((link) => sameNames(link.toColumns, [key.name])));
  const people = namesPerson(root.name) || namesPerson(stem);
  const memberships = findMemberships(catalog, links, direct);
  const known = { catalog, root, key, stem, people, links, direct };
  const ties = tiesOf({ ...known, memberships });
  const lapses = memberships.flatMap((membership): readonly Lapse[] => {
    const columns = standingColumns(membership.table);
    const lapsed = (alias: string) => lapsedSql(alias, columns);
    return columns.length === 0 ? [] : [{ membership, columns: columns.map(({ name }) => name), lapsed }];
  });
  const counted = memberships.map((membership): Membership => {
    const lapse = lapses.find((one) => one.membership === membership);
    return lapse === undefined
      ? membership
      : { ...membership, counts: (alias) => `not ${lapse.lapsed(alias)}` };
  });
  return {
    setting: facts.setting,
    root,
    key,
    people,
    ties,
    countedTies: lapses.length === 0 ? ties : tiesOf({ ...known, memberships: counted }),
    lapses,
    whyPathless: (oid) =>
      whyPathless(links.from(oid), ties, implied.unclear.get(oid) ?? [], declaredTo(declared, oid)),
  };
}

function declaredTo(links: readonly Link[], oid: number): readonly CatalogRelation[] {
  return links.flatMap(({ from, to }) => (from.oid === oid ? [to] : []));
}

function whyPathless(
  links: readonly Link[],
  ties: ReadonlyMap<number, Tie>,
  unclear: readonly string[],
  ends: readonly CatalogRelation[],
): string {
  const [reason] = unclear;
  if (reason !== undefined) return `${reason}: say which column leads to the tenant, as tenancy.paths`;
  const names = [...new Set(links.map(({ to }) => `${to}`))].join(', ');
  if (links.some(({ to }) => ties.has(to.oid)))
    return `its keys lead to ${names}, and more ways than can be asked lead from there to a tenant: name one as tenancy.paths`;
  if (links.length > 0) return `its keys lead to ${names}, and from there none leads to a tenant`;
  if (ends.length > 0) return 'its only key leads to itself';
  return 'no foreign key, and no column named like one, leads to a tenant';
}

/** Where a setting holds claims as JSON, a tenant's key alone is no value of it. */
function refuseJson(catalog: Catalog, setting: string): void {
  const name = setting.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const asJson = new RegExp(`current_setting\\('${name}'[^)]*\\)[^=]*::jsonb?\\b`, 'i');
  const read = (text: string | null): boolean => text !== null && asJson.test(text);
  const policy =
    /\.claims$/i.test(setting) ||
    catalog.relations.some(({ policies }) => policies.some(({ using, check }) => read(using) || read(check)));
  if (!policy) return;
  throw new BlindError(
    'postgres/json-setting',
    `${setting} holds claims as JSON, not the key of a tenant`,
    'let policies ask for a setting that holds the key alone, such as request.jwt.claim.sub, and name that one',
  );
}
