import { type KeyObject, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey, privateKeyToPem, publicKeyText } from '@surety/evidence';
import type { Manifest } from '../backup/manifest.ts';
import type { SourceFacts } from '../backup/source-facts.ts';
import { type PostgresServer, startServer } from '../targets/postgres/server.ts';
import { blindWays, type Need } from './backup-blind.ts';
import { type BucketOptions, type BucketShelf, bucketShelf } from './backup-bucket.ts';
import { forgeSet, makeReader, type Reader, type Sealed, sealParts } from './backup-forge.ts';
import { aliasShelf, folderShelf, type Shelf } from './backup-shelf.ts';
import { type FakePagerOptions, fakePager } from './fake-pager.ts';
import { databaseUrl, inDatabase } from './pg-client.ts';
import { dump } from './real-dump.ts';
import type { Scene, Scratch } from './specimens.ts';
import { tenantSchema } from './tenant-schema.ts';

/** What differs from healthy backups: two stores that are not lost together, each with a backup every twelve hours. */
export type BackupBreak = {
  /** Hours from each backup to the newest slot, newest first. Default: those of the options. */
  readonly ages?: readonly number[];
  /** The stores of the estate: folders, another name of the vault, a bucket. Default: as the options say. */
  readonly stores?: readonly StoreName[];
  /** How the bucket is made, where there is one. */
  readonly bucket?: BucketOptions;
  /** For how many days before the newest slot the schedule counts. Default: as the options say. */
  readonly since?: number;
  /** Whether the estate holds an identity. Default: as the options say. */
  readonly identity?: boolean;
  /** Facts of the target that the estate says otherwise. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /**
   * Run by a superuser in a database like this one, which is then dumped instead: its backups say that they are of the healthy
   * one. With `real` options only.
   */
  readonly dumped?: string;
  /** The identity of the estate is one that nothing was sealed for. */
  readonly strangers?: true;
  /** The database that the backups' connection string names instead. */
  readonly connects?: string;
  /** What alerts are sent to instead. */
  readonly pager?: FakePagerOptions;
  /** Run by a superuser in the database, after it was backed up. */
  readonly sql?: string;
  /** Another manifest, signed all the same; `null`: none, as after a run that was cut off. */
  readonly forge?: (
    manifest: Manifest,
    place: { readonly nth: number; readonly store: string },
  ) => Manifest | null;
  /** Leaves out what every scene of the control is prepared with. */
  readonly unprepared?: true;
  /** Done to the stores afterwards. */
  readonly edit?: (site: Site) => Promise<void>;
};

export type StoreName = 'vault' | 'offsite' | 'second' | 'alias' | 'bucket';

/** A scene from behind, for edits. */
export type Site = {
  readonly vault: Shelf;
  readonly offsite: Shelf;
  readonly bucket: BucketShelf | null;
  readonly shelves: readonly Shelf[];
  /** Newest first. */
  readonly backups: readonly string[];
  readonly newestSlot: Date;
  /** Folder of the estate, with the key that signs backups below `.surety/keys/`. */
  readonly root: string;
  readonly stage: Stage;
};

/** What all scenes of one control share. */
export type Stage = {
  readonly server: PostgresServer;
  readonly password: string;
  readonly canary: string;
  readonly key: KeyObject;
  readonly stranger: KeyObject;
  readonly readers: readonly Reader[];
  readonly source: Manifest['source'];
  readonly sealed: Sealed;
  /** The parts of a dump that was made of this database after `sql`, but with the facts of the healthy one. */
  readonly dumpAfter: (sql: string) => Promise<Sealed>;
};

export type ScratchBackupOptions = {
  /** Dumps of a multi-tenant database, made by the real engine. Default: small parts that look like it. */
  readonly real?: true;
  /** Default: vault and offsite, two folders that are not lost together. */
  readonly stores?: readonly StoreName[];
  /** What the alerts of `alerts.yaml` are sent to. Default: the estate names no alerts. */
  readonly pager?: FakePagerOptions;
  /** Whether the estate has the database as a target of its own. Default: no. */
  readonly beside?: true;
  /** Hours from each backup to the newest slot. Default: 0, 12 and 24. */
  readonly ages?: readonly number[];
  /** For how many days before the newest slot the schedule counts. Default: nobody says. */
  readonly since?: number;
  /** Whether the estate holds an identity. Default: no. */
  readonly identity?: boolean;
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Done to a healthy scene as well, before `edit` of a break; a break that is `unprepared` does without. */
  readonly prepare?: (site: Site) => Promise<void>;
  /** What the control cannot do without, and is taken away to blind it. Default: stores. */
  readonly needs?: readonly Need[];
};

export const database = 'budget';
const hour = 3_600_000;

/** Backups in two stores, and the database that they are of, on one server for all scenes. */
export function scratchBackup(options: ScratchBackupOptions = {}): Scratch<BackupBreak> {
  let stage: Promise<Stage> | null = null;
  const staged = (): Promise<Stage> => {
    stage ??= setStage(options);
    return stage;
  };
  const { needs = ['stores'] } = options;
  return {
    unavailable: () =>
      staged().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    scene: async (broken = {}) => openScene(await staged(), broken, options),
    blind: Object.assign({}, ...needs.map((need) => blindWays[need])),
    async close() {
      await (await stage?.catch(() => null))?.server.stop();
    },
  };
}

const template = 'surety_template';
const tables = `
  create table accounts (id int primary key, tenant text not null, balance numeric not null);
  create table notes (id int primary key, tenant text not null, body text not null);
  alter table notes enable row level security, force row level security;
  create policy mine on notes using (tenant = current_setting('app.tenant', true));
  insert into accounts select n, 't' || n % 2, n from generate_series(1, 20) n;
  insert into notes select n, 't' || n % 2, 'a note' from generate_series(1, 20) n`;

async function setStage({ real }: ScratchBackupOptions): Promise<Stage> {
  const [server, reader, escrow] = await Promise.all([startServer(), makeReader(), makeReader()]);
  const [password, canary] = [canaryText(), canaryText()];
  try {
    await inDatabase(server.url, 'postgres', async (client) => {
      await client.query(`create role backup superuser login password ${client.escapeLiteral(password)}`);
      if (real) await client.query('create role owner; create role api login; create role inspector');
      await client.query(`create database ${template} is_template true`);
    });
    await inDatabase(server.url, template, (client) => client.query(real ? tenantSchema : tables));
    await renewed(server);
    const readers = [reader, escrow];
    const [key, stranger] = [generateKey(), generateKey()];
    const common = { server, password, canary, key, stranger, readers };
    if (real) {
      const dumping = { url: databaseUrl(server.url, database), key, readers };
      const { source, sealed } = await dump(dumping);
      const dumpAfter = async (sql: string): Promise<Sealed> => {
        await inDatabase(server.url, database, (client) => client.query(sql));
        try {
          return new Map([
            ...(await dump(dumping)).sealed,
            ['facts', sealed.get('facts') ?? Buffer.alloc(0)],
          ]);
        } finally {
          await renewed(server);
        }
      };
      return { ...common, source, sealed, dumpAfter };
    }
    const facts = await sourceFactsOf(server.url);
    const source = await sourceOf(server, facts);
    const sealed = await sealParts(
      facts,
      canary,
      readers.map(({ recipient }) => recipient),
    );
    return { ...common, source, sealed, dumpAfter: async () => sealed };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

const canaryText = (): string => `canary${randomBytes(12).toString('hex')}`;

async function sourceOf(server: PostgresServer, facts: SourceFacts): Promise<Manifest['source']> {
  const said = await inDatabase(server.url, template, async (client) => {
    const { rows } = await client.query<{ id: string; size: string }>(
      `select system_identifier::text as id, pg_database_size(current_database())::text as size from pg_control_system()`,
    );
    return rows[0];
  });
  return {
    systemIdentifier: said?.id ?? '0',
    database,
    server: server.version,
    size: Number(said?.size ?? 0),
    tables: facts.tables.length,
    rows: facts.tables.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** Enough of them for a look at what is in a backup; a restore wants real ones. */
async function sourceFactsOf(url: string): Promise<SourceFacts> {
  const named = (name: string) => ({ schema: 'public', name, rows: 20, hash: '0' });
  return inDatabase(url, template, async (client) => {
    const { rows } = await client.query<SourceFacts['database']>(
      `select pg_get_userbyid(datdba)::text as owner, pg_encoding_to_char(encoding)::text as encoding, datcollate as collate,
        datctype as ctype, datlocprovider::text as provider, null as locale, datconnlimit as "connectionLimit",
        '{}'::text[] as statements
      from pg_database where datname = current_database()`,
    );
    const [own] = rows;
    if (own === undefined) throw new Error('the database does not know itself');
    return {
      seed: '1',
      tables: ['accounts', 'notes'].map(named),
      sequences: [],
      largeObjects: { count: 0, hash: '0' },
      catalog: [],
      database: own,
    };
  });
}

async function openScene(stage: Stage, broken: BackupBreak, options: ScratchBackupOptions): Promise<Scene> {
  const said = { ...options, ...broken, facts: { ...options.facts, ...broken.facts } };
  const shelves = await makeShelves(said.stores ?? ['vault', 'offsite'], broken.bucket);
  try {
    return await furnish(stage, broken, said, shelves);
  } catch (error) {
    await Promise.all(shelves.made.map((shelf) => shelf.stop()));
    throw error;
  }
}

async function furnish(
  stage: Stage,
  broken: BackupBreak,
  said: ScratchBackupOptions,
  { shelves, made, ...named }: Shelves,
): Promise<Scene> {
  const { server, source, key } = stage;
  const sealed = broken.dumped === undefined ? stage.sealed : await stage.dumpAfter(broken.dumped);
  const newestSlot = new Date(Math.floor((Date.now() - hour) / 60_000) * 60_000);
  const recipients = stage.readers.map(({ recipient }) => recipient);
  const backups: string[] = [];
  for (const [nth, age] of (said.ages ?? [0, 12, 24]).entries()) {
    const slot = new Date(newestSlot.getTime() - age * hour);
    const lockUntil = new Date(slot.getTime() + 31 * 24 * hour);
    const { forge } = broken;
    backups.push(
      await forgeSet(shelves, {
        ...{ slot, source, sealed, recipients, key, lockUntil },
        ...(forge !== undefined && { forge: (manifest) => forge(manifest, { nth, store: manifest.store }) }),
      }),
    );
  }
  const { sql } = broken;
  if (sql !== undefined) await inDatabase(server.url, database, (client) => client.query(sql));
  const root = await estateFolder(stage);
  const site = { ...named, shelves, backups, newestSlot, root, stage };
  if (broken.unprepared !== true) await said.prepare?.(site);
  await broken.edit?.(site);
  const pager = said.pager === undefined ? null : await fakePager(said.pager);
  const alerts =
    pager === null ? {} : { alerts: { rules: 'alerts.yaml', prometheus: pager.url, receiver: pager.url } };
  const held = broken.strangers === true ? { identity: (await makeReader()).identity } : {};
  const scene = sceneOf(
    { stage, shelves, made, newestSlot, root, recipients },
    { ...said, facts: { ...alerts, ...said.facts, ...held } },
  );
  return {
    ...scene,
    async stop() {
      await scene.stop();
      await pager?.stop();
      // Most breaks leave the database alone: it is made anew only after those that do not.
      if (sql !== undefined) await renewed(server);
    },
  };
}

async function renewed({ url }: PostgresServer): Promise<void> {
  await inDatabase(url, 'postgres', async (client) => {
    await client.query(`drop database if exists ${database} with (force)`);
    await client.query('drop database if exists payroll with (force)');
    await client.query('alter role backup superuser bypassrls login; revoke pg_read_all_data from backup');
    await client.query(`create database ${database} template ${template}`);
  });
}

type Shelves = Pick<Site, 'vault' | 'offsite' | 'bucket' | 'shelves'> & { readonly made: readonly Shelf[] };

async function makeShelves(
  names: readonly StoreName[],
  options: BucketOptions | undefined,
): Promise<Shelves> {
  const vault = await folderShelf('vault', 'disk');
  const offsite = await folderShelf('offsite', 'memory');
  const bucket = names.includes('bucket') ? await bucketShelf('bucket', options) : null;
  const second = names.includes('second') ? await folderShelf('second', 'disk') : null;
  const alias = names.includes('alias') ? await aliasShelf('alias', vault) : null;
  const all = { vault, offsite, second, bucket, alias };
  const shelves = names.flatMap((name) => all[name] ?? []);
  return { vault, offsite, bucket, shelves, made: [vault, offsite, bucket ?? [], second ?? []].flat() };
}

/** Where backups are made, there is the key that signs them. */
async function estateFolder({ key }: Stage): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'surety-estate-'));
  await mkdir(join(root, '.surety', 'keys'), { recursive: true });
  await writeFile(join(root, '.surety', 'keys', 'backup.pem'), privateKeyToPem(key), { mode: 0o600 });
  return root;
}

type Opened = {
  readonly stage: Stage;
  readonly shelves: readonly Shelf[];
  readonly made: readonly Shelf[];
  readonly newestSlot: Date;
  readonly root: string;
  readonly recipients: readonly string[];
};

type SaidOtherwise = Pick<
  ScratchBackupOptions & BackupBreak,
  'identity' | 'since' | 'facts' | 'beside' | 'connects'
>;

function sceneOf({ stage, shelves, made, newestSlot, root, recipients }: Opened, said: SaidOtherwise): Scene {
  const { server, password, canary, readers, key } = stage;
  const { identity = false, since, facts, beside, connects = database } = said;
  const url = `postgresql://backup:${password}@127.0.0.1:${server.port}/${database}`;
  const identities = readers.map((reader) => reader.identity);
  return {
    root,
    targets: {
      backups: {
        kind: 'backup',
        url: databaseUrl(url, connects),
        stores: Object.fromEntries(shelves.map((shelf) => [shelf.name, shelf.facts])),
        recipients,
        signers: [publicKeyText(key)],
        ...(identity && { identity: identities[0] }),
        ...facts,
        schedule: {
          every: 12,
          at: newestSlot.toISOString().slice(11, 16),
          ...(since !== undefined && { since: daysBefore(newestSlot, since) }),
          ...(typeof facts?.schedule === 'object' && facts.schedule),
        },
      },
      ...(beside && { db: { kind: 'postgres', url } }),
    },
    fingerprint: async () => (await Promise.all(shelves.map((shelf) => shelf.fingerprint()))).join(),
    canaries: [
      password,
      canary,
      ...bucketSecrets(shelves),
      ...identities,
      privateKeyToPem(key).slice(40, 80),
    ],
    async stop() {
      await Promise.all(made.map((shelf) => shelf.stop()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

function bucketSecrets(shelves: readonly Shelf[]): readonly string[] {
  return shelves.flatMap(({ facts }) => ('secretAccessKey' in facts ? [String(facts.secretAccessKey)] : []));
}

const daysBefore = (moment: Date, days: number): string =>
  new Date(moment.getTime() - days * 24 * hour).toISOString();
