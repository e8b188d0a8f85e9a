import type { Touch } from '../../../core/target.ts';
import {
  type Catalog,
  type CatalogRelation,
  type Column,
  isTable,
  relationName,
} from '../catalog/catalog.ts';
import {
  channelsAgainSql,
  keysSql,
  neighboursSql,
  numberedSql,
  referencesSql,
  sequencesSql,
  statisticsSql,
} from '../catalog/channels-sql.ts';
import type { Connection } from '../connection.ts';
import type { Desk } from '../desk.ts';
import { once } from '../once.ts';
import { blind, SqlError } from '../sql-error.ts';
import { requireSight } from '../tenancy/require-sight.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import { findTenants, readableBy } from '../tenancy/tenants.ts';
import { beginAttack } from './attack-session.ts';
import { type ChannelScene, type TriedChannel, tryChannel } from './channel-trial.ts';
import type { Channel, Channels, Neighbours, SequenceAccess } from './channel-types.ts';
import { requireRollback } from './require-rollback.ts';

type Needs = {
  readonly catalog: Catalog;
  readonly tenancy: Tenancy;
  readonly declared: readonly [string, string] | undefined;
  readonly desk: Desk;
  /** Opens a connection of the application's role. */
  readonly join: () => Promise<Connection>;
  readonly inspect: (() => Promise<Connection>) | null;
  readonly touch: Touch;
};

type ConstraintRow = {
  relation: number;
  name: string;
  kind: Channel['kind'];
  columns: string[];
  to: number | null;
  toColumns: string[];
};

/** Finds what tells of rows without showing them, and tries it; the second connection is opened when it is needed. */
export function makeChannels(needs: Needs): Channels {
  const { catalog, tenancy, desk } = needs;
  const tables = catalog.relations.filter(
    (relation) => isTable(relation) && relation.grants.length > 0 && tenancy.ties.has(relation.oid),
  );
  const rows = <Row extends Record<string, unknown>>(sql: string, values: readonly unknown[] = []) =>
    desk.run(() => desk.connection.rows<Row>(sql, values));
  const oids = tables.map(({ oid }) => oid);
  const found = once(async () => {
    const numbered = await rows<{ relation: number; name: string }>(numberedSql, [oids]);
    const isNumbered = (relation: number, name: string): boolean =>
      numbered.some((column) => column.relation === relation && column.name === name);
    const constraints = [
      ...(await rows<ConstraintRow>(keysSql, [oids])),
      ...(await rows<ConstraintRow>(referencesSql, [oids, [...tenancy.ties.keys()]])),
    ];
    return constraints.flatMap((row): readonly TriedChannel[] => {
      const [relation, tie] = [catalog.relation(row.relation), tenancy.ties.get(row.relation)];
      if (relation === undefined || tie === undefined) return [];
      const target = row.to === null ? null : (tenancy.ties.get(row.to) ?? null);
      const described = describe(row, relation, tie, target?.relation ?? null, isNumbered);
      return [{ ...described, relation, tie, target, toColumns: row.toColumns }];
    });
  });
  const scene = once(() => openScene(needs, tables));
  return {
    async channels() {
      const items = await found();
      const [row] = await rows<{ count: number }>(channelsAgainSql, [oids, [...tenancy.ties.keys()]]);
      return {
        items,
        how: 'pg_index and pg_constraint',
        recount: { how: 'pg_indexes and pg_depend', count: row?.count ?? 0 },
      };
    },
    async tryChannel(channel) {
      const wanted = (await found()).find(
        ({ table, name }) => table === channel.table && name === channel.name,
      );
      if (wanted === undefined) return [];
      try {
        const opened = await scene();
        await opened.session.clear();
        return await tryChannel(opened, wanted);
      } catch (error) {
        throw error instanceof SqlError ? blind(error, 'the application’s role') : error;
      }
    },
    async sampledTables() {
      const shown = await rows<{ oid: number }>(statisticsSql, [[...tenancy.ties.keys()]]);
      return shown.flatMap(({ oid }) => {
        const relation = catalog.relation(oid);
        return relation === undefined || !isTable(relation) ? [] : [`${relation}`];
      });
    },
    async sequences() {
      const all = await rows<SequenceAccess & { schema: string }>(sequencesSql);
      return all.map(({ schema, name, grants, needed }) => ({
        name: relationName(schema, name),
        grants,
        needed,
      }));
    },
    async neighbours() {
      const [row] = await rows<Neighbours>(neighboursSql);
      if (row === undefined) throw new Error('the server gave no settings');
      return row;
    },
  };
}

function describe(
  { kind, name, columns }: ConstraintRow,
  relation: CatalogRelation,
  tie: Tie,
  to: CatalogRelation | null,
  isNumbered: (relation: number, name: string) => boolean,
): Channel {
  const free = relation.columns
    .filter((column) => columns.includes(column.name) && !tie.columns.includes(column.name))
    .map((column) => ({ ...column, numbered: isNumbered(relation.oid, column.name) }));
  return {
    kind,
    table: `${relation}`,
    name,
    columns,
    to: to === null ? null : `${to}`,
    tenant: tie.columns,
    tenantIsKey: relation.uniques.some((unique) => unique.every((column) => tie.columns.includes(column))),
    harmless: kind === 'reference' ? harmlessReference(free) : harmlessValues(free),
  };
}

function harmlessReference(free: readonly Column[]): string | null {
  return free.length === 0 ? 'it says whose the row is, which tenancy/isolated tries' : null;
}

/** Whoever knows such a value has seen the row, or knows no more than that a number was given out. */
function harmlessValues(free: readonly (Column & { readonly numbered: boolean })[]): string | null {
  if (free.length === 0) return 'it looks at one tenant’s rows only';
  if (free.some(({ base }) => base === 'uuid')) return 'nobody guesses a uuid';
  const byNumber = free.some(({ numbered }) => numbered);
  // The key of a partitioned table has the date in it as well.
  const isBeside = (column: (typeof free)[number]): boolean => column.numbered || column.category === 'D';
  return byNumber && free.every(isBeside)
    ? 'that a number was given out is what the next number tells too'
    : null;
}

async function openScene(
  { tenancy, declared, join, inspect, touch }: Needs,
  tables: readonly CatalogRelation[],
): Promise<ChannelScene> {
  requireRollback(touch);
  const inspector = inspect === null ? null : await inspect();
  const readable = inspector === null ? null : await readableBy(inspector, tables);
  if (inspector !== null)
    await requireSight(
      inspector.rows,
      tables.map(({ oid }) => oid),
    );
  const session = await beginAttack(await join(), inspector, tenancy, readable);
  return { session, readable, tenants: await findTenants(session, tables, declared) };
}
