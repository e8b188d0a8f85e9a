import type { Population } from '../../../core/see.ts';
import type { Catalog, CatalogRelation, Column } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { PostgresTarget } from '../types.ts';
import { type AuditLog, type Keyed, keyed } from './audit-log.ts';
import { snake, tableNames } from './names.ts';
import { requireSight } from './require-sight.ts';
import type { Tenancy } from './tenancy.ts';

/**
 * How what an entry names stands to who acted. `own`: a tenant has a part in both. `foreign`: surely another tenant's.
 * `shared`: nobody's, or of a table that belongs to no tenant. The others cannot be told any more, or never could.
 */
export type Standing = 'own' | 'foreign' | 'shared' | 'row gone' | 'actor gone' | 'no key';

/** One sampled entry, without any value of it. */
export type AuditEntry = {
  /** The table that it is about; `null` where it names none that there is. */
  readonly about: string | null;
  /** `null`: nobody acted, as by a job. */
  readonly row: Standing | null;
  /** The same of the space or tenant that it is filed under; `null` where it is under none. */
  readonly scope: Standing | null;
};

export type AuditSample = Population<AuditEntry> & { readonly table: string };

type Inspect = PostgresTarget['inspect'];
type Known = { readonly catalog: Catalog; readonly tenancy: Tenancy; readonly log: AuditLog };

/**
 * The newest entries of the audit log, and as many of random pages of it.
 *
 * @throws {BlindError} where the inspector may not see them all
 */
export async function sampleAudit(known: Known, inspect: Inspect, size: number): Promise<AuditSample> {
  const { table } = known.log;
  await requireSight(inspect, [table.oid, ...known.tenancy.ties.keys(), known.tenancy.root.oid]);
  const newest = await entriesOf(known.log, inspect, newestFrom(known.log), size);
  const random = await entriesOf(known.log, inspect, await randomFrom(table, size, inspect), size);
  const entries = [...new Map([...newest, ...random].map((entry) => [entry.place, entry])).values()];
  const groups = Map.groupBy(entries, ({ about }) => tableNamed(known, about));
  const items: AuditEntry[] = [];
  for (const [about, group] of groups) items.push(...(await standings(known, inspect, about, group)));
  return {
    table: `${table}`,
    items,
    how: `the newest ${newest.length} entries of ${table} and ${entries.length - newest.length} of random pages`,
    recount: { how: 'their places', count: entries.length },
  };
}

type Entry = {
  readonly place: string;
  readonly actor: string | null;
  readonly row: string | null;
  readonly about: string | null;
  readonly scope: string | null;
};

async function entriesOf(
  { actor, row, about, scope }: AuditLog,
  inspect: Inspect,
  { from, values }: { readonly from: string; readonly values: readonly unknown[] },
  limit: number,
): Promise<readonly Entry[]> {
  const text = (column: Column | null): string =>
    column === null ? 'null::text' : `l.${quoted(column.name)}::text`;
  return inspect<Entry>(
    `select l.tableoid || ' ' || l.ctid::text as place, ${text(actor)} as actor, ${text(row)} as "row",
       ${text('base' in about ? about : null)} as about, ${text(scope?.column ?? null)} as scope
     from ${from} limit ${limit}`,
    values,
  );
}

function newestFrom({ table, at }: AuditLog) {
  return { from: `${quotedRelation(table)} l order by l.${quoted(at.name)} desc nulls last`, values: [] };
}

/** Whole pages are drawn, one for each entry that is wanted, so that the cost is bounded however long the log is. */
async function randomFrom(table: CatalogRelation, size: number, inspect: Inspect) {
  const [row] = await inspect<{ pages: number }>(
    `select coalesce(sum(pg_relation_size(p.relid)), 0)::float8 / current_setting('block_size')::float8 as pages
     from pg_partition_tree($1::oid::regclass) p where p.isleaf`,
    [table.oid],
  );
  const percent = Math.min(100, (100 * size) / Math.max(1, row?.pages ?? 1));
  return { from: `${quotedRelation(table)} l tablesample system ($1) order by random()`, values: [percent] };
}

/** `accounts`, `public.accounts`, and `Account` as an ORM calls its model. */
function tableNamed({ catalog, log }: Known, about: string | null): CatalogRelation | null {
  if (!('base' in log.about)) return log.about;
  if (about === null) return null;
  const exact = catalog.named(about);
  if (exact !== undefined) return exact;
  const names = tableNames(snake(about));
  const alike = catalog.relations.filter(({ name }) => names.includes(snake(name)));
  return alike.length === 1 ? (alike[0] ?? null) : null;
}

async function standings(
  known: Known,
  inspect: Inspect,
  about: CatalogRelation | null,
  entries: readonly Entry[],
): Promise<readonly AuditEntry[]> {
  const { tenancy, log } = known;
  const target = about === null ? null : keyed(about, tenancy);
  const belongsToNobody = about !== null && !tenancy.ties.has(about.oid) && about.oid !== tenancy.root.oid;
  const rows = await compare(known, inspect, target, entries, ({ row }) => row);
  const scopes = await compare(known, inspect, log.scope, entries, ({ scope }) => scope);
  return entries.map((entry, index) => ({
    about: about === null ? null : `${about}`,
    row: entry.actor === null ? null : belongsToNobody ? 'shared' : (rows[index] ?? 'no key'),
    scope: entry.actor === null || entry.scope === null ? null : (scopes[index] ?? null),
  }));
}

/** Where each entry's actor stands to the row of `target` that it names; all `null` where there is no such table. */
async function compare(
  { log: { actors }, tenancy }: Known,
  inspect: Inspect,
  target: Keyed | null,
  entries: readonly Entry[],
  named: (entry: Entry) => string | null,
): Promise<readonly (Standing | null)[]> {
  if (target === null) return entries.map(() => null);
  const found = await inspect<{ there: boolean; known: boolean; own: boolean; owned: boolean }>(
    `select r.${quoted(target.key.name)} is not null as there, a.${quoted(actors.key.name)} is not null as known,
       coalesce(${sameTenant(actors, target, tenancy)}, false) as own, coalesce(${ownedBy(target)}, false) as owned
     from unnest($1::text[], $2::text[]) with ordinality as e(actor, named, place)
     left join ${quotedRelation(actors.relation)} a on a.${quoted(actors.key.name)} = e.actor::${actors.key.type}
     left join ${quotedRelation(target.relation)} r on r.${quoted(target.key.name)} = e.named::${target.key.type}
     order by e.place`,
    [
      entries.map(({ actor }) => fitting(actors.key, actor)),
      entries.map((entry) => fitting(target.key, named(entry))),
    ],
  );
  return found.map(({ there, known, own, owned }): Standing => {
    if (!there) return 'row gone';
    if (!known) return 'actor gone';
    if (own) return 'own';
    return owned ? 'foreign' : 'shared';
  });
}

/** SQL that says whether some tenant has a part in both the actor `a` and the row `r`. */
function sameTenant(actors: Keyed, target: Keyed, { root, key }: Tenancy): string {
  const part = ({ tie }: Keyed, alias: string, tenant: string): string =>
    tie === null ? `${alias}.${quoted(key.name)} = ${tenant}` : tie.belongsTo(alias, tenant);
  if (actors.tie === null) return part(target, 'r', `a.${quoted(key.name)}`);
  const tenant = `k.${quoted(key.name)}`;
  return `exists (select from ${quotedRelation(root)} k where ${part(actors, 'a', tenant)} and ${part(target, 'r', tenant)})`;
}

function ownedBy({ tie }: Keyed): string {
  return tie === null ? 'true' : tie.owned('r');
}

/** What cannot be a value of the key names no row; asked for, it would be an error. */
function fitting({ base }: Column, text: string | null): string | null {
  const form = forms[base];
  return text === null || (form !== undefined && !form.test(text)) ? null : text;
}

const forms: Readonly<Record<string, RegExp>> = {
  uuid: /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i,
  int2: /^-?\d{1,4}$/,
  int4: /^-?\d{1,9}$/,
  int8: /^-?\d{1,18}$/,
};
