import { availableParallelism } from 'node:os';
import { compareSource, type Difference } from './compare.ts';
import { type Server, withAdmin, withServer } from './restore/admin.ts';
import { createStatement, databaseStatements } from './restore/create.ts';
import { type GlobalStatement, readGlobals } from './restore/globals.ts';
import { type Archive, contents, type Loader, load } from './restore/load.ts';
import { intoMemory } from './restore/outline.ts';
import {
  type CheckedPart,
  checkParts,
  globalsLimit,
  type LogicalParts,
  type OpenPart,
  openPart,
  readFacts,
  wholePart,
} from './restore/parts.ts';
import {
  readServer,
  requireExtensions,
  requireFree,
  requireRoom,
  requireVersions,
  type ServerState,
} from './restore/preflight.ts';
import { makeRoles, type RolesMade, type RolesWanted } from './restore/roles.ts';
import { type Made, takeBack } from './restore/take-back.ts';
import type { BackupSet } from './sets.ts';
import { readSource } from './source.ts';
import type { SourceFacts } from './source-facts.ts';
import type { Store } from './stores/store.ts';
import type { Tools } from './tools.ts';

export type RestoreOptions = {
  /** Its manifest is verified: `inventory` did that. */
  readonly set: BackupSet;
  /** The store that the set lies in. */
  readonly store: Store;
  /** `AGE-SECRET-KEY-1…` of one of the recipients of the manifest. */
  readonly identity: string;
  /** Connection string of a superuser of the server; whatever database it names is only a place to stand. */
  readonly server: string;
  /** PEM text of the authority that signs the server's certificate. */
  readonly ca?: string | undefined;
  /** Of the database to make. There may be none of that name. */
  readonly database: string;
  readonly tools: Pick<Tools, 'pgRestore'>;
  /**
   * What becomes of roles that the server has already. `missing`: they stay as they are, and what differs is said. `all`: they become what they
   * were, but for who restores; for servers that nobody else uses. Default: `missing`.
   */
  readonly roles?: RolesWanted;
  /** How many streams of rows, or indexes, at once. Default: as many as there are cores. */
  readonly jobs?: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Registers what was only now learnt and must not be printed: hashes of passwords. */
  readonly secret: (value: string) => void;
  /** Told what begins. */
  readonly step: (text: string) => void;
};

/** In the order in which they come. */
const restorePhases = [
  'verify',
  'preflight',
  'globals',
  'create',
  'outline',
  'data',
  'indexes',
  'statements',
  'analyze',
  'compare',
] as const;
type RestorePhase = (typeof restorePhases)[number];

export type Restored = {
  readonly backup: string;
  readonly database: string;
  /** `15.20` */
  readonly server: string;
  /** Milliseconds. */
  readonly phases: Readonly<Record<RestorePhase, number>>;
  /** As stored, and as `pg_restore` took them. */
  readonly bytes: { readonly stored: number; readonly plain: number };
  /** On roles and on the database, besides those of the archives. */
  readonly statements: number;
  /** What the source was. */
  readonly facts: SourceFacts;
  /** What the copy is otherwise than the source; empty: it is the same. */
  readonly differences: readonly Difference[];
  readonly roles: {
    readonly created: readonly string[];
    /** There already, and left as they are. */
    readonly kept: readonly string[];
  };
  /** What was not done as the backup says, and why: sentences. */
  readonly notes: readonly string[];
};

/**
 * Restores a backup into a new database. Nothing is handed to `pg_restore` or to the server before every part was read once and is what the signed
 * manifest says. Where anything fails, or `signal` aborts, the new database and the roles that were made are removed again.
 *
 * @throws {SuretyError} `restore/…`, `seal/…`, `store/…`, `tools/…`
 * @throws {BlindError} where the server cannot be asked
 */
export async function restoreInto(options: RestoreOptions): Promise<Restored> {
  const made: Made = { database: null, roles: [] };
  const server: Server = { url: options.server, ca: options.ca };
  try {
    return await restore(options, server, made);
  } catch (error) {
    if (made.database !== null) options.step(`taking back: drop database ${made.database}`);
    await takeBack(made, server, error);
    options.signal.throwIfAborted();
    throw error;
  }
}

async function restore(options: RestoreOptions, server: Server, made: Made): Promise<Restored> {
  const { set, database, signal, step } = options;
  const watch = stopwatch(options);
  step(`reading ${set.backup} from ${set.store} and comparing every byte with its signed manifest`);
  const checked = await watch('verify', () => checkParts(set, options.store, signal));
  const opened = (part: CheckedPart): OpenPart => openPart(options.store, part, options.identity, signal);
  const small = await readSmall(checked, opened);
  const { part } = checked.outline;
  const file = await intoMemory(opened(checked.outline), part.bytes);
  const outline = (): Archive => (file === null ? { part: opened(checked.outline) } : { file: file.path });
  try {
    const { state, notes } = await watch('preflight', () => preflight(options, server, outline()));
    step('making the roles that the server lacks');
    const roles = await watch('globals', () => prepareRoles(small.globals, options, server, state, made));
    step(`making database ${database}, which nobody else may enter yet`);
    await watch('create', () => create(options, server, small.facts, made));
    const loader: Loader = { pgRestore: options.tools.pgRestore, server, database, signal };
    step('restoring tables, types and functions');
    await watch('outline', () => load(outline(), loader, { sections: ['pre-data'], jobs: 1 }));
    step('restoring the rows');
    const rows = checked.rows.map(opened);
    await watch('data', () => loadRows(rows, loader, jobsOf(options)));
    step('restoring indexes, keys, triggers and policies');
    await watch('indexes', () => load(outline(), loader, { sections: ['post-data'], jobs: jobsOf(options) }));
    const statements = await watch('statements', () => finishDatabase(options, server, small.facts));
    step('analysing');
    await watch('analyze', () => analyze(options, server));
    step('comparing the copy with what the source was');
    const differences = await watch('compare', () => compare(options, server, small.facts));
    return {
      backup: set.backup,
      database,
      server: state.version,
      phases: watch.phases(),
      bytes: {
        stored: set.manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0),
        plain: rows.reduce((sum, one) => sum + one.bytes(), 0),
      },
      statements: roles.statements + statements,
      facts: small.facts,
      differences,
      roles: { created: roles.created, kept: roles.kept },
      notes: [...notes, ...roles.notes, ...withoutPasswords(options, roles)],
    };
  } finally {
    await file?.close();
  }
}

function withoutPasswords({ set }: RestoreOptions, { created }: RolesMade): readonly string[] {
  if (created.length === 0 || set.manifest.leftOut?.includes('role-passwords') !== true) return [];
  return [
    `the role that dumped could not read passwords: ${created.join(', ')} have none, and need new ones`,
  ];
}

function jobsOf({ jobs = availableParallelism() }: RestoreOptions): number {
  return Math.max(1, jobs);
}

type Stopwatch = {
  <T>(phase: RestorePhase, work: () => Promise<T>): Promise<T>;
  phases(): Record<RestorePhase, number>;
};

function stopwatch({ signal }: RestoreOptions): Stopwatch {
  const took = new Map<RestorePhase, number>();
  const watch = async <T>(phase: RestorePhase, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    const from = performance.now();
    try {
      return await work();
    } finally {
      took.set(phase, Math.round(performance.now() - from));
    }
  };
  const of = (phase: RestorePhase): number => took.get(phase) ?? 0;
  return Object.assign(watch, {
    phases: (): Record<RestorePhase, number> => ({
      verify: of('verify'),
      preflight: of('preflight'),
      globals: of('globals'),
      create: of('create'),
      outline: of('outline'),
      data: of('data'),
      indexes: of('indexes'),
      statements: of('statements'),
      analyze: of('analyze'),
      compare: of('compare'),
    }),
  });
}

type Small = { readonly globals: readonly GlobalStatement[]; readonly facts: SourceFacts };

async function readSmall(
  { globals, facts }: LogicalParts<CheckedPart>,
  opened: (part: CheckedPart) => OpenPart,
): Promise<Small> {
  const text = await wholePart(opened(globals), globalsLimit);
  return { globals: readGlobals(text.toString('utf8')), facts: await readFacts(opened(facts)) };
}

async function preflight(
  options: RestoreOptions,
  server: Server,
  outline: Archive,
): Promise<{ readonly state: ServerState; readonly notes: readonly string[] }> {
  const { set, database, tools, signal } = options;
  const state = await withServer(server, signal, readServer);
  const notes = requireVersions(set.manifest, state, tools.pgRestore);
  requireFree(state, database);
  requireExtensions(await contents(outline, { pgRestore: tools.pgRestore, server, signal }), state);
  await requireRoom(set.manifest, state, new URL(server.url).hostname);
  return { state, notes };
}

/** Not stopped half way: it takes a moment, and what was made has to be known. */
async function prepareRoles(
  statements: readonly GlobalStatement[],
  { roles: wanted = 'missing', secret }: RestoreOptions,
  server: Server,
  state: ServerState,
  made: Made,
): Promise<RolesMade> {
  return withServer(server, null, async (admin) => {
    const roles = await makeRoles(statements, { admin, server: state, wanted, secret });
    made.roles.push(...roles.created);
    return roles;
  });
}

async function create(
  { database }: RestoreOptions,
  server: Server,
  facts: SourceFacts,
  made: Made,
): Promise<void> {
  await withServer(server, null, async (admin) => {
    await admin.rows(createStatement(database, facts.database, admin));
    made.database = database;
  });
}

/** So many streams at once; the first that fails ends the others. */
async function loadRows(parts: readonly OpenPart[], loader: Loader, jobs: number): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([loader.signal, failed.signal]);
  const waiting = parts.values();
  let first: unknown = null;
  const work = async (): Promise<void> => {
    for (const part of waiting) {
      // Dumps that are not made by sections have the large objects themselves before their rows.
      await load({ part }, { ...loader, signal }, { sections: ['pre-data', 'data'] });
    }
  };
  const workers = Array.from({ length: Math.min(jobs, parts.length) }, () =>
    work().catch((error: unknown) => {
      first ??= error;
      failed.abort();
    }),
  );
  await Promise.all(workers);
  if (first !== null) throw first;
}

async function finishDatabase(
  { database, signal }: RestoreOptions,
  server: Server,
  facts: SourceFacts,
): Promise<number> {
  return withAdmin(server, database, signal, async (admin) => {
    const statements = databaseStatements(database, facts.database, admin);
    for (const statement of statements) await admin.rows(statement);
    return statements.length;
  });
}

async function analyze({ database, signal }: RestoreOptions, server: Server): Promise<void> {
  await withAdmin(server, database, signal, (admin) => admin.rows('analyze'));
}

async function compare(
  { database, signal }: RestoreOptions,
  server: Server,
  facts: SourceFacts,
): Promise<readonly Difference[]> {
  return withAdmin(server, database, signal, async (admin) => {
    await admin.rows('begin transaction isolation level repeatable read read only');
    return compareSource(facts, await readSource(admin.client, facts.seed, facts.hashedBy ?? 'text'));
  });
}
