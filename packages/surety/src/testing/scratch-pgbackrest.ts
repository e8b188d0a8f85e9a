import { execFile } from 'node:child_process';
import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { generateKey, publicKeyText } from '@surety/evidence';
import { type BackupFacts, backupFacts } from '../backup/facts.ts';
import { newBackupId } from '../backup/make.ts';
import { makePhysicalBackup } from '../backup/physical/make.ts';
import { openPgBackRest, type PgBackRest } from '../backup/physical/pgbackrest.ts';
import { openStore } from '../backup/stores/open.ts';
import { type PostgresServer, serverOwner, startServer } from '../targets/postgres/server.ts';
import { makeReader, type Reader } from './backup-forge.ts';
import { closedPort } from './loopback.ts';
import { databaseUrl, withClient } from './pg-client.ts';
import type { Scene, Scratch } from './specimens.ts';

const run = promisify(execFile);

/** What differs from a cluster with one signed full backup, archived WAL, and transactions some seconds apart after it. */
export type PgBackRestBreak = {
  /** Done once the backup and the transactions are there; what it changes is taken back. Gives facts that the estate says otherwise. */
  readonly edit: (site: PgBackRestSite) => Promise<Readonly<Record<string, unknown>> | undefined>;
};

/** A cluster and its repository from behind. */
export type PgBackRestSite = {
  readonly server: PostgresServer;
  readonly pgbackrest: PgBackRest;
  /** As the estate says them; every scene has the same. */
  readonly facts: BackupFacts;
  /** Everything of the stage: `repo`, `store`, `data` of the estate. */
  readonly folder: string;
  sql(text: string): Promise<void>;
  /** Two transactions with a whole second between them, handed to the archive. */
  work(): Promise<void>;
  /** Switches to the next segment, and waits until the archiver has tried the one before. */
  archive(): Promise<void>;
  backup(type: 'full' | 'incr'): Promise<void>;
  /** Sets what the server reads again, until the scene ends. */
  set(name: 'archive_command' | 'archive_timeout', value: string): Promise<void>;
  /** Takes that back, and waits until everything is archived. */
  settle(): Promise<void>;
  /** Another server, without archiving, until the scene ends: its connection string. */
  another(): Promise<string>;
  /** Files of the repository below a folder, as paths. */
  files(below: string): Promise<readonly string[]>;
};

type Stage = {
  readonly site: PgBackRestSite;
  /** Servers of the scene that is open. */
  readonly others: PostgresServer[];
  readonly canaries: readonly string[];
};

/** One server with pgBackRest for all scenes. Its repository and stores are put back after each. */
export function scratchPgBackRest(): Scratch<PgBackRestBreak> {
  let stage: Promise<Stage> | null = null;
  const staged = (): Promise<Stage> => {
    stage ??= setStage();
    return stage;
  };
  return {
    unavailable: () =>
      staged().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    scene: async (broken) => openScene(await staged(), broken),
    blind: {
      'no configuration': async (scene) =>
        withFacts(scene, { physical: { stanza, config: '/nowhere.conf', lossSeconds } }),
      'a repository that may not be entered': async (scene) => {
        const { folder } = (await staged()).site;
        await chown(path.join(folder, 'repo'), process.getuid?.() ?? 0, process.getgid?.() ?? 0);
        await chmod(path.join(folder, 'repo'), process.getuid?.() === 0 ? 0o700 : 0);
        return scene;
      },
      'nobody listens': async (scene) => {
        const url = new URL(String(scene.targets.backups?.url));
        url.port = String(await closedPort());
        return withFacts(scene, { url: url.href });
      },
      'nothing written since the backup': async (scene) => {
        await (await staged()).site.backup('full');
        return scene;
      },
    },
    async close() {
      const opened = await stage?.catch(() => null);
      await opened?.site.server.stop();
      if (opened) await rm(opened.site.folder, { recursive: true, force: true });
    },
  };
}

const stanza = 'main';
const database = 'postgres';
const lossSeconds = 1800;

async function setStage(): Promise<Stage> {
  const owner = await serverOwner();
  const folder = await mkdtemp(path.join(tmpdir(), 'surety-pgbr-'));
  const own = async (name: string): Promise<string> => {
    const made = path.join(folder, name);
    await mkdir(made, { mode: 0o700 });
    if (owner !== null) await chown(made, owner.uid, owner.gid);
    return made;
  };
  if (owner !== null) await chown(folder, owner.uid, owner.gid);
  const config = configFile(folder);
  const [socket] = await Promise.all(['s', 'repo', 'lock'].map(own));
  await mkdir(path.join(folder, 'store'));
  const server = await startServer({
    checksums: true,
    settings: {
      archive_mode: 'on',
      archive_command: archiveCommand(folder),
      archive_timeout: archiveTimeout,
      unix_socket_directories: socket ?? '',
      autovacuum: 'off',
    },
    hba: ['local all all trust', 'host all all 127.0.0.1/32 scram-sha-256'],
  });
  try {
    const pass = canaryText();
    const data = await withClient(server.url, async (client) => {
      const { rows } = await client.query<{ data: string }>('select current_setting($1) as data', [
        'data_directory',
      ]);
      return rows[0]?.data ?? '';
    });
    await writeFile(config, configText({ folder, data, socket: socket ?? '', port: server.port, pass }), {
      mode: 0o600,
    });
    if (owner !== null) await chown(config, owner.uid, owner.gid);
    const { signal } = new AbortController();
    const pgbackrest = await openPgBackRest({ stanza, config, env: process.env, signal });
    const readers = [await makeReader(), await makeReader()];
    const key = generateKey();
    const facts = factsOf({ server, folder, config, readers, key });
    const others: PostgresServer[] = [];
    const site = siteOf({ server, pgbackrest, facts, folder, key, others });
    await pgbackrest.stanzaCreate();
    await site.sql('create table ledger (id int primary key, note text)');
    await site.backup('full');
    await site.work();
    const password = new URL(server.url).password;
    return {
      site,
      others,
      canaries: [pass, password, ...readers.map(({ identity }) => identity), 'canary-row'],
    };
  } catch (error) {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

const configFile = (folder: string): string => path.join(folder, 'pgbackrest.conf');
const archiveCommand = (folder: string): string =>
  `pgbackrest --config=${configFile(folder)} --stanza=${stanza} archive-push %p`;
const archiveTimeout = '30min';

const canaryText = (): string => `canary${randomBytes(12).toString('hex')}`;

type Configured = {
  readonly folder: string;
  readonly data: string;
  readonly socket: string;
  readonly port: number;
  readonly pass: string;
};

function configText({ folder, data, socket, port, pass }: Configured): string {
  return [
    '[global]',
    `repo1-path=${path.join(folder, 'repo')}`,
    'repo1-cipher-type=aes-256-cbc',
    `repo1-cipher-pass=${pass}`,
    'repo1-retention-full=4',
    'compress-type=zst',
    'start-fast=y',
    'process-max=2',
    'archive-timeout=20',
    `lock-path=${path.join(folder, 'lock')}`,
    `[${stanza}]`,
    `pg1-path=${data}`,
    `pg1-port=${port}`,
    `pg1-socket-path=${socket}`,
    'pg1-user=postgres',
    '',
  ].join('\n');
}

type Given = {
  readonly server: PostgresServer;
  readonly folder: string;
  readonly config: string;
  readonly readers: readonly Reader[];
  readonly key: KeyObject;
};

function factsOf({ server, folder, config, readers, key }: Given): BackupFacts {
  return backupFacts.parse({
    url: databaseUrl(server.url, database),
    stores: { vault: { folder: path.join(folder, 'store') } },
    recipients: readers.map(({ recipient }) => recipient),
    signers: [publicKeyText(key)],
    physical: { stanza, config, lossSeconds },
  });
}

type Inside = Pick<PgBackRestSite, 'server' | 'pgbackrest' | 'facts' | 'folder'> & {
  readonly key: KeyObject;
  readonly others: PostgresServer[];
};

function siteOf({ key, others, ...inside }: Inside): PgBackRestSite {
  const { server, facts, folder } = inside;
  const { signal } = new AbortController();
  const sql = (text: string) => withClient(server.url, async (client) => void (await client.query(text)));
  let rows = 0;
  const insert = async (): Promise<void> => {
    rows += 1;
    await sql(`insert into ledger values (${rows}, 'canary-row')`);
  };
  const archive = async (): Promise<void> => {
    const tried = `select archived_count + failed_count as tried from pg_stat_archiver`;
    await withClient(server.url, async (client) => {
      const count = async () => Number((await client.query<{ tried: string }>(tried)).rows[0]?.tried);
      const before = await count();
      await client.query('select pg_switch_wal()');
      for (let waited = 0; waited < 200 && (await count()) === before; waited += 1) await sleep(50);
    });
  };
  const work = async (): Promise<void> => {
    // A backup counts as ended with its whole second.
    await sleep(2_100);
    await insert();
    await sleep(1_100);
    await insert();
    await archive();
  };
  const backup = async (type: 'full' | 'incr'): Promise<void> => {
    const now = () => new Date();
    const vault = facts.stores.vault;
    if (vault === undefined) throw new Error('the scene has no vault');
    const store = await openStore('vault', vault, { root: folder, signal, secret: () => undefined });
    const backup = newBackupId(now());
    const options = { backup, type, slot: null, facts, stores: [store], key, root: folder, now, signal };
    const made = await makePhysicalBackup({ ...options, env: process.env });
    await store.close();
    if (made.outcome !== 'done') throw new Error(made.fact ?? 'no backup');
  };
  let changed = false;
  let lost = false;
  const set = async (name: string, value: string): Promise<void> => {
    changed = true;
    lost ||= value === 'true';
    await sql(`alter system set ${name} = '${value}'`);
    await sql('select pg_reload_conf()');
    await sleep(200);
  };
  return {
    ...inside,
    sql,
    archive,
    set,
    work,
    backup,
    async settle() {
      if (!changed) return;
      await set('archive_command', archiveCommand(folder));
      await set('archive_timeout', archiveTimeout);
      changed = false;
      await insert();
      await archive();
      const waiting = `select count(*)::int as count from pg_ls_archive_statusdir() where name like '%.ready'`;
      await withClient(server.url, async (client) => {
        const count = async () => (await client.query<{ count: number }>(waiting)).rows[0]?.count;
        for (let waited = 0; waited < 300 && (await count()) !== 0; waited += 1) await sleep(50);
      });
      // What was thrown away is missing for good: only a new backup can be recovered from.
      if (lost) {
        lost = false;
        await backup('full');
        await work();
      }
    },
    async another() {
      const other = await startServer({ env: process.env });
      others.push(other);
      return other.url;
    },
    async files(below) {
      const start = path.join(folder, 'repo', below);
      const entries = await readdir(start, { recursive: true, withFileTypes: true });
      return entries.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
    },
  };
}

async function openScene({ site, canaries, others }: Stage, broken?: PgBackRestBreak): Promise<Scene> {
  const { folder } = site;
  const before = path.join(folder, 'before');
  await rm(before, { recursive: true, force: true });
  await mkdir(before);
  await run('cp', ['-a', ...places.map((place) => path.join(folder, place)), before]);
  const facts = await broken?.edit(site);
  return {
    targets: { backups: { kind: 'backup', ...site.facts, ...facts } },
    fingerprint: () => fingerprint(path.join(folder, 'repo')),
    canaries,
    async stop() {
      await Promise.all(others.splice(0).map((server) => server.stop()));
      await putBack(folder, before);
      await site.settle();
    },
  };
}

const places = ['repo', 'store'];
/** WAL of the cluster that came meanwhile stays: the server counts it as archived. */
const ownWal = /\/archive\/main\/15-1\/00000001/;

async function putBack(folder: string, before: string): Promise<void> {
  await run('chown', ['--reference', path.join(before, 'repo'), path.join(folder, 'repo')]);
  await chmod(path.join(folder, 'repo'), 0o700);
  for (const place of places) {
    const known = new Set(await readdir(path.join(before, place), { recursive: true }));
    for (const entry of await readdir(path.join(folder, place), { recursive: true })) {
      const now = path.join(folder, place, entry);
      if (!known.has(entry) && !ownWal.test(now)) await rm(now, { recursive: true, force: true });
    }
    await run('cp', ['-a', path.join(before, place), folder]);
  }
}

async function fingerprint(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true });
  return createHash('sha256').update(entries.sort().join('\n')).digest('hex');
}

function withFacts(scene: Scene, facts: Readonly<Record<string, unknown>>): Scene {
  const { backups } = scene.targets;
  if (backups === undefined) throw new Error('the scene has no backups');
  return { ...scene, targets: { backups: { ...backups, ...facts, kind: 'backup' } } };
}
