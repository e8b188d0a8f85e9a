import { BlindError } from '../../../core/error.ts';
import { type Catalog, type CatalogRelation, type Column, isTable } from '../catalog/catalog.ts';
import type { TenancyFacts } from '../facts.ts';
import { snake, tableNames } from './names.ts';
import type { Tenancy, Tie } from './tenancy.ts';

/** Which columns of which table say who did what to which row. */
export type AuditLog = {
  readonly table: CatalogRelation;
  readonly actor: Column;
  /** Where the actor's key is a key. */
  readonly actors: Keyed;
  readonly row: Column;
  /** The column that names the table of the row, or the one table that all entries are about. */
  readonly about: Column | CatalogRelation;
  /** The column of what the entry is filed under, and where that is a key; `null` where it has none. */
  readonly scope: (Keyed & { readonly column: Column }) | null;
  /** What the newest entries are told by. */
  readonly at: Column;
};

/** A table with one column that names its rows, and whose they are. */
export type Keyed = { readonly relation: CatalogRelation; readonly key: Column; readonly tie: Tie | null };

/**
 * The audit log as the estate names it, else as its name and columns say it.
 *
 * @throws {BlindError} `postgres/no-audit-log`, `postgres/audit-log`
 */
export function findAuditLog(catalog: Catalog, tenancy: Tenancy, facts: TenancyFacts): AuditLog {
  const { audit } = facts;
  if (audit === undefined) return discovered(catalog, tenancy);
  const table = catalog.named(audit.table);
  if (table === undefined) throw unclear(`there is no table ${audit.table}`);
  const column = (name: string): Column => {
    const found = table.columns.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw unclear(`${table} has no column ${name}`);
  };
  const about = table.columns.find(({ name }) => name === audit.about) ?? catalog.named(audit.about);
  if (about === undefined) throw unclear(`${audit.about} is neither a column of ${table} nor a table`);
  const actors = audit.actors === undefined ? undefined : catalog.named(audit.actors);
  if (audit.actors !== undefined && actors === undefined) throw unclear(`there is no table ${audit.actors}`);
  const named = {
    actor: column(audit.actor),
    row: column(audit.row),
    about,
    scope: audit.scope === undefined ? null : column(audit.scope),
    at: audit.at === undefined ? null : column(audit.at),
  };
  return complete(table, named, actors, catalog, tenancy);
}

const logName =
  /(^|_)(audit|audits|auditing)(_|$)|(^|_)(activity|activities|change|changes|access|history)_(log|logs|entries|records)$/;

const columnNames = {
  actor: [
    'actor_id',
    'actor',
    'actor_user_id',
    'performed_by',
    'done_by',
    'changed_by',
    'acted_by',
    'user_id',
    'created_by',
  ],
  row: [
    'row_id',
    'entity_id',
    'record_id',
    'resource_id',
    'target_id',
    'object_id',
    'subject_id',
    'row_key',
    'row_pk',
    'auditable_id',
  ],
  about: [
    'table_name',
    'entity',
    'entity_type',
    'entity_name',
    'resource',
    'resource_type',
    'record_type',
    'target_type',
    'target_table',
    'object_type',
    'subject_type',
    'relation',
    'model',
    'auditable_type',
  ],
  at: [
    'at',
    'created_at',
    'occurred_at',
    'happened_at',
    'performed_at',
    'logged_at',
    'acted_at',
    'recorded_at',
    'timestamp',
    'ts',
    'time',
  ],
} as const;

function discovered(catalog: Catalog, tenancy: Tenancy): AuditLog {
  const tables = catalog.relations.filter(
    (relation) => isTable(relation) && relation.parents.length === 0 && logName.test(snake(relation.name)),
  );
  const whole = tables.flatMap((table) => {
    const pick = (names: readonly string[]): Column | null => firstNamed(table, names);
    const [actor, row, about] = [pick(columnNames.actor), pick(columnNames.row), pick(columnNames.about)];
    return actor === null || row === null || about === null ? [] : [{ table, actor, row, about }];
  });
  const [only, second] = whole;
  if (only !== undefined && second === undefined) {
    const { table, ...named } = only;
    return complete(table, { ...named, scope: null, at: null }, undefined, catalog, tenancy);
  }
  if (only !== undefined)
    throw unclear(`${whole.map(({ table }) => `${table}`).join(', ')} all look like one`);
  const [half] = tables;
  if (half !== undefined)
    throw unclear(`${half} has no columns whose names say who, which table and which row`);
  throw new BlindError(
    'postgres/no-audit-log',
    'no table is named like an audit log',
    'keep one: who, which table, which row; or name it as tenancy.audit of the target',
  );
}

type Named = {
  readonly actor: Column;
  readonly row: Column;
  readonly about: Column | CatalogRelation;
  readonly scope: Column | null;
  readonly at: Column | null;
};

function complete(
  table: CatalogRelation,
  named: Named,
  actors: CatalogRelation | undefined,
  catalog: Catalog,
  tenancy: Tenancy,
): AuditLog {
  const root: Keyed = { relation: tenancy.root, key: tenancy.key, tie: null };
  const at = named.at ?? firstNamed(table, columnNames.at) ?? keyColumn(table);
  if (at === null) throw unclear(`${table} has no column that tells its newest entries`);
  const who =
    actors === undefined ? referenced(table, named.actor, catalog, tenancy) : keyed(actors, tenancy);
  if (who === null && named.actor.base !== root.key.base && actors === undefined)
    throw unclear(
      `${table}.${named.actor.name} is no key of ${root.relation}, and no foreign key says of what`,
    );
  if (actors !== undefined && who === null) throw unclear(`no column names a row of ${actors} by itself`);
  return {
    table,
    actor: named.actor,
    actors: who ?? root,
    row: named.row,
    about: named.about,
    scope: scopeOf(table, named, catalog, tenancy),
    at,
  };
}

/** What an entry is filed under: the declared column, else another than the actor whose key leads to a tenant. */
function scopeOf(
  table: CatalogRelation,
  { actor, row, scope }: Named,
  catalog: Catalog,
  tenancy: Tenancy,
): AuditLog['scope'] {
  const columns = scope === null ? table.columns.filter((one) => one !== actor && one !== row) : [scope];
  for (const column of columns) {
    const target = referenced(table, column, catalog, tenancy) ?? impliedScope(column, catalog, tenancy);
    if (target !== null) return { ...target, column };
  }
  if (scope !== null) throw unclear(`nothing says of which table ${table}.${scope.name} is a key`);
  return null;
}

function referenced(
  { foreignKeys }: CatalogRelation,
  { name }: Column,
  catalog: Catalog,
  tenancy: Tenancy,
): Keyed | null {
  const key = foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === name);
  const relation = key === undefined ? undefined : catalog.relation(key.to);
  return relation === undefined ? null : keyed(relation, tenancy, key?.toColumns[0]);
}

/** An audit log rarely has foreign keys: what it names may be gone. `space_id` then names a row of `spaces`. */
function impliedScope({ name, base }: Column, catalog: Catalog, tenancy: Tenancy): Keyed | null {
  const [, stem] = /^(.+)_(?:id|uuid|key)$/.exec(snake(name)) ?? [];
  if (stem === undefined) return null;
  const relation = catalog.relations.find(
    (one) => tenancy.ties.has(one.oid) && tableNames(stem).includes(snake(one.name)),
  );
  const found = relation === undefined ? null : keyed(relation, tenancy);
  return found?.key.base === base ? found : null;
}

/** `null` where no column names its rows by itself, or nothing says whose they are. */
export function keyed(relation: CatalogRelation, tenancy: Tenancy, column?: string): Keyed | null {
  if (relation.oid === tenancy.root.oid) return { relation, key: tenancy.key, tie: null };
  const tie = tenancy.ties.get(relation.oid);
  const key =
    column === undefined ? keyColumn(relation) : relation.columns.find(({ name }) => name === column);
  return tie === undefined || key === undefined || key === null ? null : { relation, key, tie };
}

/** The column that other tables name its rows by: the key of one column, `id` where there are several. */
function keyColumn({ columns, uniques }: CatalogRelation): Column | null {
  const single = uniques.filter((unique) => unique.length === 1).flat();
  const name = single.includes('id') ? 'id' : single[0];
  return columns.find((column) => column.name === name) ?? null;
}

function firstNamed({ columns }: CatalogRelation, names: readonly string[]): Column | null {
  for (const wanted of names) {
    const found = columns.find(({ name }) => snake(name) === wanted);
    if (found !== undefined) return found;
  }
  return null;
}

function unclear(fact: string): BlindError {
  return new BlindError(
    'postgres/audit-log',
    `which table is the audit log, and what its columns mean, is not clear: ${fact}`,
    'say it as tenancy.audit of the target: table, actor, row, about',
  );
}
