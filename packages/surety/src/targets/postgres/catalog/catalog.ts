import type { Connection } from '../connection.ts';
import { quotedRelation } from '../name.ts';
import type { Command, Policy, Relation, RelationKind, SideDoor } from '../types.ts';
import {
  columnsSql,
  foreignKeysSql,
  functionsSql,
  ownersSql,
  parentsSql,
  policiesSql,
  readsFromSql,
  relationsSql,
  sideDoorsSql,
  triggersSql,
  uniquesSql,
} from './catalog-sql.ts';
import { callsOf, type FunctionRow } from './function-calls.ts';
import { looseAnswers } from './loose-functions.ts';
import { looseParts } from './loose-parts.ts';
import { type TriggerRow, triggerReader } from './triggers.ts';
import { untriedInputs } from './untried-inputs.ts';

export type Column = {
  readonly name: string;
  /** As SQL writes it: `character varying(40)`, `app.mood`. */
  readonly type: string;
  /** `pg_type.typcategory` of what is below a domain: N numbers, S texts, U others such as uuid. */
  readonly category: string;
  /** Of what is below a domain: `uuid`, `int4`. */
  readonly base: string;
  /** The type below a domain, whose checks may refuse even NULL: as SQL writes it. */
  readonly bare: string;
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
  /** A row goes with the one that it points to. */
  readonly cascades: boolean;
};

export type Trigger = {
  readonly name: string;
  readonly commands: readonly Command[];
  /** Its effects would outlive a rollback. */
  readonly outside: boolean;
};

export type CatalogRelation = Relation & {
  readonly columns: readonly Column[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Column sets without a duplicate or null, the primary key first. */
  readonly uniques: readonly (readonly string[])[];
  readonly triggers: readonly Trigger[];
  /** Columns that decide which partition takes a row, its own and those of the tables above it. */
  readonly placedBy: readonly string[];
  /** Oids of the tables whose partition or heir it is. */
  readonly parents: readonly number[];
};

/** Everything about the shape of a database that controls ask for. */
export type Catalog = {
  readonly relations: readonly CatalogRelation[];
  readonly sideDoors: readonly SideDoor[];
  relation(oid: number): CatalogRelation | undefined;
  named(name: string): CatalogRelation | undefined;
};

/** Reads the catalog as the connection's role, whose privileges it tells. Its time grows with the catalog, not faster. */
export async function readCatalog(connection: Connection, setting: string | null): Promise<Catalog> {
  const relations = await connection.rows<RelationRow>(relationsSql);
  const columns = byRelation(await connection.rows<ColumnRow>(columnsSql));
  const foreignKeys = byRelation(await connection.rows<ForeignKey & Of>(foreignKeysSql));
  const uniques = byRelation(await connection.rows<Of & { columns: string[] }>(uniquesSql));
  const parents = byRelation(await connection.rows<Of & { parent: number }>(parentsSql));
  const triggers = byRelation(await connection.rows<TriggerRow & Of>(triggersSql));
  const policies = byRelation(await connection.rows<PolicyRow>(policiesSql));
  const functions = await connection.rows<FunctionRow>(functionsSql);
  const reads = byRelation(await connection.rows<Of & { reads: number }>(readsFromSql));
  const owners = await connection.rows<OwnerRow>(ownersSql);
  const doors = await connection.rows<DoorRow>(sideDoorsSql);
  const asking = (source: string): boolean => setting !== null && asksFor(source, setting);
  const calls = callsOf(functions);
  const askers = calls.above(({ source }) => asking(source));
  const toTrigger = triggerReader(calls);
  const names = namesOf(relations);
  const asked: PolicyContext = {
    setting,
    askers,
    mayAsk: calls.above(({ source }) => asking(source) || namesNoSetting.test(source)),
    behind: calls.behind,
    functions: new Map(functions.map((row) => [row.oid, row])),
    names,
  };
  const made = new Map(
    relations.map(({ oid, name }) => [
      oid,
      (policies.get(oid) ?? []).map((policy) => toPolicy(policy, asked, name)),
    ]),
  );
  const owned: Owned = {
    relations: new Map(relations.map((row) => [row.oid, row])),
    reads,
    owners: new Map(
      owners.map(({ owner, exempt, owns, acts }) => [
        owner,
        { exempt, owns: new Set(owns), acts: new Set(acts) },
      ]),
    ),
    policies: made,
  };
  const all = relations.map((row): CatalogRelation => {
    const name = names.get(row.oid) ?? row.name;
    return {
      ...row,
      toString: () => name,
      rowSecurity: { enabled: row.enabled, forced: row.forced },
      policies: made.get(row.oid) ?? [],
      readsFrom: (reads.get(row.oid) ?? []).flatMap((entry) => names.get(entry.reads) ?? []),
      ownerExempt: isExempt(row, owned),
      columns: columns.get(row.oid) ?? [],
      foreignKeys: foreignKeys.get(row.oid) ?? [],
      uniques: (uniques.get(row.oid) ?? []).map((unique) => unique.columns),
      triggers: (triggers.get(row.oid) ?? []).map(toTrigger),
      parents: (parents.get(row.oid) ?? []).map(({ parent }) => parent),
    };
  });
  const byOid = new Map(all.map((relation) => [relation.oid, relation]));
  const byName = new Map(
    all.toReversed().flatMap((relation) => [
      [`${relation.schema}.${relation.name}`, relation],
      [`${relation}`, relation],
    ]),
  );
  return {
    relations: all,
    sideDoors: doors.map(({ function: oid, schema, name, ...door }) => ({
      ...door,
      name: relationName(schema, name),
      asksForTenant: oid !== null && askers.has(oid),
    })),
    relation: (oid) => byOid.get(oid),
    named: (name) => byName.get(name),
  };
}

type Of = { readonly relation: number };

function byRelation<Row extends Of>(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  return Map.groupBy(rows, ({ relation }) => relation);
}

/** By oid. Where two would read the same, because of a dot in one of them, both are written as SQL takes them. */
function namesOf(relations: readonly RelationRow[]): ReadonlyMap<number, string> {
  const alike = Map.groupBy(relations, ({ schema, name }) => relationName(schema, name));
  return new Map(
    relations.map((row) => {
      const plain = relationName(row.schema, row.name);
      return [row.oid, (alike.get(plain) ?? []).length > 1 ? quotedRelation(row) : plain];
    }),
  );
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
  plain: boolean;
  grants: Command[];
  reachable: boolean;
  mayTruncate: boolean;
  mayTrigger: boolean;
  placedBy: string[];
};
type ColumnRow = Column & Of;
type PolicyRow = Of & {
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
type DoorRow = Omit<SideDoor, 'asksForTenant'> & { function: number | null; schema: string };
type OwnerRow = { owner: string; exempt: boolean; owns: string[]; acts: string[] };

type PolicyContext = {
  readonly setting: string | null;
  readonly askers: ReadonlySet<number>;
  /** The same, and functions that ask for a setting whose name they put together or are given. */
  readonly mayAsk: ReadonlySet<number>;
  /** A function and all that it may call. */
  readonly behind: (row: FunctionRow) => readonly FunctionRow[];
  readonly functions: ReadonlyMap<number, FunctionRow>;
  readonly names: ReadonlyMap<number, string>;
};

function toPolicy(
  { functions, reads, relation, ...policy }: PolicyRow,
  { setting, askers, mayAsk, behind, functions: all, names }: PolicyContext,
  table: string,
): Policy {
  const text = `${policy.using ?? ''} ${policy.check ?? ''}`;
  const called = functions.flatMap((oid) => all.get(oid) ?? []);
  // What gives one tenant gives no other's rows, whichever setting it has it from.
  const wide = called.filter(({ oid, namesOne }) => !(namesOne && askers.has(oid)));
  const sources = wide.map(({ source }) => source);
  const inputs = [policy.using, policy.check].flatMap((condition) =>
    untriedInputs({ condition, sources, setting, columns: policy.columns }),
  );
  const { permissive, using, columns } = policy;
  const loose =
    permissive && using !== null
      ? looseParts({ text: using, table, columns, setting, calls: called.map(({ name }) => name) })
      : [];
  return {
    ...policy,
    reads: reads.filter((oid) => oid !== relation).flatMap((oid) => names.get(oid) ?? []),
    asksForTenant: setting !== null && (asksFor(text, setting) || functions.some((oid) => askers.has(oid))),
    frozen: called
      .flatMap((row) => behind(row))
      .flatMap(({ oid, immutable, signature }) => (immutable && mayAsk.has(oid) ? [signature] : [])),
    untried: [...new Set([...inputs, ...loose, ...(permissive ? wide.flatMap(looseAnswers) : [])])],
  };
}

/** Asks for a setting, and does not write out which. */
const namesNoSetting = /\bcurrent_setting\s*\(\s*(?!'[^']*'(?:::text)?\s*[,)])/i;

function asksFor(text: string, setting: string): boolean {
  return text.toLowerCase().includes(`'${setting.toLowerCase()}'`);
}

type Owner = {
  readonly exempt: boolean;
  readonly owns: ReadonlySet<string>;
  readonly acts: ReadonlySet<string>;
};

type Owned = {
  readonly relations: ReadonlyMap<number, RelationRow>;
  readonly reads: ReadonlyMap<number, readonly { readonly reads: number }[]>;
  readonly owners: ReadonlyMap<string, Owner>;
  readonly policies: ReadonlyMap<number, readonly Policy[]>;
};

/**
 * Row security does not bind superusers, BYPASSRLS, and owners of tables that are not forced. A view is no better
 * than what it reads as its owner: views whose owners are exempt, and what row security does not reach at all.
 */
function isExempt(row: RelationRow, known: Owned): boolean {
  const owner = known.owners.get(row.owner);
  if (owner === undefined || owner.exempt) return true;
  const isLoose = (table: RelationRow): boolean => !table.forced && owner.owns.has(table.owner);
  if (row.kind !== 'view') return isLoose(row);
  return (known.reads.get(row.oid) ?? [])
    .flatMap(({ reads }) => known.relations.get(reads) ?? [])
    .some((relation) => {
      if (relation.kind === 'materialized view' || relation.kind === 'foreign table') return true;
      if (relation.kind === 'view' && !relation.securityInvoker && isExempt(relation, known)) return true;
      return isLoose(relation) || isOpenTo(owner, known.policies.get(relation.oid) ?? []);
    });
}

/** Whether a policy of its own, which is not the application's, lets it in without asking for the tenant. */
function isOpenTo({ acts }: Owner, policies: readonly Policy[]): boolean {
  const his = policies.filter(({ roles }) => roles.length === 0 || roles.some((role) => acts.has(role)));
  const floored = his.some(
    ({ permissive, command, asksForTenant }) => !permissive && command === 'all' && asksForTenant,
  );
  return (
    !floored && his.some(({ permissive, applies, asksForTenant }) => permissive && !applies && !asksForTenant)
  );
}
