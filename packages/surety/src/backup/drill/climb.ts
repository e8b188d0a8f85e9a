import { BlindError } from '../../core/error.ts';
import { connect } from '../../targets/postgres/connection.ts';
import type { Difference } from '../compare.ts';
import type { DrillOptions } from '../drill.ts';
import { addAmcheck, checkStorage, sequencesBehind, smoke } from '../integrity.ts';
import { withAdmin } from '../restore/admin.ts';
import { type CheckedPart, checkParts, type LogicalParts } from '../restore/parts.ts';
import { type Restored, restoreInto } from '../restore.ts';
import type { BackupSet } from '../sets.ts';
import type { Store } from '../stores/store.ts';
import { findTools } from '../tools.ts';
import type { Choice } from './choose.ts';
import { attackCopy } from './isolation.ts';
import type { Ladder, Step } from './ladder.ts';
import { type Opened, openParts } from './parts.ts';
import { majorOf, type Scratch, startScratch } from './scratch.ts';
import type { Stopwatch } from './stopwatch.ts';

export type Climb = {
  readonly options: DrillOptions;
  readonly choice: Choice;
  readonly climbing: Ladder;
  readonly watch: Stopwatch;
};

export type Climbed = {
  /** Bytes that came out of the archives; `null` where it did not get that far. */
  readonly plain: number | null;
  readonly tools: Record<string, string>;
  readonly notes: readonly string[];
  /** Everything that takes time was done. */
  readonly complete: boolean;
};

type Found = { readonly set: BackupSet; readonly store: Store };

/** Goes up the ladder; whatever happens on the way, the server is gone afterwards. */
export async function climbAll(climb: Climb): Promise<Climbed> {
  const { options, choice, climbing, watch } = climb;
  const checked = await watch('fetch', () => climbing.climb('authentic', () => authentic(choice, options)));
  const opened = await watch('decrypt', () => open(climb, checked));
  const nothing: Climbed = { plain: opened?.plain ?? null, tools: {}, notes: [], complete: false };
  let scratch: Scratch | null = null;
  try {
    scratch = await watch('restore', () => climbing.climb('server', () => virgin(choice, options)));
    const copy = { climb, server: scratch };
    const restored = await watch('restore', () => climbing.climb('restores', () => restore(copy)));
    if (restored !== null) watch.move('restore', 'verify', restored.phases.verify + restored.phases.compare);
    await climbing.climb('catalog', async () => catalogStep(need(restored)));
    await climbing.climb('rows', async () => rowsStep(need(restored)));
    await watch('verify', () => climbing.climb('storage', () => storage(copy, need(restored))));
    await watch('smoke', () => climbing.climb('isolation', () => isolation(copy, need(restored))));
    await watch('smoke', () => climbing.climb('invariants', () => invariants(copy, need(restored))));
    if (restored === null) return nothing;
    return {
      ...nothing,
      tools: { server: restored.server, pg_restore: restored.tools },
      notes: restored.notes,
      complete: true,
    };
  } finally {
    const made = scratch;
    await climbing.climb('teardown', () => tearDown(need(made)));
  }
}

function need<T>(value: T | null): T {
  if (value === null) throw new Error('a rung was climbed before the one that it stands on');
  return value;
}

type Authentic = Found & { readonly checked: LogicalParts<CheckedPart> };

async function authentic(
  choice: Choice,
  { database, backup, store: asked, signal, missing = [] }: DrillOptions,
): Promise<Step<Authentic>> {
  const { set, store, unread, servers } = choice;
  if (servers.length > 0)
    return {
      result: 'not-run',
      fact: `there are backups of databases called ${database} on servers ${servers.join(', ')}, and production does not say which it is on: name a backup by --backup`,
    };
  if (set === null || store === null) {
    const blind = [...missing, ...unread].filter((one) => asked === undefined || one.store === asked);
    const [first] = blind;
    if (first !== undefined) return { result: 'not-run', fact: `store ${first.store}: ${first.fact}` };
    const which = backup === undefined ? `no backup of ${database}` : `no backup ${backup}`;
    return { result: 'fail', fact: `${which} in ${asked ?? 'any store'} with a manifest that verifies` };
  }
  const checked = await checkParts(set, store, signal);
  const { parts } = set.manifest;
  const versions = parts.filter(({ version }) => version !== null).length;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const by = versions === parts.length ? ', read by version' : '';
  return {
    result: 'pass',
    fact: `${parts.length} parts, ${bytes} bytes in ${store.name}, as signed${by}`,
    value: { set, store, checked },
  };
}

/** Both rungs are answered by one reading. */
async function open(
  { options, climbing }: Climb,
  found: Authentic | null,
): Promise<(Opened & { failed: null }) | null> {
  const { identity } = options.facts;
  const opened = await climbing.climb<Opened>('decrypts', async () => {
    if (identity === undefined)
      throw new BlindError(
        'drill/no-identity',
        'the estate holds no identity',
        'name the escrow identity as identity of the target, by file() or command()',
      );
    options.step('decrypting every part and reading it to its end');
    const { store, checked, set } = need(found);
    const result = await openParts(checked, store, identity, options.signal);
    if (result.failed === 'key') return { result: 'fail', fact: result.error.message };
    return {
      result: 'pass',
      fact: `one of ${set.manifest.recipients.length} recipients opens it`,
      value: result,
    };
  });
  return climbing.climb('whole', async () => {
    const result = need(opened);
    if (result.failed !== null) return { result: 'fail', fact: result.error.message };
    const rows = result.facts.tables.reduce((sum, table) => sum + table.rows, 0);
    return {
      result: 'pass',
      fact: `${result.plain} bytes to their end, for ${result.facts.tables.length} tables and ${rows} rows`,
      value: { ...result, failed: null },
    };
  });
}

async function virgin({ set }: Choice, { env, signal, step }: DrillOptions): Promise<Step<Scratch>> {
  const { server } = need(set).manifest.source;
  step(`starting a server of PostgreSQL ${majorOf(server)}`);
  const scratch = await startScratch(majorOf(server), { env, signal });
  const same = scratch.version === server ? '' : `, and the source was ${server}`;
  return { result: 'pass', fact: `PostgreSQL ${scratch.version} on loopback${same}`, value: scratch };
}

type OnCopy = { readonly climb: Climb; readonly server: Scratch | null };
type Copied = Restored & { readonly tools: string };

async function restore({ climb, server }: OnCopy): Promise<Step<Copied>> {
  const { options, choice } = climb;
  const set = need(choice.set);
  const { facts, now, signal, secret, step, env } = options;
  const tools = await findTools(facts.tools, majorOf(set.manifest.source.server), env);
  const restored = await restoreInto({
    set,
    store: need(choice.store),
    identity: facts.identity ?? '',
    server: need(server).url,
    database: databaseFor(set.manifest.source.database),
    tools,
    roles: 'all',
    ...{ now, signal, secret, step },
  });
  const { created } = restored.roles;
  return {
    result: 'pass',
    fact: `${created.length} roles and everything else, without an error`,
    value: { ...restored, tools: tools.pgRestore.version.text },
  };
}

/** Its own name, unless a new server has one of that name. */
function databaseFor(name: string): string {
  return ['postgres', 'template0', 'template1'].includes(name) ? 'surety_drill' : name;
}

const rowKinds = ['rows', 'large objects'];
const sequenceKind = 'sequence value';
const named = 4;

/** Kinds and names; how they are defined is nobody's business who reads a receipt. */
function said(differences: readonly Difference[]): string {
  const each = differences.slice(0, named).map(({ kind, name, want, got }) => {
    const how = got === null ? 'missing' : want === null ? 'was not there' : 'otherwise';
    return `${kind} ${name}: ${rowKinds.includes(kind) ? `${got ?? 'none'} instead of ${want ?? 'none'}` : how}`;
  });
  return `${each.join('; ')}${differences.length > named ? `; and ${differences.length - named} more` : ''}`;
}

function catalogStep({ differences, facts }: Restored): Step<true> {
  const found = differences.filter(({ kind }) => !rowKinds.includes(kind) && kind !== sequenceKind);
  if (found.length > 0) return { result: 'fail', fact: said(found) };
  const count = (kind: string): number => facts.catalog.filter((line) => line.kind === kind).length;
  return {
    result: 'pass',
    fact: `${facts.catalog.length} definitions the same, among them ${count('policy')} policies, ${count('role')} roles, ${count('index')} indexes`,
    value: true,
  };
}

function rowsStep({ differences, facts: { tables, largeObjects } }: Restored): Step<true> {
  const found = differences.filter(({ kind }) => rowKinds.includes(kind));
  if (found.length > 0) return { result: 'fail', fact: said(found) };
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  if (rows + largeObjects.count === 0)
    return { result: 'not-run', fact: 'the source had no rows: nothing could be compared' };
  return {
    result: 'pass',
    fact: `${tables.length} tables, ${rows} rows, ${largeObjects.count} large objects: same count and hash`,
    value: true,
  };
}

async function storage({ climb, server }: OnCopy, { database }: Restored): Promise<Step<true>> {
  const { signal, step } = climb.options;
  step('checking every index against its table');
  return withAdmin({ url: need(server).url }, database, signal, async ({ client }) => {
    // Event triggers of the copy have no say here.
    await client.query('set session_replication_role = replica');
    const { indexes, tables, faults } = await checkStorage(client, await addAmcheck(client), signal);
    const [first] = faults;
    if (first !== undefined)
      return {
        result: 'fail',
        fact: `${first.relation}: ${first.fact}; ${faults.length} of ${indexes + tables} relations`,
      };
    if (indexes + tables === 0) return { result: 'not-run', fact: 'there was nothing to check' };
    return { result: 'pass', fact: `${indexes} indexes and ${tables} tables without a fault`, value: true };
  });
}

async function isolation({ climb, server }: OnCopy, { database }: Restored): Promise<Step<true>> {
  const { isolation: how, root, now, signal, secret, step } = climb.options;
  if ('missing' in how) return { result: 'not-run', fact: how.missing };
  step(`attacking the copy as ${how.as}`);
  return attackCopy(how, { server: need(server).url, database, root, now, signal, secret });
}

async function invariants({ climb, server }: OnCopy, restored: Restored): Promise<Step<true>> {
  const { facts, signal } = climb.options;
  const back = restored.differences.filter(({ kind }) => kind === sequenceKind);
  if (back.length > 0)
    return {
      result: 'fail',
      fact: back
        .map(({ name, want, got }) => `sequence ${name} stands ${got ?? 'nowhere'}, and stood ${want}`)
        .join('; '),
    };
  const { url } = need(server);
  const behind = await withAdmin({ url }, restored.database, signal, ({ client }) => sequencesBehind(client));
  const { smoke: queries } = facts.drill;
  const held = `${restored.facts.sequences.length} sequences where they were${behind.length === 0 ? '' : `, ${behind.length} of them behind their column, as in production: ${behind[0]}`}`;
  if (queries.length === 0)
    return { result: 'not-run', fact: `${held}; the estate names no query of the application: drill.smoke` };
  const target = new URL(url);
  target.pathname = `/${encodeURIComponent(restored.database)}`;
  const connection = await connect({ url: target.href, who: 'who asks', signal });
  try {
    const [first, ...more] = await smoke(connection, queries);
    if (first === undefined)
      return {
        result: 'pass',
        fact: `${held}; ${queries.length} of ${queries.length} queries answered`,
        value: true,
      };
    const others = more.length === 0 ? '' : `; and ${more.length} more`;
    return { result: 'fail', fact: `query ${queries.indexOf(first.query) + 1}: ${first.fact}${others}` };
  } finally {
    await connection.end();
  }
}

async function tearDown(scratch: Scratch): Promise<Step<true>> {
  const left = await scratch.tearDown();
  if (left.length > 0) return { result: 'fail', fact: left.join('; ') };
  return { result: 'pass', fact: 'its process, its port, its files: gone', value: true };
}
