import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateKey } from '@surety/evidence';
import type { StoreFacts } from '../../packages/surety/src/backup/facts.ts';
import { findTools } from '../../packages/surety/src/backup/tools.ts';
import { type PostgresServer, startServer } from '../../packages/surety/src/targets/postgres/server.ts';
import { makeReader } from '../../packages/surety/src/testing/backup-forge.ts';
import { databaseUrl, withClient } from '../../packages/surety/src/testing/pg-client.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { type Contender, contest, type Result, rowsOf } from './contest.ts';
import { makeLedger, makeManyTables } from './data.ts';
import type { Done, Job } from './job.ts';
import { pgBackRestFolders, pgBackRestWays } from './pgbackrest.ts';
import { inWorker, shell, startBucket } from './programs.ts';

const usualMegabytes = 1_100;
const gzip = 'pg_dump | gzip';
const zstd = 'pg_dump | zstd -3';
const psql = 'gunzip | psql';

/**
 * A backup and its restore against the scripts that people write: ours reads every row once more for the manifest, encrypts for two recipients,
 * and restores with a comparison, all of which they do not.
 */
const bench: Bench = {
  name: 'backup',
  summary: 'dump and restore of a ledger against pg_dump | gzip, pg_dump | zstd and pgBackRest',
  async run(show) {
    const rows: BenchRow[] = [];
    const tell = (...more: readonly BenchRow[]): void => {
      rows.push(...more);
      more.forEach(show);
    };
    const folder = await mkdtemp(path.join(tmpdir(), 'surety-bench-'));
    const server = await serve(folder);
    try {
      const site = await setUp(folder, server);
      await ledger(site, tell);
      await manyTables(site, tell);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
    return { rows };
  },
};
export default bench;

type Tell = (...rows: readonly BenchRow[]) => void;

type Site = {
  readonly server: PostgresServer;
  readonly folder: string;
  readonly megabytes: number;
  /** Folder of PostgreSQL's programs, with a slash. */
  readonly bin: string;
  readonly identity: string;
  readonly recipients: readonly string[];
  /** PEM text. */
  readonly key: string;
};

/** Both cores, and room for the whole database in memory: what is measured is the work, not the disk of this machine. */
async function serve(folder: string): Promise<PostgresServer> {
  const physical = path.join(folder, 'physical');
  await pgBackRestFolders(physical);
  // The account of the server has to pass through.
  await chmod(folder, 0o711);
  return startServer({
    settings: {
      shared_buffers: '512MB',
      max_wal_size: '8GB',
      archive_mode: 'on',
      archive_command: '/bin/true',
      unix_socket_directories: path.join(physical, 'socket'),
    },
    hba: ['local all all trust', 'host all all 127.0.0.1/32 scram-sha-256'],
  });
}

async function setUp(folder: string, server: PostgresServer): Promise<Site> {
  const [reader, escrow] = [await makeReader(), await makeReader()];
  const { pgDump } = await findTools(undefined, Number(server.version.split('.')[0]), process.env);
  return {
    server,
    folder,
    megabytes: Number(process.env.SURETY_BENCH_MB ?? usualMegabytes),
    bin: `${path.dirname(pgDump.path)}/`,
    identity: reader.identity,
    recipients: [reader.recipient, escrow.recipient],
    key: String(generateKey().export({ type: 'pkcs8', format: 'pem' })),
  };
}

async function ledger(site: Site, tell: Tell): Promise<void> {
  const { server, folder, megabytes } = site;
  const size = await makeLedger(server.url, 'ledger', megabytes);
  const smaller = megabytes < usualMegabytes ? ', smaller than usual' : '';
  tell({ measure: `ledger${smaller}`, value: size / 1e6, unit: 'MB' });
  const url = databaseUrl(server.url, 'ledger');
  const bucket = await startBucket();
  try {
    const ways = [
      script(site, url, gzip, '| gzip'),
      script(site, url, zstd, '| zstd -q -3'),
      ours(site, url, 'ours', {}, [gzip, zstd]),
      ours(site, url, 'ours, one stream', { streams: 1 }, [zstd]),
      ours(site, url, 'ours, to S3', { store: bucket.store }, [zstd]),
    ];
    const results = await contest(ways, 3, server.pid);
    tell(...rowsOf(ways, results, size), ...phases('ours', results));
  } finally {
    await bucket.stop();
  }
  const kept = await keep(site, url);
  await restores(site, kept, size, tell);
  const drill: Job = { kind: 'drill', url, store: kept, ...secrets(site), identity: site.identity };
  const drilled = await inWorker(drill);
  tell(...seconds('drill', drilled.took), {
    measure: 'drill: memory at most',
    value: drilled.peak / 1e6,
    unit: 'MB',
  });
  const physical = await pgBackRestWays(path.join(folder, 'physical'), server.url);
  if (physical === null) return;
  // Of the whole cluster, which holds little else.
  for (const way of [physical.backup, physical.restore])
    tell(...rowsOf([way], await contest([way], 1, server.pid), size));
}

const secrets = ({ recipients, key }: Site) => ({ recipients: [...recipients], key });

function script({ bin, folder }: Site, url: string, name: string, through: string): Contender {
  const file = path.join(folder, 'plain');
  return {
    name,
    async run() {
      await shell(`${bin}pg_dump ${through} > ${file}`, url);
      return { bytes: (await stat(file)).size };
    },
  };
}

function ours(
  site: Site,
  url: string,
  name: string,
  { streams, store }: { readonly streams?: number; readonly store?: StoreFacts },
  against: readonly string[],
): Contender {
  const folder = path.join(site.folder, 'store');
  return {
    name,
    against,
    async run() {
      await mkdir(folder, { recursive: true });
      return inWorker({
        kind: 'backup',
        url,
        store: store ?? { folder },
        ...secrets(site),
        ...(streams !== undefined && { streams }),
      });
    },
    after: () => rm(folder, { recursive: true, force: true }),
  };
}

/** One backup of each kind that stays, for what restores them. */
async function keep(site: Site, url: string): Promise<StoreFacts> {
  const store = { folder: path.join(site.folder, 'kept') };
  await mkdir(store.folder);
  await inWorker({ kind: 'backup', url, store, ...secrets(site) });
  await shell(`${site.bin}pg_dump | gzip > ${site.folder}/kept.gz`, url);
  return store;
}

async function restores(site: Site, store: StoreFacts, size: number, tell: Tell): Promise<void> {
  const { server, folder, bin, identity, key } = site;
  const drop = (): Promise<unknown> =>
    withClient(server.url, (client) => client.query('drop database if exists copy with (force)'));
  const ways: Contender[] = [
    {
      name: psql,
      async run() {
        await withClient(server.url, (client) => client.query('create database copy'));
        const load = `gunzip < ${folder}/kept.gz | ${bin}psql -X -q -v ON_ERROR_STOP=1`;
        await shell(load, databaseUrl(server.url, 'copy'));
        return {};
      },
      after: drop,
    },
    {
      name: 'restore',
      against: [psql],
      run: () => inWorker({ kind: 'restore', server: server.url, store, identity, key, database: 'copy' }),
      after: drop,
    },
  ];
  const results = await contest(ways, 2, server.pid);
  tell(...rowsOf(ways, results, size), ...withoutChecks(results, size), ...phases('restore', results));
}

/** What psql does not do: no reading ahead, no statistics, no comparison. */
function withoutChecks(results: ReadonlyMap<string, Result>, size: number): readonly BenchRow[] {
  const [ours, theirs] = [results.get('restore'), results.get(psql)];
  const took = ours?.told.took;
  if (ours === undefined || theirs === undefined || took === undefined) return [];
  const left = ours.seconds - (took.verify ?? 0) - (took.analyze ?? 0) - (took.compare ?? 0);
  const value = size / 1e6 / left;
  const other = size / 1e6 / theirs.seconds;
  return [
    {
      measure: 'restore, its checks and analyze left out: speed',
      value,
      unit: 'MB/s',
      against: { name: psql, value: other, ratio: value / other },
    },
  ];
}

function phases(name: string, results: ReadonlyMap<string, Result>): readonly BenchRow[] {
  return seconds(name, results.get(name)?.told.took ?? {});
}

function seconds(name: string, took: Done['took']): readonly BenchRow[] {
  return Object.entries(took).map(([phase, value]) => ({ measure: `  ${name}: ${phase}`, value, unit: 's' }));
}

const tables = 200;

async function manyTables(site: Site, tell: Tell): Promise<void> {
  const { server, megabytes } = site;
  const size = await makeManyTables(server.url, 'many', tables, Math.round(megabytes * 5));
  const url = databaseUrl(server.url, 'many');
  const one = `${tables} tables, one stream`;
  const ways = [
    ours(site, url, one, { streams: 1 }, []),
    ours(site, url, `${tables} tables, two streams`, { streams: 2 }, [one]),
  ];
  tell({ measure: `${tables} tables`, value: size / 1e6, unit: 'MB' });
  tell(...rowsOf(ways, await contest(ways, 3, server.pid), size));
}
