import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { roleUrl, withClient } from '../../../infra/db/connection.ts';
import { type Generated, generate } from '../../../infra/db/generate.ts';
import { migrate } from '../../../infra/db/migrate.ts';
import { startScratchServer } from '../../../infra/db/scratch-server.ts';
import { makeTestCertificates, type TestCertificates } from '../../../infra/tls/test-ca.ts';

export type Answer = { status: number; headers: Record<string, string>; body: unknown };

export type Api = {
  url: URL;
  process: ChildProcess;
  /** What it wrote to stderr until now. */
  log(): string;
  /** Sends SIGTERM and waits; the exit code. */
  stop(): Promise<number | null>;
};

export type Estate = Generated & {
  adminUrl: string;
  apiUrl: string;
  /** Certificate authority of the database server; absent for a server from the environment. */
  databaseCa: string | undefined;
  certificates: TestCertificates;
  /** What the API is started with, one database connection among it. */
  settings: Readonly<Record<string, string | undefined>>;
  /** Starts the API; settings replace the usual ones, `undefined` takes one away. */
  startApi(settings?: Record<string, string | undefined>): Promise<Api>;
  /** Of a scratch server only. The port stays. */
  stopDatabase(): Promise<void>;
  startDatabase(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * A database of its own with three tenants, and what an API needs to run on it. The server is a scratch one, or the one
 * in `TEST_DATABASE_ADMIN_URL`, which has to be for tests: its `budget_*` roles get new passwords.
 */
export async function startEstate(): Promise<Estate> {
  const folder = mkdtempSync(join(tmpdir(), 'budget-test-'));
  const certificates = await makeTestCertificates(folder);
  const given = process.env.TEST_DATABASE_ADMIN_URL;
  const server = given === undefined ? await startScratchServer(certificates) : undefined;
  const serverUrl = server?.adminUrl ?? given ?? '';
  const databaseCa = server === undefined ? undefined : certificates.caFile;
  const name = `budget_test_${randomBytes(6).toString('hex')}`;
  const admin = new URL(serverUrl);
  admin.pathname = `/${name}`;
  const started: Api[] = [];
  const stop = async (): Promise<void> => {
    for (const api of started) await api.stop();
    if (server === undefined)
      await withClient({ url: serverUrl }, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${name} (FORCE)`),
      );
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await withClient({ url: serverUrl, caFile: databaseCa }, (client) =>
      client.query(`CREATE DATABASE ${name}`),
    );
    const secret = (): string => randomBytes(32).toString('hex');
    const passwords = { migrator: secret(), api: secret() };
    await migrate({ adminUrl: admin.href, caFile: databaseCa, passwords, disposable: true });
    const world = await generate({ url: admin.href, caFile: databaseCa, tenants: 3, transactions: 240 });
    const apiUrl = roleUrl(admin.href, 'budget_api', passwords.api);
    const settings = {
      PORT: '0',
      TLS_CERT_FILE: certificates.certFile,
      TLS_KEY_FILE: certificates.keyFile,
      DATABASE_URL: apiUrl,
      DATABASE_CA_FILE: databaseCa,
      DATABASE_POOL_MAX: '1',
      JWT_SECRET: process.env.JWT_SECRET ?? secret(),
      PASSWORD_COST: '14',
    };
    const startApi = async (changed: Record<string, string | undefined> = {}): Promise<Api> => {
      const api = await startProcess({ ...settings, ...changed });
      started.push(api);
      return api;
    };
    const stopDatabase = async (): Promise<void> => server?.halt();
    const startDatabase = async (): Promise<void> => server?.start();
    return {
      ...world,
      settings,
      stopDatabase,
      startDatabase,
      adminUrl: admin.href,
      apiUrl,
      databaseCa,
      certificates,
      startApi,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @throws {Error} with what it wrote to stderr, when it ends instead of listening */
async function startProcess(settings: Record<string, string | undefined>): Promise<Api> {
  const main = join(import.meta.dirname, '../dist/main.js');
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  const ended = once(child, 'exit');
  const listening = new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
  const first = await Promise.race([listening, ended.then(() => undefined)]);
  if (first === undefined) throw new Error(written);
  const { listening: url }: { listening: string } = JSON.parse(first);
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await ended;
    }
    return child.exitCode;
  };
  return { url: new URL(url), process: child, log: () => written, stop };
}

export type Call = {
  method?: string;
  token?: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
};

/** One request on a connection of its own, trusting the test authority only. */
export async function call(estate: Estate, api: Api, path: string, wish: Call = {}): Promise<Answer> {
  const { method = 'GET', token, headers = {}, body } = wish;
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: api.url.hostname,
        port: api.url.port,
        path,
        method,
        agent: false,
        ca: readFileSync(estate.certificates.caFile),
        headers: {
          ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}),
          ...(payload === undefined ? {} : { 'content-length': String(Buffer.byteLength(payload)) }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(flat),
            body: text === '' ? undefined : JSON.parse(text),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(payload);
  });
}

/** An access token of the user, by signing in. */
export async function signIn(estate: Estate, api: Api, email: string): Promise<string> {
  const { status, body } = await call(estate, api, '/auth/sign-in', {
    method: 'POST',
    body: { email, password: estate.password },
  });
  if (status !== 200 || !hasToken(body)) throw new Error(`sign-in answered ${status}`);
  return body.accessToken;
}

function hasToken(body: unknown): body is { accessToken: string } {
  return (
    typeof body === 'object' && body !== null && 'accessToken' in body && typeof body.accessToken === 'string'
  );
}

/** The items of a list answer. */
export function itemsOf({ body }: Answer): readonly Record<string, unknown>[] {
  if (typeof body !== 'object' || body === null || !('items' in body) || !Array.isArray(body.items)) {
    throw new Error('the answer is not a list');
  }
  return body.items;
}
