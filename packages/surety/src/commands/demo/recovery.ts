import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { z } from 'zod';
import { SuretyError } from '../../core/error.ts';
import { restore } from '../restore.ts';
import { exits, type Terminal } from '../verb.ts';
import { visit } from './api-visitor.ts';
import type { BackupPlaces } from './backup-places.ts';
import { seconds } from './backups.ts';
import type { Budget } from './budget.ts';
import { runVerb } from './run-verb.ts';

type Say = (text: string) => void;

/** Proves one control of the estate once more, between the steps of the demo. */
export type Reprove = (control: string) => Promise<{
  readonly verdict: string;
  /** How many attacks held. */
  readonly attacked: number;
  /** The first thing that broke, in one sentence. */
  readonly broken: string | null;
}>;

export type Recovery = {
  readonly budget: Budget;
  readonly places: BackupPlaces;
  readonly terminal: Terminal;
  readonly reprove: Reprove;
  readonly say: Say;
};

const list = '/budgets';
const mistake = 'DELETE FROM public.budgets WHERE id = …';

const restored = z.object({
  backup: z.string(),
  kept: z.string(),
  phases: z.record(z.string(), z.number()),
  sessionsEnded: z.number(),
  waited: z.number(),
  differences: z.array(z.unknown()),
});

/** Deletes a row that a tenant sees, restores by the verb, and asks the API again, which ran all the time. */
export async function recoverRow({ budget, places, terminal, reprove, say }: Recovery): Promise<boolean> {
  const tenant = await visit(budget, terminal.signal);
  try {
    const before = await tenant.list(list);
    const [row] = before ?? [];
    const id = z.object({ id: z.string() }).safeParse(row).data?.id;
    if (before === null || id === undefined) return wrong('the API shows no budget', say);
    say(`\nnow a mistake on the live database:\n  ${mistake};\n`);
    await asAdmin(budget, (admin) => admin.query('DELETE FROM public.budgets WHERE id = $1', [id]));
    const after = await tenant.list(list);
    if (after?.length !== before.length - 1) return wrong('the row is still there', say);
    say(`lost      GET ${list} as its tenant: ${after.length} instead of ${before.length}\n`);
    const { backup, kept, phases, sessionsEnded, waited, differences } = await restoreBudget(
      budget,
      places,
      terminal,
    );
    const took = Object.values(phases).reduce((sum, one) => sum + one, 0);
    say(
      `restored  ${backup} beside, in ${seconds(took)}: ${differences.length} differences from its source\n` +
        `  swapped in by name in ${waited} ms, ${sessionsEnded} sessions ended; what was there is kept as ${kept}\n`,
    );
    const again = await tenant.list(list);
    if (!isDeepStrictEqual(again, before)) return wrong('the API does not show what it showed before', say);
    say(`back      GET ${list}: ${again?.length}, as before; the API was not restarted\n`);
    const { verdict, attacked, broken } = await reprove('tenancy/isolated');
    if (verdict !== 'pass') return wrong(`tenancy/isolated ${verdict}: ${broken ?? ''}`, say);
    say(`pass      tenancy/isolated on what was restored, ${attacked} attacked\n`);
    return true;
  } finally {
    await tenant.leave();
  }
}

/** As an operator's program does it: the name of the database is typed, and sessions may be ended. */
async function restoreBudget(budget: Budget, places: BackupPlaces, terminal: Terminal) {
  const { out } = await runVerb(
    restore,
    [
      ...['--config', places.restoring, '--server', 'RESTORE_URL'],
      ...['--yes-i-mean', 'budget', '--end-sessions', '--json'],
    ],
    { ...terminal, env: { ...terminal.env, RESTORE_URL: budget.adminUrl } },
  );
  return restored.parse(JSON.parse(out));
}

/** Flips a bit of a stored object: the proof names it, and nobody restores it. */
export async function refuseRot({ budget, places, terminal, reprove, say }: Recovery): Promise<boolean> {
  const file = await largestObject(places.vault);
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  const flip = async (): Promise<void> => {
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(file, bytes);
  };
  await flip();
  say(`\none bit flipped in a stored backup, vault/${relative(places.vault, file)} byte ${middle}:\n`);
  const { verdict, broken } = await reprove('backup/intact');
  if (verdict !== 'fail' || broken === null) return wrong(`backup/intact says ${verdict}`, say);
  say(`caught    backup/intact\n  ${broken}\n`);
  const refusal = await refusedRestore(budget, places, terminal);
  if (refusal === null) return wrong('it was restored all the same', say);
  say(`refused   restore from vault, and no database was touched\n  ${refusal}\n`);
  await flip();
  const again = await reprove('backup/intact');
  if (again.verdict !== 'pass')
    return wrong(`backup/intact says ${again.verdict} with the bit put back`, say);
  say('pass      backup/intact, with the bit put back\n');
  return true;
}

/** What was said, where nothing was changed; `null` where something was. */
async function refusedRestore(
  budget: Budget,
  places: BackupPlaces,
  terminal: Terminal,
): Promise<string | null> {
  const before = await databases(budget);
  const told = await restoreFromVault(budget, places, terminal);
  return told !== null && isDeepStrictEqual(await databases(budget), before) ? told : null;
}

async function restoreFromVault(
  budget: Budget,
  places: BackupPlaces,
  terminal: Terminal,
): Promise<string | null> {
  try {
    const { exit, err } = await runVerb(
      restore,
      [
        ...['--config', places.restoring, '--server', 'RESTORE_URL', '--store', 'vault'],
        ...['--yes-i-mean', 'budget', '--end-sessions'],
      ],
      { ...terminal, env: { ...terminal.env, RESTORE_URL: budget.adminUrl } },
    );
    return exit === exits.pass ? null : (err.trim().split('\n').at(-1) ?? '');
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

async function databases(budget: Budget): Promise<readonly unknown[]> {
  return asAdmin(budget, async (admin) => {
    const { rows } = await admin.query('SELECT oid, datname FROM pg_catalog.pg_database ORDER BY oid');
    return rows;
  });
}

async function asAdmin<T>({ adminUrl }: Budget, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

async function largestObject(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sized = await Promise.all(files.map(async (file) => ({ file, size: (await readFile(file)).length })));
  const [largest] = sized.sort((a, b) => b.size - a.size);
  if (largest === undefined) throw new Error('the store holds nothing');
  return largest.file;
}

function wrong(what: string, say: Say): false {
  say(`  ${what}: this is a mistake in surety\n`);
  return false;
}
