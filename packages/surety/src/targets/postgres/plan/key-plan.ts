import { createHash } from 'node:crypto';
import type { Change } from '../../../core/plan.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Link } from '../tenancy/links.ts';
import type { PlanContext } from './context.ts';
import { changeOf, type Draft, listed } from './draft.ts';
import type { Key } from './surroundings.ts';

/** A foreign key that could carry the tenant: both ends name it in a column of their own. */
export type LooseKey = {
  readonly key: Key;
  readonly child: CatalogRelation;
  readonly parent: CatalogRelation;
  /** The column that names the tenant, in each. */
  readonly childTenant: string;
  readonly parentTenant: string;
};

/** One statement that counts what a proposal would break, by its id; at most `mostCounted`. */
export type Count = { readonly id: string; readonly sql: string };

const mostCounted = 1_000;

/** `on delete set null (column)` exists since this version. */
const partialSetNull = 150_000;

export function looseKeys({ catalog, tenancy, around }: PlanContext): readonly LooseKey[] {
  return around.keys
    .filter(({ kind }) => kind === 'foreign key')
    .flatMap((key): readonly LooseKey[] => {
      const child = catalog.relation(key.relation);
      const parent = catalog.relation(key.to);
      if (
        child === undefined ||
        parent === undefined ||
        child.kind === 'partition' ||
        parent.kind !== 'table'
      )
        return [];
      const below = tenantLink(tenancy.ties.get(child.oid)?.links, parent.oid);
      const above = tenantLink(tenancy.ties.get(parent.oid)?.links, parent.oid);
      if (below === null || above === null || below.to !== above.to) return [];
      if (key.columns.includes(below.column) || key.toColumns.includes(above.column)) return [];
      const emptying =
        key.onDelete === 'n' || key.onDelete === 'd' || key.onUpdate === 'n' || key.onUpdate === 'd';
      if (key.matchFull || (emptying && (around.version < partialSetNull || key.onDelete !== 'n'))) return [];
      return [{ key, child, parent, childTenant: below.column, parentTenant: above.column }];
    });
}

/** The one column that says whose a row is, and the table that it leads to; not a link to the parent itself. */
function tenantLink(
  links: readonly Link[] | undefined,
  parent: number,
): { readonly column: string; readonly to: number } | null {
  const [link, second] = links ?? [];
  const [column, more] = link?.columns ?? [];
  if (link === undefined || second !== undefined || column === undefined || more !== undefined) return null;
  return link.to.oid === parent ? null : { column, to: link.to.oid };
}

/** Rows that point at a parent of another tenant. */
export function countsFor({ key, child, parent, childTenant, parentTenant }: LooseKey): Count {
  const same = key.columns.map(
    (column, index) => `p.${quoted(key.toColumns[index] ?? '')} = c.${quoted(column)}`,
  );
  return {
    id: idOf(key, child),
    sql: `select count(*)::int from (select from ${quotedRelation(child)} c join ${quotedRelation(parent)} p on ${same.join(' and ')}
      where c.${quoted(childTenant)} is distinct from p.${quoted(parentTenant)} limit ${mostCounted}) broken`,
  };
}

const idOf = ({ name }: Key, relation: CatalogRelation): string => `key ${relation}.${name}`;

/**
 * One proposal for each foreign key, the next of three steps that is still to do: a unique index on the parent that begins
 * with the tenant, a second foreign key that new rows must meet, and, when the old rows are found to meet it too, the end
 * of the first. Each locks for a moment only.
 */
export function proposeForeignKeys(
  context: PlanContext,
  counts: ReadonlyMap<string, number | null>,
): readonly Change[] {
  const indexed = new Set<string>();
  return looseKeys(context).flatMap((loose) => {
    const index = parentIndex(loose);
    // Several children may want one index.
    const change = nextStep(loose, index, context, counts.get(idOf(loose.key, loose.child)) ?? null);
    if (change === null || indexed.has(change.id)) return [];
    indexed.add(change.id);
    return [change];
  });
}

type Index = { readonly name: string; readonly columns: readonly string[] };

function parentIndex({ key, parent, parentTenant }: LooseKey): Index {
  const columns = [parentTenant, ...key.toColumns];
  return { name: nameFor(parent.name, columns, 'key'), columns };
}

function nextStep(
  loose: LooseKey,
  index: Index,
  { around, catalog, target }: PlanContext,
  broken: number | null,
): Change | null {
  const { key, child, parent, childTenant } = loose;
  const columns = [childTenant, ...key.columns];
  const indexed = catalog.relation(parent.oid)?.uniques.some((unique) => sameSet(unique, index.columns));
  const made = around.keys.find(
    (one) =>
      one.kind === 'foreign key' &&
      one.relation === child.oid &&
      one.to === parent.oid &&
      sameSet(one.columns, columns),
  );
  const why = `a foreign key without the tenant tells whether a row of another tenant exists${key.onDelete === 'c' ? ', and deletes across tenants' : ''}`;
  const found = `${countText(broken)} of ${child} ${broken === 1 ? 'points' : 'point'} at ${parent} of another tenant`;
  if (indexed !== true) return changeOf(firstStep(parent, index, `${why}; ${found}`), target);
  if (made === undefined) {
    const name = nameFor(child.name, columns, 'fkey');
    return changeOf(secondStep(loose, index, name, `${why}; ${found}`), target);
  }
  return changeOf(lastStep(loose, made, found), target);
}

function firstStep(parent: CatalogRelation, index: Index, why: string): Draft {
  return {
    id: `index ${parent}.${index.name}`,
    title: `make ${listed(index.columns)} of ${parent} unique together, for foreign keys that carry the tenant`,
    steps: [concurrently(parent, index)],
    proposed: `${why}; the first of three steps, plan again after it`,
    alone: true,
  };
}

function secondStep(loose: LooseKey, index: Index, name: string, why: string): Draft {
  const { key, child, parent } = loose;
  const table = quotedRelation(child);
  // A partitioned table takes no foreign key that is not checked at once.
  const later = child.kind === 'partitioned table' ? '' : ' not valid';
  return {
    id: idOf(key, child),
    title: `let new rows of ${child} point only at ${parent} of their own tenant`,
    steps: [
      {
        sql: `alter table ${table} add constraint ${quoted(name)} ${withTenant(loose, index)}${later}`,
        undo: `alter table ${table} drop constraint ${quoted(name)}`,
      },
    ],
    proposed: `${why}; the second of three steps, plan again after it`,
  };
}

function lastStep({ key, child }: LooseKey, made: Key, found: string): Draft {
  const table = quotedRelation(child);
  const name = quoted(made.name);
  const check = {
    sql: `alter table ${table} validate constraint ${name}`,
    undo: `alter table ${table} drop constraint ${name}, add constraint ${name} ${made.definition}`,
  };
  return {
    id: idOf(key, child),
    title: `check the old rows of ${child}, and let go of ${key.name}, which does not ask for the tenant`,
    steps: [
      ...(made.validated ? [] : [check]),
      {
        sql: `alter table ${table} drop constraint ${quoted(key.name)}`,
        undo: `alter table ${table} add constraint ${quoted(key.name)} ${key.definition}`,
      },
    ],
    proposed: `${found}, which must be mended first where there are any; the last of three steps`,
  };
}

function withTenant({ key, parent, childTenant }: LooseKey, index: Index): string {
  const actions: Readonly<Record<string, string>> = {
    c: 'cascade',
    r: 'restrict',
    n: `set null (${key.columns.map(quoted).join(', ')})`,
  };
  const onDelete = actions[key.onDelete];
  const onUpdate = actions[key.onUpdate];
  return [
    `foreign key (${[childTenant, ...key.columns].map(quoted).join(', ')})`,
    `references ${quotedRelation(parent)} (${index.columns.map(quoted).join(', ')})`,
    ...(onDelete === undefined ? [] : [`on delete ${onDelete}`]),
    ...(onUpdate === undefined ? [] : [`on update ${onUpdate}`]),
    ...(key.deferrable ? ['deferrable'] : []),
    ...(key.deferred ? ['initially deferred'] : []),
  ].join(' ');
}

/** Keys that people or other systems gave out, unique over all tenants: whoever tries one learns whether somebody has it. */
export function proposeUniques({ catalog, tenancy, around, target }: PlanContext): readonly Change[] {
  return around.keys.flatMap((key) => {
    const relation = catalog.relation(key.relation);
    const tie = relation === undefined ? undefined : tenancy.ties.get(relation.oid);
    const link = tenantLink(tie?.links, -1);
    if (
      relation === undefined ||
      tie === undefined ||
      tie.isMembership ||
      link === null ||
      relation.kind !== 'table'
    )
      return [];
    if (
      key.kind === 'foreign key' ||
      key.referred ||
      key.columns.includes(link.column) ||
      key.definition.startsWith('EXCLUDE')
    )
      return [];
    // Where a tenant has one row, as in the table of tenants itself, a key within the tenant would bind nothing.
    if (relation.uniques.some((unique) => sameSet(unique, [link.column]))) return [];
    const guessable = relation.columns.some(
      ({ name, base, generated }) => key.columns.includes(name) && base !== 'uuid' && !generated,
    );
    if (!guessable || tie.authors.some((author) => key.columns.includes(author))) return [];
    const columns = [link.column, ...key.columns];
    const index = { name: nameFor(relation.name, columns, 'key'), columns };
    const table = quotedRelation(relation);
    const made = relation.uniques.some((unique) => sameSet(unique, columns));
    const what = `${listed(key.columns)} of ${relation}`;
    const proposed = `whoever adds ${what} learns whether another tenant has it; no row breaks this; is it meant to be unique over all tenants?`;
    const draft = made
      ? {
          id: `key ${relation}.${key.name}`,
          title: `let ${key.name} go, which makes ${what} unique over all tenants`,
          steps: [
            key.kind === 'unique'
              ? {
                  sql: `alter table ${table} drop constraint ${quoted(key.name)}`,
                  undo: `alter table ${table} add constraint ${quoted(key.name)} ${key.definition}`,
                }
              : { sql: `drop index ${quoted(relation.schema)}.${quoted(key.name)}`, undo: key.definition },
          ],
          proposed: `${proposed} The last of two steps`,
        }
      : {
          id: `index ${relation}.${index.name}`,
          title: `make ${what} unique within the tenant`,
          steps: [concurrently(relation, index)],
          proposed: `${proposed} The first of two steps, plan again after it`,
          alone: true as const,
        };
    return changeOf(draft, target) ?? [];
  });
}

function concurrently(relation: CatalogRelation, { name, columns }: Index) {
  return {
    sql: `create unique index concurrently if not exists ${quoted(name)} on ${quotedRelation(relation)} (${columns.map(quoted).join(', ')})`,
    undo: `drop index concurrently if exists ${quoted(relation.schema)}.${quoted(name)}`,
  };
}

function countText(count: number | null): string {
  if (count === null) return 'nobody counted how many rows';
  return count === 1 ? '1 row' : `${count === mostCounted ? `at least ${count}` : count} rows`;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

/** A name as PostgreSQL would make it; longer ones would be cut off and could meet. */
function nameFor(table: string, columns: readonly string[], end: string): string {
  const name = [table, ...columns, end].join('_');
  if (Buffer.byteLength(name) <= 63) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${Buffer.from(name)
    .subarray(0, 63 - digest.length - 1)
    .toString()
    .replace(/\uFFFD$/, '')}_${digest}`;
}
