import { SuretyError } from '../core/error.ts';
import { quotedRelation } from '../targets/postgres/name.ts';
import { withAdmin, withServer } from './restore/admin.ts';
import { createStatement } from './restore/create.ts';
import { contents, type Loader, load } from './restore/load.ts';
import { intoMemory } from './restore/outline.ts';
import { checkPart, logicalParts, openPart, readFacts } from './restore/parts.ts';
import {
  readServer,
  requireExtensions,
  requireFree,
  requireRoom,
  requireVersions,
} from './restore/preflight.ts';
import { type Made, takeBack } from './restore/take-back.ts';
import type { RestoreOptions } from './restore.ts';
import { readSource } from './source.ts';
import type { SourceFacts } from './source-facts.ts';

export type TableName = { readonly schema: string; readonly name: string };

export type TableRestored = {
  readonly database: string;
  /** The table, or its partitions where it has none of its own. */
  readonly tables: readonly (TableName & { readonly rows: number })[];
};

/**
 * Restores the rows of one table into a new database beside the live one. Not into the live one: its policies, triggers and keys would work on rows of another
 * time. The new database has the shape of all tables, the rows of this one only, and neither owners, grants nor policies: nobody but superusers may enter it.
 *
 * @throws {SuretyError} `restore/…`
 */
export async function restoreTable(options: RestoreOptions, table: TableName): Promise<TableRestored> {
  const made: Made = { database: null, roles: [] };
  const server = { url: options.server, ca: options.ca };
  try {
    return await restore(options, table, made);
  } catch (error) {
    await takeBack(made, server, error);
    options.signal.throwIfAborted();
    throw error;
  }
}

async function restore(options: RestoreOptions, table: TableName, made: Made): Promise<TableRestored> {
  const { set, store, identity, database, signal, step, tools } = options;
  const server = { url: options.server, ca: options.ca };
  const parts = logicalParts(set.manifest);
  step(`reading ${set.backup} from ${set.store} and comparing every byte with its signed manifest`);
  const check = (part: typeof parts.facts) => checkPart(store, part, signal);
  const rows = [];
  for (const part of parts.rows) rows.push(await check(part));
  const outlinePart = await check(parts.outline);
  const opened = (part: typeof outlinePart) => openPart(store, part, identity, signal);
  const facts = await readFacts(opened(await check(parts.facts)));
  const outline = await intoMemory(opened(outlinePart), outlinePart.part.bytes);
  const archive = () => (outline === null ? { part: opened(outlinePart) } : { file: outline.path });
  try {
    const state = await withServer(server, signal, readServer);
    requireVersions(set.manifest, state, tools.pgRestore);
    requireFree(state, database);
    requireExtensions(await contents(archive(), { pgRestore: tools.pgRestore, server, signal }), state);
    await requireRoom(set.manifest, state, new URL(server.url).hostname);
    step(`making database ${database}, which nobody but superusers may enter`);
    await withServer(server, null, async (admin) => {
      const shape = { ...facts.database, owner: state.user };
      await admin.rows(createStatement(database, shape, admin));
      made.database = database;
    });
    const loader: Loader = { pgRestore: tools.pgRestore, server, database, signal };
    const ownerless = ['--no-owner', '--no-privileges'];
    await load(archive(), loader, { sections: ['pre-data'], only: ownerless });
    const leaves = await leavesOf(table, options);
    step(`restoring the rows of ${leaves.map(({ schema, name }) => `${schema}.${name}`).join(', ')}`);
    const only = [
      ...ownerless,
      ...leaves.flatMap(({ schema, name }) => [`--schema=${schema}`, `--table=${name}`]),
    ];
    for (const part of rows) await load({ part: opened(part) }, loader, { sections: ['data'], only });
    step('comparing them with what they were');
    return { database, tables: await compare(leaves, facts, options) };
  } finally {
    await outline?.close();
  }
}

async function leavesOf(
  table: TableName,
  { server, ca, database, signal }: RestoreOptions,
): Promise<readonly TableName[]> {
  const leaves = await withAdmin({ url: server, ca }, database, signal, (admin) =>
    admin.rows<TableName>(
      `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and (c.oid = to_regclass($1) or c.oid in (select relid from pg_partition_tree(to_regclass($1))))`,
      [quotedRelation(table)],
    ),
  );
  if (leaves.length > 0) return leaves;
  throw new SuretyError(
    'restore/no-table',
    `the backup has no table ${table.schema}.${table.name}`,
    'name it with its schema, as it was called then: public.accounts',
  );
}

/** Of the restored database: the other tables are empty, and cost nothing. */
async function compare(
  leaves: readonly TableName[],
  facts: SourceFacts,
  { server, ca, database, signal }: RestoreOptions,
): Promise<TableRestored['tables']> {
  const got = await withAdmin({ url: server, ca }, database, signal, async (admin) => {
    await admin.rows('begin transaction isolation level repeatable read read only');
    return readSource(admin.client, facts.seed, facts.hashedBy ?? 'text');
  });
  return leaves.map((leaf) => {
    const is = (one: TableName): boolean => one.schema === leaf.schema && one.name === leaf.name;
    const [want, have] = [facts.tables.find(is), got.tables.find(is)];
    if (want === undefined || have === undefined || want.rows !== have.rows || want.hash !== have.hash)
      throw new SuretyError(
        'restore/different',
        `the rows of ${leaf.schema}.${leaf.name} are not what they were (want ${want?.rows ?? 0}, got ${have?.rows ?? 0} rows)`,
        'nothing was kept; try another backup, and report this',
      );
    return { ...leaf, rows: have.rows };
  });
}
