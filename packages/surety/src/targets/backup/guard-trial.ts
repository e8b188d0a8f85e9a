import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Attempt, generateKey, privateKeyToPem, publicKeyText } from '@surety/evidence';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { backupFacts } from '../../backup/facts.ts';
import { makeBackup, newBackupId } from '../../backup/make.ts';
import { type Server, withAdmin, withServer } from '../../backup/restore/admin.ts';
import { openFolder } from '../../backup/stores/folder.ts';
import { BlindError } from '../../core/error.ts';
import { type PostgresServer, startServer } from '../postgres/server.ts';

export type GuardTrialOptions = {
  /** The name of the database; one of this name is made on a server of its own. */
  readonly database: string;
  /** Path of the entry point that restores, and where it lies in the folder of the estate; `null`: the verb itself. */
  readonly entry: { readonly path: string; readonly as: string } | null;
  readonly signal: AbortSignal;
  readonly secret: (value: string) => void;
};

export type Trial = { readonly subject: string; readonly attempt: Attempt };
export type GuardTrial = { readonly witness: Trial; readonly attacks: readonly Trial[] };

const act = 'replaces the rows of a database by those of a backup';
const rows = 50;

/** Every way of restoring that has to be refused, on a server and an estate of its own, beside the one that has not. */
export async function guardTrial(options: GuardTrialOptions): Promise<GuardTrial> {
  const root = await mkdtemp(join(tmpdir(), 'surety-guard-'));
  let server: PostgresServer | null = null;
  try {
    server = await startServer({ signal: options.signal });
    options.secret(new URL(server.url).password);
    const scratch = await furnish(root, { url: server.url }, options);
    const restore = (argv: readonly string[], input: string) => attempt(scratch, argv, input);
    const { database } = options;
    const attacks: Trial[] = [];
    const attack = async (subject: string, argv: readonly string[], input = ''): Promise<void> => {
      attacks.push({ subject, attempt: await restore(argv, input) });
    };
    await attack('a program that answers yes', [], 'yes\n'.repeat(20));
    await attack('a program that answers with the name', [], `${database}\n`.repeat(20));
    await attack('nobody answers', []);
    await attack('another name is typed', ['--yes-i-mean', `${database}_old`]);
    await attack('into a database that is there', ['--into', database, '--yes-i-mean', database]);
    const witness = {
      subject: 'who names the database',
      attempt: await restore(['--yes-i-mean', database], ''),
    };
    await flipBit(join(root, 'vault'));
    await attack('a backup with a flipped bit', ['--yes-i-mean', database]);
    await forgeManifests(join(root, 'vault'));
    await attack('a backup that nobody known has signed', ['--yes-i-mean', database]);
    return { witness, attacks };
  } finally {
    await server?.stop();
    await rm(root, { recursive: true, force: true });
  }
}

type Scratch = {
  readonly server: Server;
  readonly database: string;
  readonly program: readonly string[];
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

const bin = new URL('../../../bin/surety.mjs', import.meta.url).pathname;

async function furnish(root: string, server: Server, options: GuardTrialOptions): Promise<Scratch> {
  const { database, entry, signal, secret } = options;
  await withServer(server, signal, (admin) => admin.rows(`create database ${admin.name(database)}`));
  const url = new URL(server.url);
  url.pathname = `/${encodeURIComponent(database)}`;
  const identity = await generateIdentity();
  secret(identity);
  const key = generateKey();
  const recipients = [identity, await generateIdentity()].map((one) => identityToRecipient(one));
  const facts = {
    stores: { vault: { folder: 'vault' } },
    recipients: await Promise.all(recipients),
    signers: [publicKeyText(key)],
  };
  await mkdir(join(root, 'vault'));
  await mkdir(join(root, '.surety', 'keys'), { recursive: true });
  for (const name of ['log', 'prober']) {
    await writeFile(join(root, '.surety', 'keys', `${name}.pem`), privateKeyToPem(generateKey()), {
      mode: 0o600,
    });
  }
  const program = await placeEntry(root, entry);
  const config = `export default ({ env }) => ({ name: 'guard', environment: 'scratch', targets: { backups: { kind: 'backup',
    url: env('GUARD_URL'), identity: env('GUARD_IDENTITY'), restore: { url: env('GUARD_SERVER') }, ...${JSON.stringify(facts)} } } })\n`;
  for (const name of await configsOf(entry)) await writeFile(join(root, name), config);
  await fill(server, database, signal, rows);
  const store = await openFolder('vault', join(root, 'vault'), signal);
  const { outcome, fact } = await makeBackup({
    backup: newBackupId(new Date()),
    slot: null,
    facts: backupFacts.parse({ ...facts, url: url.href }),
    stores: [store],
    key,
    env: process.env,
    now: () => new Date(),
    signal,
  });
  if (outcome !== 'done')
    throw new BlindError('guard/no-backup', `no backup could be made to restore: ${fact}`, 'surety backup');
  await fill(server, database, signal, rows + 1);
  const env = {
    PATH: `${join(root, 'bin')}:${process.env.PATH ?? ''}`,
    HOME: root,
    GUARD_URL: url.href,
    GUARD_SERVER: server.url,
    GUARD_IDENTITY: identity,
  };
  return { server, database, program, root, env, signal };
}

/** A copy of it in the same place of the scratch estate, where `surety` on its PATH is this one. */
async function placeEntry(root: string, entry: GuardTrialOptions['entry']): Promise<readonly string[]> {
  if (entry === null) return [process.execPath, bin, 'restore'];
  await mkdir(join(root, 'bin'));
  const shim = join(root, 'bin', 'surety');
  await writeFile(shim, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  await chmod(shim, 0o755);
  const copy = join(root, entry.as);
  await mkdir(dirname(copy), { recursive: true });
  await copyFile(entry.path, copy);
  await chmod(copy, 0o755);
  return [copy];
}

/** The names under which an entry point looks for the estate. */
async function configsOf(entry: GuardTrialOptions['entry']): Promise<readonly string[]> {
  const text = entry === null ? '' : await readFile(entry.path, 'utf8');
  const named = /--config[= ]+["']?([\w.-]+)/.exec(text)?.[1];
  return [...new Set(['surety.config.ts', ...(named === undefined ? [] : [named])])];
}

async function fill(server: Server, database: string, signal: AbortSignal, count: number): Promise<void> {
  await withAdmin(server, database, signal, async (admin) => {
    await admin.rows('create table if not exists public.guarded (id int)');
    await admin.rows('truncate public.guarded');
    await admin.rows(`insert into public.guarded select generate_series(1, ${count})`);
  });
}

/** Restored: it holds the rows of the backup. As it was: one more. */
async function rowsNow({ server, database, signal }: Scratch): Promise<number | null> {
  return withAdmin(server, database, signal, async (admin) => {
    const [row] = await admin.rows<{ count: number }>('select count(*)::int as count from public.guarded');
    return row?.count ?? null;
  }).catch(() => null);
}

/** What happened to the database decides, and not what was said of it. */
async function attempt(scratch: Scratch, argv: readonly string[], input: string): Promise<Attempt> {
  const { exit, printed } = await run(scratch, argv, input);
  const now = await rowsNow(scratch);
  const tried = { act, actor: argv.join(' ') || 'standard input', method: 'attack' } as const;
  if (now === rows) {
    await fill(scratch.server, scratch.database, scratch.signal, rows + 1);
    return { ...tried, result: 'done', detail: `the rows of the backup are in it, exit ${exit}` };
  }
  if (now !== rows + 1) return { ...tried, result: 'done', detail: 'the database is gone, or half of it' };
  const code = /\b(?:usage|terminal|restore|manifest|swap|store|seal)\/[a-z-]+/.exec(printed)?.[0];
  if (exit === 0) return { ...tried, result: 'broken', detail: 'exit 0, and nothing was restored' };
  return code === undefined
    ? { ...tried, result: 'broken', detail: `exit ${exit} without a reason` }
    : { ...tried, result: 'refused', detail: code };
}

function run(
  { program, root, env, signal }: Scratch,
  argv: readonly string[],
  input: string,
): Promise<{ readonly exit: number | null; readonly printed: string }> {
  const [command = '', ...fixed] = program;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...fixed, ...argv], { cwd: root, env, signal, timeout: 120_000 });
    let printed = '';
    child.stdout.on('data', (text: Buffer) => {
      printed += text.toString('utf8');
    });
    child.stderr.on('data', (text: Buffer) => {
      printed += text.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, printed }));
    // It may be gone before it read what is piped to it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

async function objectsIn(vault: string, name: string): Promise<readonly string[]> {
  const entries = await readdir(vault, { recursive: true, withFileTypes: true });
  return entries
    .filter((one) => one.isFile() && one.name === name)
    .map((one) => join(one.parentPath, one.name));
}

async function flipBit(vault: string): Promise<void> {
  for (const path of await objectsIn(vault, 'data-0')) {
    const bytes = await readFile(path);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
}

async function forgeManifests(vault: string): Promise<void> {
  for (const path of await objectsIn(vault, 'manifest.json')) {
    await writeFile(path, (await readFile(path, 'utf8')).replace(/"sig":"./, '"sig":"_'));
  }
}
