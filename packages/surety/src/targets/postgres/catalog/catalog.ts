import type { Connection } from '../connection.ts';
import type { Command, Policy, Relation, RelationKind, SideDoor } from '../types.ts';
import {
  columnsSql,
  foreignKeysSql,
  functionsSql,
  ownersSql,
  policiesSql,
  readsFromSql,
  relationsSql,
  sideDoorsSql,
  triggersSql,
  uniquesSql,
} from './catalog-sql.ts';

export type Column = {
  readonly name: string;
  /** As SQL writes it: `character varying(40)`, `app.mood`. */
  readonly type: string;
  /** `pg_type.typcategory` of what is below a domain: N numbers, S texts, U others such as uuid. */
  readonly category: string;
  /** Of what is below a domain: `uuid`, `int4`. */
  readonly base: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** The server makes its value: generated, or identity always. */
  readonly generated: boolean;
  readonly grants: readonly Command[];
  /** Of an enum. */
  readonly labels: readonly string[];
};

export type ForeignKey = {
  readonly columns: readonly string[];
  /** Oid of the table that it points to, and the columns there. */
  readonly to: number;
  readonly toColumns: readonly string[];
};

export type Trigger = {
  readonly name: string;
  readonly commands: readonly Command[];
  readonly language: string;
  readonly trusted: boolean;
  readonly source: string;
};

export type CatalogRelation = Relation & {
  readonly columns: readonly Column[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Column sets without a duplicate or null, the primary key first. */
  readonly uniques: readonly (readonly string[])[];
  readonly triggers: readonly Trigger[];
};

/** Everything about the shape of a database that controls ask for. */
export type Catalog = {
  readonly relations: readonly CatalogRelation[];
  readonly sideDoors: readonly SideDoor[];
  relation(oid: number): CatalogRelation | undefined;
  named(name: string): CatalogRelation | undefined;
};

/** Reads the catalog as the connection's role, whose privileges it tells. */
export async function readCatalog(connection: Connection, setting: string | null): Promise<Catalog> {
  const relations = await connection.rows<RelationRow>(relationsSql);
  const columns = await connection.rows<ColumnRow>(columnsSql);
  const foreignKeys = await connection.rows<ForeignKey & { relation: number }>(foreignKeysSql);
  const uniques = await connection.rows<{ relation: number; columns: string[] }>(uniquesSql);
  const triggers = await connection.rows<Trigger & { relation: number }>(triggersSql);
  const policies = await connection.rows<PolicyRow>(policiesSql);
  const functions = await connection.rows<FunctionRow>(functionsSql);
  const reads = await connection.rows<{ relation: number; reads: number }>(readsFromSql);
  const owners = await connection.rows<OwnerRow>(ownersSql);
  const doors = await connection.rows<DoorRow>(sideDoorsSql);
  const askers = setting === null ? new Set<number>() : functionsAsking(functions, setting);
  const named = new Map(relations.map((row) => [row.oid, relationName(row.schema, row.name)]));
  const all = relations.map((row): CatalogRelation => {
    const readsFrom = reads.filter(({ relation }) => relation === row.oid).map((entry) => entry.reads);
    return {
      ...row,
      toString: () => relationName(row.schema, row.name),
      rowSecurity: { enabled: row.enabled, forced: row.forced },
      policies: policies
        .filter(({ relation }) => relation === row.oid)
        .map((policy) => toPolicy(policy, { setting, askers, functions, named })),
      readsFrom: readsFrom.flatMap((oid) => named.get(oid) ?? []),
      ownerExempt: isExempt(row, { relations, reads, owners }),
      columns: columns.filter(({ relation }) => relation === row.oid),
      foreignKeys: foreignKeys.filter(({ relation }) => relation === row.oid),
      uniques: uniques.filter(({ relation }) => relation === row.oid).map((unique) => unique.columns),
      triggers: triggers.filter(({ relation }) => relation === row.oid),
    };
  });
  const byOid = new Map(all.map((relation) => [relation.oid, relation]));
  return {
    relations: all,
    sideDoors: doors.map(({ function: oid, schema, name, ...door }) => ({
      ...door,
      name: relationName(schema, name),
      asksForTenant: oid !== null && askers.has(oid),
    })),
    relation: (oid) => byOid.get(oid),
    named: (name) =>
      all.find((relation) => `${relation}` === name || `${relation.schema}.${relation.name}` === name),
  };
}

/** `accounts` in schema public, `billing.invoices` elsewhere. For people: never quoted. */
export function relationName(schema: string, name: string): string {
  return schema === 'public' ? name : `${schema}.${name}`;
}

/** Tables that hold rows of their own, on this server. */
export function isTable({ kind }: Relation): boolean {
  return kind === 'table' || kind === 'partitioned table' || kind === 'partition';
}

type RelationRow = {
  oid: number;
  schema: string;
  name: string;
  kind: RelationKind;
  owner: string;
  enabled: boolean;
  forced: boolean;
  securityInvoker: boolean;
  grants: Command[];
  reachable: boolean;
  mayTruncate: boolean;
  mayTrigger: boolean;
};
type ColumnRow = Column & { relation: number };
type PolicyRow = {
  relation: number;
  name: string;
  permissive: boolean;
  command: Policy['command'];
  roles: string[];
  applies: boolean;
  reachable: boolean;
  using: string | null;
  check: string | null;
  reads: number[];
  columns: string[];
  functions: number[];
};
type FunctionRow = { oid: number; name: string; source: string; immutable: boolean };
type DoorRow = Omit<SideDoor, 'asksForTenant'> & { function: number | null; schema: string };
type OwnerRow = { owner: string; exempt: boolean; owns: string[] };

type PolicyContext = {
  readonly setting: string | null;
  readonly askers: ReadonlySet<number>;
  readonly functions: readonly FunctionRow[];
  readonly named: ReadonlyMap<number, string>;
};

function toPolicy(
  { functions, reads, relation, ...policy }: PolicyRow,
  { setting, askers, functions: all, named }: PolicyContext,
): Policy {
  const text = `${policy.using ?? ''} ${policy.check ?? ''}`;
  const called = all.filter(({ oid }) => functions.includes(oid));
  const others = otherSettings(`${text} ${called.map(({ source }) => source).join(' ')}`, setting);
  return {
    ...policy,
    reads: reads.filter((oid) => oid !== relation).flatMap((oid) => named.get(oid) ?? []),
    asksForTenant: setting !== null && (asksFor(text, setting) || functions.some((oid) => askers.has(oid))),
    frozen: called.flatMap(({ oid, name, immutable }) => (immutable && askers.has(oid) ? [name] : [])),
    untried: [
      ...others.map((name) => `it also reads the setting ${name}, which any session can set`),
      ...(namesOneKey.test(text) ? ['it names a key by its value'] : []),
    ],
  };
}

/** A key written out; the one of zeros alone is nobody's. */
const namesOneKey = /'(?!0{8}-(?:0{4}-){3}0{12}')[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'/i;

/** Settings that are no server's own: those have a dot in their names. */
function otherSettings(text: string, setting: string | null): readonly string[] {
  const read = [...text.matchAll(/current_setting\s*\(\s*'([^']+\.[^']+)'/gi)].flatMap(
    ([, name]) => name ?? [],
  );
  return [...new Set(read)].filter((name) => name.toLowerCase() !== setting?.toLowerCase());
}

function asksFor(text: string, setting: string): boolean {
  return text.toLowerCase().includes(`'${setting.toLowerCase()}'`);
}

/** Functions that read the setting, by themselves or through another that they call by name. */
function functionsAsking(functions: readonly FunctionRow[], setting: string): ReadonlySet<number> {
  const direct = functions.filter(({ source }) => asksFor(source, setting));
  const grow = (found: readonly FunctionRow[]): readonly FunctionRow[] => {
    const callers = functions.filter(
      (candidate) =>
        !found.includes(candidate) &&
        found.some(({ name }) => candidate.source.toLowerCase().includes(`${name.toLowerCase()}(`)),
    );
    return callers.length === 0 ? found : grow([...found, ...callers]);
  };
  return new Set(grow(direct).map(({ oid }) => oid));
}

type Owned = {
  readonly relations: readonly RelationRow[];
  readonly reads: readonly { readonly relation: number; readonly reads: number }[];
  readonly owners: readonly OwnerRow[];
};

/**
 * Row security does not bind superusers, BYPASSRLS, and owners of tables that are not forced. A view is no better
 * than what it reads as its owner: views whose owners are exempt, and what row security does not reach at all.
 */
function isExempt(row: RelationRow, known: Owned): boolean {
  const { relations, reads, owners } = known;
  const owner = owners.find((candidate) => candidate.owner === row.owner);
  if (owner === undefined || owner.exempt) return true;
  const isLoose = (table: RelationRow): boolean => !table.forced && owner.owns.includes(table.owner);
  if (row.kind !== 'view') return isLoose(row);
  const below = reads.flatMap((entry) => (entry.relation === row.oid ? [entry.reads] : []));
  return relations
    .filter(({ oid }) => below.includes(oid))
    .some((relation) => {
      if (relation.kind === 'materialized view' || relation.kind === 'foreign table') return true;
      if (relation.kind === 'view' && !relation.securityInvoker && isExempt(relation, known)) return true;
      return isLoose(relation);
    });
}
