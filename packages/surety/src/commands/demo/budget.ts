import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { z } from 'zod';
import { SuretyError } from '../../core/error.ts';
import { startServer } from '../../targets/postgres/server.ts';
import { service } from '../../targets/service/target.ts';

const run = promisify(execFile);

/** The estate of the example, running: its database, filled, and its API on a pool of one connection. */
export type Budget = {
  /** The folder of the example, with its `surety.config.ts`. */
  readonly folder: string;
  /** What that configuration reads by `env()`. */
  readonly env: Readonly<Record<string, string>>;
  /** Connection string of the superuser: for a sabotage, and for who restores. */
  readonly adminUrl: string;
  /** `18.4 (embedded)` */
  readonly server: string;
  /** Of its release: 18 */
  readonly major: number;
  readonly rows: number;
  stop(): Promise<void>;
};

export type Start = {
  readonly signal: AbortSignal;
  readonly secret: (value: string) => void;
  readonly step: (what: string) => void;
};

const certificates = z.object({ caFile: z.string(), certFile: z.string(), keyFile: z.string() });
const generated = z.object({
  users: z.array(z.object({ userId: z.string(), email: z.string() })).min(2),
  password: z.string(),
  counts: z.record(z.string(), z.number()),
});

/**
 * Starts everything on loopback, each on a free port. What was started is stopped again when something fails.
 *
 * @throws {SuretyError} `demo/…`, `postgres/…`
 */
export async function startBudget(start: Start): Promise<Budget> {
  const started: Stop[] = [];
  const stop = async (): Promise<void> => {
    for (const stopOne of started.splice(0).reverse()) await stopOne();
  };
  try {
    return { ...(await startAll(start, (stopOne) => started.push(stopOne))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Stop = () => Promise<void>;
type Defer = (stop: Stop) => void;
type Certificates = z.infer<typeof certificates>;

async function startAll(start: Start, defer: Defer): Promise<Omit<Budget, 'stop'>> {
  const folder = exampleFolder();
  const temporary = await mkdtemp(join(tmpdir(), 'surety-demo-'));
  defer(() => rm(temporary, { recursive: true, force: true }));
  await build(folder, start.signal, start.step);
  const files = await program(folder, ['infra/tls/test-ca.ts', temporary], {}, certificates, start.signal);
  const database = await startDatabase(folder, files, start, defer);
  const [alice, bob] = database.made.users;
  if (alice === undefined || bob === undefined) throw new Error('the schema wants two users');
  const url = await startApi(folder, files, database.url('api'), start, defer);
  return {
    folder,
    adminUrl: database.adminUrl,
    server: database.server,
    major: database.major,
    rows: Object.values(database.made.counts).reduce((sum, count) => sum + count, 0),
    env: {
      DATABASE_URL: database.url('api'),
      DATABASE_INSPECTOR_URL: database.url('auditor'),
      BACKUP_DATABASE_URL: database.url('backup'),
      BUDGET_CA_FILE: files.caFile,
      API_URL: url,
      API_PORT: new URL(url).port,
      ALICE_ID: alice.userId,
      ALICE_EMAIL: alice.email,
      BOB_ID: bob.userId,
      BOB_EMAIL: bob.email,
      DEMO_PASSWORD: database.made.password,
    },
  };
}

async function startDatabase(
  folder: string,
  files: Certificates,
  { signal, secret, step }: Start,
  defer: Defer,
) {
  step('starting PostgreSQL');
  const [cert, key] = await Promise.all([readFile(files.certFile, 'utf8'), readFile(files.keyFile, 'utf8')]);
  const server = await startServer({ ssl: { cert, key }, signal });
  defer(() => server.stop());
  const adminUrl = await makeDatabase(server.url);
  const roles = rolesOf(adminUrl, secret);
  const admin = { DATABASE_ADMIN_URL: adminUrl };
  step('migrating');
  const passwords = { ...roles.passwords, ...admin, DATABASE_DISPOSABLE: 'yes' };
  await program(folder, ['infra/db/migrate.ts'], passwords, z.unknown(), signal);
  step('generating 50 tenants and their money');
  const made = await program(folder, ['infra/db/generate.ts'], admin, generated, signal);
  secret(made.password);
  return {
    adminUrl,
    server: `PostgreSQL ${server.version} (${server.binaries})`,
    major: Number.parseInt(server.version, 10),
    url: roles.url,
    made,
  };
}

/** One that can be renamed, as `postgres` should not be. Gives the superuser's connection string of it. */
async function makeDatabase(serverUrl: string): Promise<string> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    await admin.query('CREATE DATABASE budget');
  } finally {
    await admin.end();
  }
  const url = new URL(serverUrl);
  url.pathname = '/budget';
  return url.href;
}

/** Gives its address. */
async function startApi(
  folder: string,
  files: Certificates,
  databaseUrl: string,
  { signal, secret, step }: Start,
  defer: Defer,
): Promise<string> {
  step('starting the API');
  const jwtSecret = randomBytes(48).toString('base64url');
  secret(jwtSecret);
  const api = await service.open(
    {
      command: [process.execPath, 'apps/api/dist/main.js'],
      cwd: folder,
      env: {
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: databaseUrl,
        // One connection for everybody: what one tenant leaves behind, the next one would find.
        DATABASE_POOL_MAX: '1',
        DATABASE_CA_FILE: files.caFile,
        JWT_SECRET: jwtSecret,
        // What the generator hashed with: an unknown email has to take as long as a known one.
        PASSWORD_COST: '14',
        TLS_CERT_FILE: files.certFile,
        TLS_KEY_FILE: files.keyFile,
      },
      ready: { line: '"listening":"(?<url>https://[^"]+)"' },
    },
    { touch: 'scratch', signal, secret, root: folder },
  );
  defer(() => api.close());
  if (api.url !== null) return api.url;
  throw new SuretyError(
    'demo/no-address',
    'the API did not say where it listens',
    'npm run build -w budget-example',
  );
}

/** @throws {SuretyError} `demo/no-example` outside of a checkout */
export function exampleFolder(): string {
  const folder = resolve(import.meta.dirname, '../../../../../examples/budget');
  if (existsSync(join(folder, 'surety.config.ts'))) return folder;
  throw new SuretyError(
    'demo/no-example',
    'the demo runs in a checkout of the repository',
    'git clone it, then npm run demo',
  );
}

async function build(folder: string, signal: AbortSignal, step: Start['step']): Promise<void> {
  if (existsSync(join(folder, 'apps/api/dist/main.js'))) return;
  step('building the example, this once');
  await run('npm', ['run', '--silent', 'build'], { cwd: folder, signal }).catch((error: unknown) => {
    throw new SuretyError(
      'demo/build',
      `the example does not build: ${lastLine(error)}`,
      'npm run build -w budget-example',
    );
  });
}

/** Runs a program of the example, which prints one line of JSON. */
async function program<T>(
  folder: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  shape: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const { PATH = '' } = process.env;
  const { stdout } = await run(process.execPath, argv, {
    cwd: folder,
    env: { PATH, ...env },
    signal,
    maxBuffer: 1024 * 1024,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new SuretyError(
      'demo/program',
      `${argv[0]}: ${lastLine(error)}`,
      `cd examples/budget && node ${argv[0]}`,
    );
  });
  return shape.parse(JSON.parse(stdout));
}

function lastLine(error: unknown): string {
  const text =
    error instanceof Error && 'stderr' in error && typeof error.stderr === 'string'
      ? error.stderr
      : String(error);
  return text.trim().split('\n').at(-1) ?? 'no reason given';
}

const roleNames = ['migrator', 'api', 'reader', 'auditor', 'backup'] as const;

function rolesOf(adminUrl: string, secret: (value: string) => void) {
  const passwords = new Map(roleNames.map((role) => [role, randomBytes(18).toString('base64url')]));
  for (const password of passwords.values()) secret(password);
  return {
    passwords: Object.fromEntries(
      [...passwords].map(([role, password]) => [`BUDGET_${role.toUpperCase()}_PASSWORD`, password]),
    ),
    url: (role: (typeof roleNames)[number]): string => {
      const url = new URL(adminUrl);
      url.username = `budget_${role}`;
      url.password = passwords.get(role) ?? '';
      return url.href;
    },
  };
}
