import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey, openLog } from '@surety/evidence';
import { logPlace } from '../../packages/surety/src/commands/estate-log.ts';
import { proveJobs } from '../../packages/surety/src/commands/prove.ts';
import { createRunRedactor } from '../../packages/surety/src/commands/redact.ts';
import type { Terminal } from '../../packages/surety/src/commands/verb.ts';
import { type Estate, makeEstate } from '../../packages/surety/src/core/estate.ts';
import { values } from '../../packages/surety/src/core/values.ts';
import { type PostgresServer, startServer } from '../../packages/surety/src/targets/postgres/server.ts';
import { kinds } from '../../packages/surety/src/targets/registry.ts';
import { inDatabase, withClient } from '../../packages/surety/src/testing/pg-client.ts';
import type { BenchRow } from '../bench.ts';
import { generatedSchema, generatedSetting } from './generated-schema.ts';

const few = 1_000;
const many = 5_000;

/** Attacking every table of a schema, recorded: how long it takes, and whether that grows with the tables alone. */
export async function attackRows(show: (row: BenchRow) => void): Promise<readonly BenchRow[]> {
  const server = await startServer();
  const rows: BenchRow[] = [];
  const add = (row: BenchRow): void => {
    rows.push(row);
    show(row);
  };
  try {
    const small = await attackOf(server, few);
    add({ measure: `attack on ${few.toLocaleString('en')} tables`, value: small.seconds, unit: 's' });
    add({ measure: 'observations', value: small.seen, unit: 'a run' });
    add({ measure: 'memory, highest', value: highestMemory(), unit: 'MB' });
    const large = await attackOf(server, many);
    const perTable = (run: Run): number => (run.seconds * 1_000) / run.tables;
    add({
      measure: `attack on ${many.toLocaleString('en')} tables, each`,
      value: perTable(large),
      unit: 'ms',
      against: {
        name: `each of ${few.toLocaleString('en')}`,
        value: perTable(small),
        ratio: perTable(large) / perTable(small),
      },
    });
    add({ measure: 'memory, highest', value: highestMemory(), unit: 'MB' });
    return rows;
  } finally {
    await server.stop();
  }
}

function highestMemory(): number {
  return process.resourceUsage().maxRSS / 1_024;
}

/** `seen`: observations. */
type Run = { readonly tables: number; readonly seconds: number; readonly seen: number };

/**
 * One run of `surety prove tenancy/isolated` on a generated schema of that many tables.
 *
 * @throws where not all passes: a run that was cut short is no measure
 */
async function attackOf(server: PostgresServer, tables: number): Promise<Run> {
  const database = `generated_${tables}_${randomBytes(3).toString('hex')}`;
  const passwords = { api: randomBytes(9).toString('hex'), inspector: randomBytes(9).toString('hex') };
  await makeDatabase(server, database, tables, passwords);
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-'));
  const redactor = createRunRedactor();
  const terminal = quiet(folder);
  const estate = await estateOf(server, database, passwords, folder, redactor.secret);
  const log = await openLog({
    ...logPlace(estate, terminal.env),
    logKey: generateKey(),
    proberKey: generateKey(),
    now: terminal.now,
  });
  try {
    const start = performance.now();
    const { rows } = await proveJobs(estate, ['tenancy/isolated'], {}, terminal, redactor, log);
    const seconds = (performance.now() - start) / 1_000;
    const short = rows.filter(({ verdict }) => verdict !== 'pass');
    for (const { control, verdict, judged } of short) {
      const telling = judged.find(({ bearing }) => bearing === 'breaks' || bearing === 'blind');
      throw new Error(`${control} is ${verdict}: ${telling?.observation.subject}, got ${telling?.got}`);
    }
    return { tables, seconds, seen: rows.reduce((sum, { judged }) => sum + judged.length, 0) };
  } finally {
    await log.close();
    await rm(folder, { recursive: true, force: true });
    await withClient(server.url, (client) => client.query(`drop database ${database} with (force)`));
  }
}

type Passwords = { readonly api: string; readonly inspector: string };

async function makeDatabase(
  server: PostgresServer,
  database: string,
  tables: number,
  passwords: Passwords,
): Promise<void> {
  await withClient(server.url, async (client) => {
    await client.query(`drop role if exists owner, api, inspector`);
    await client.query(`create role owner nologin`);
    await client.query(`create role api login password '${passwords.api}'`);
    await client.query(`create role inspector login bypassrls password '${passwords.inspector}'`);
    await client.query(`create database ${database}`);
  });
  await inDatabase(server.url, database, async (client) => {
    // Each statement by itself would take a round trip, and all in one more locks than a server has.
    const batches = Object.groupBy([...generatedSchema(tables)].entries(), ([index]) =>
      Math.floor(index / 40),
    );
    for (const batch of Object.values(batches)) {
      if (batch !== undefined) await client.query(batch.map(([, sql]) => sql).join(';\n'));
    }
    await client.query('vacuum analyze');
  });
}

async function estateOf(
  server: PostgresServer,
  database: string,
  { api, inspector }: Passwords,
  folder: string,
  secret: (value: string) => void,
): Promise<Estate> {
  const urlOf = (user: string, password: string): string =>
    `postgresql://${user}:${password}@127.0.0.1:${server.port}/${database}`;
  const declared = {
    name: 'generated',
    environment: 'bench',
    targets: {
      db: {
        kind: 'postgres',
        url: values.env(urlOf('api', api)),
        inspector: values.env(urlOf('inspector', inspector)),
        tenancy: { setting: generatedSetting },
      },
    },
  };
  const nothing = async (): Promise<string> => {
    throw new Error('a bench has no outside');
  };
  const sources = { env: (name: string) => name, file: nothing, command: nothing };
  return makeEstate({ file: 'bench', root: folder, declared }, kinds, sources, secret);
}

function quiet(cwd: string): Terminal {
  return {
    cwd,
    env: {},
    interactive: false,
    columns: 100,
    signal: new AbortController().signal,
    now: () => new Date(),
    out: () => undefined,
    err: () => undefined,
    ask: async () => '',
  };
}
