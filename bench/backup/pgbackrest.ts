import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { serverOwner } from '../../packages/surety/src/targets/postgres/server.ts';
import { withClient } from '../../packages/surety/src/testing/pg-client.ts';
import type { Contender } from './contest.ts';

const run = promisify(execFile);
const stanza = 'main';

/** Folders that pgBackRest and the server both enter, and what the server is told about them. */
export async function pgBackRestFolders(folder: string): Promise<void> {
  const owner = await serverOwner();
  for (const name of ['', 'socket', 'repo', 'lock', 'spool', 'restored']) {
    const made = path.join(folder, name);
    await mkdir(made, { mode: 0o700, recursive: true });
    if (owner !== null) await chown(made, owner.uid, owner.gid);
  }
}

/**
 * A full backup of the whole cluster and its restore, compressed and encrypted like ours, with two processes.
 *
 * @returns `null` where there is no pgBackRest
 */
export async function pgBackRestWays(
  folder: string,
  url: string,
): Promise<{ readonly backup: Contender; readonly restore: Contender } | null> {
  const there = await run('pgbackrest', ['version']).catch(() => null);
  if (there === null) return null;
  const owner = await serverOwner();
  const data = await withClient(url, async (client) => {
    const { rows } = await client.query<{ data: string }>(`select current_setting('data_directory') as data`);
    return rows[0]?.data ?? '';
  });
  const config = path.join(folder, 'pgbackrest.conf');
  const lines = [
    '[global]',
    `repo1-path=${folder}/repo`,
    'repo1-cipher-type=aes-256-cbc',
    `repo1-cipher-pass=${randomBytes(12).toString('hex')}`,
    'repo1-retention-full=1',
    'compress-type=zst',
    'start-fast=y',
    'process-max=2',
    'log-level-console=off',
    'log-level-file=off',
    'archive-check=n',
    `lock-path=${folder}/lock`,
    `[${stanza}]`,
    `pg1-path=${data}`,
    `pg1-port=${new URL(url).port}`,
    `pg1-socket-path=${folder}/socket`,
    'pg1-user=postgres',
    '',
  ];
  await writeFile(config, lines.join('\n'), { mode: 0o600 });
  if (owner !== null) await chown(config, owner.uid, owner.gid);
  const pgbackrest = (...args: readonly string[]): Promise<unknown> =>
    run('pgbackrest', [`--config=${config}`, `--stanza=${stanza}`, ...args], { ...owner });
  await pgbackrest('stanza-create', '--no-online');
  return {
    backup: {
      name: 'pgBackRest, full',
      run: async () => {
        await pgbackrest('backup', '--type=full');
        return { bytes: await sizeOf(path.join(folder, 'repo', 'backup')) };
      },
    },
    restore: {
      name: 'pgBackRest, restored',
      run: async () => {
        await pgbackrest('restore', `--pg1-path=${folder}/restored`, '--type=none');
        return {};
      },
      after: async () => {
        for (const name of await readdir(path.join(folder, 'restored')))
          await rm(path.join(folder, 'restored', name), { recursive: true });
      },
    },
  };
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(path.join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
