import type { AttackSession } from '../attack/attack-session.ts';
import { inPieces } from '../attack/in-pieces.ts';
import type { Catalog, CatalogRelation } from '../catalog/catalog.ts';
import { isTable } from '../catalog/catalog.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import type { Echoes } from './echoes.ts';
import type { Callable } from './functions.ts';
import type { Sought } from './search-sql.ts';

/** Some tables to be written to, and where what was written may show. */
export type Round = {
  readonly ties: readonly Tie[];
  /** Of the relations that the role may read: those whose rows lead to a tenant, and all others. */
  readonly tied: readonly CatalogRelation[];
  readonly others: readonly CatalogRelation[];
  /** What the others are searched for: what was there before shows in the first round already. */
  readonly sought: Sought;
  /** Whether the function may show it. */
  readonly shownBy: (callable: Callable) => boolean;
};

type Field = {
  readonly session: Pick<AttackSession, 'tenancy' | 'tablesAtOnce'>;
  readonly catalog: Catalog;
  /** Tables that are written to. */
  readonly ties: readonly Tie[];
  readonly readable: readonly CatalogRelation[];
  readonly echoes: Echoes;
  /** Views that call functions, which may read anything. */
  readonly calling: ReadonlySet<number>;
};

/**
 * As many rounds as it takes to stay far from what a server can lock for one transaction. Tables whose writing sets something
 * off come first: what they write may show anywhere, that of the others only in themselves, their kin and what reads them.
 */
export function roundsOf({ session, catalog, ties, readable, echoes, calling }: Field): readonly Round[] {
  const { tenancy, tablesAtOnce } = session;
  const isEchoing = ({ relation }: Tie): boolean => echoes.has(relation.oid);
  const isTied = (relation: CatalogRelation): boolean => isTable(relation) && tenancy.ties.has(relation.oid);
  const tied = readable.filter(isTied);
  const others = readable.filter((relation) => !isTied(relation));
  if (ties.length <= tablesAtOnce) {
    return [{ ties, tied, others, sought: 'all', shownBy: () => true }];
  }
  const family = familiesOf(catalog);
  const pieces = [
    ...inPieces(ties.filter(isEchoing), tablesAtOnce),
    ...inPieces(
      ties.filter((tie) => !isEchoing(tie)),
      tablesAtOnce,
    ),
  ];
  return pieces.map((some, place): Round => {
    const sought = place === 0 ? 'all' : 'planted';
    if (some.some(isEchoing)) return { ties: some, tied, others, sought, shownBy: () => true };
    const written = new Set(some.map(({ relation }) => family(relation)));
    const kin = tied.filter((relation) => written.has(family(relation)));
    const readers = readersOf(catalog, [...some.map(({ relation }) => relation), ...kin]);
    const mayShow = ({ oid, kind, readsFrom }: CatalogRelation): boolean =>
      readers.has(oid) || calling.has(oid) || (kind === 'view' && readsFrom.length === 0);
    const names = [...readers].flatMap((oid) => catalog.relation(oid)?.name.toLowerCase() ?? []);
    return {
      ties: some,
      tied: kin,
      others: place === 0 ? others : others.filter(mayShow),
      sought,
      shownBy: ({ text }) => place === 0 || text === null || names.some((name) => text.includes(name)),
    };
  });
}

/** A table of each family of partitions and heirs, which show each other's rows. */
function familiesOf(catalog: Catalog): (relation: CatalogRelation) => number {
  return (relation) => {
    let head = relation;
    for (let above = head.parents[0]; above !== undefined; above = head.parents[0]) {
      const parent = catalog.relation(above);
      if (parent === undefined) break;
      head = parent;
    }
    return head.oid;
  };
}

/** Those relations and all that read them, directly or through others. */
function readersOf(catalog: Catalog, relations: readonly CatalogRelation[]): ReadonlySet<number> {
  const found = new Set(relations.map(({ oid }) => oid));
  const names = new Set(relations.map(String));
  const views = catalog.relations.filter(({ readsFrom }) => readsFrom.length > 0);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const view of views) {
      if (!view.readsFrom.some((name) => names.has(name))) continue;
      found.add(view.oid);
      names.add(`${view}`);
    }
  }
  return found;
}

/** Views that call a function which is not the server's own. */
export const callingSql = `
  select distinct w.ev_class as oid from pg_catalog.pg_rewrite w join pg_catalog.pg_depend d
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
      and d.refclassid = 'pg_catalog.pg_proc'::regclass`;
