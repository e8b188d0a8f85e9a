import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { generateKey, openLog, privateKeyToPem, verifyLog } from '@surety/evidence';
import pg from 'pg';
import { SuretyError } from '../core/error.ts';
import type { Estate } from '../core/estate.ts';
import { sentence } from '../reports/terminal.ts';
import { type Budget, exampleFolder, startBudget } from './demo/budget.ts';
import { type LogPlace, logPlace } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { progress } from './progress.ts';
import { type Proved, proveJobs } from './prove.ts';
import { createRunRedactor, type RunRedactor } from './redact.ts';
import { type Exit, exits, type Terminal, type Verb } from './verb.ts';

export const demo: Verb = {
  name: 'demo',
  summary: 'start the example estate on this machine, prove everything, and watch a sabotage being caught',
  define(command, terminal, finish) {
    command
      .option('--json', 'print one JSON document, as `prove --json` does')
      .action(async ({ json = false }: { json?: boolean }) => {
        finish(await run(json, terminal));
      });
  },
};

async function run(json: boolean, terminal: Terminal): Promise<Exit> {
  const alone = await beAlone();
  try {
    return await runAlone(json, terminal);
  } finally {
    await alone.end();
  }
}

/** Two demos at once would write one log with two keys. */
async function beAlone(): Promise<{ end(): Promise<void> }> {
  const folder = join(exampleFolder(), '.surety');
  const file = join(folder, 'demo.pid');
  const other = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (other !== process.pid && isRunning(other)) {
    throw new SuretyError(
      'demo/running',
      `another demo is running (process ${other})`,
      'wait for it, or stop it',
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${process.pid}\n`);
  return { end: () => rm(file, { force: true }) };
}

function isRunning(pid: number): boolean {
  if (pid === 0) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function runAlone(json: boolean, terminal: Terminal): Promise<Exit> {
  const redactor = createRunRedactor();
  const steps = progress(terminal);
  const budget = await startBudget({
    signal: terminal.signal,
    secret: redactor.secret,
    step: (what) => steps.done(`demo     ${what}`),
  });
  try {
    steps.done(
      `demo     ${budget.server}, ${budget.rows.toLocaleString('en')} rows, ${budget.env.API_URL ?? ''}`,
    );
    const outside = { ...terminal, env: { ...terminal.env, ...budget.env } };
    const estate = await loadEstate(join(budget.folder, 'surety.config.ts'), outside, redactor.secret);
    const place = logPlace(estate, terminal.env);
    const proved = await proveInto(place, estate, budget, outside, redactor);
    terminal.signal.throwIfAborted();
    terminal.out(json ? `${JSON.stringify(proved.json)}\n` : proved.text);
    const say = json ? terminal.err : terminal.out;
    const caught = await sabotage(budget, estate, outside, redactor, say);
    const refused = await tamper(place, terminal, say);
    return exitOf(proved, caught && refused);
  } finally {
    steps.done('demo     stopping everything');
    await budget.stop();
  }
}

/** A new log each time: the demo's database and its keys are new each time, too. */
async function proveInto(
  place: LogPlace,
  estate: Estate,
  { server }: Budget,
  terminal: Terminal,
  redactor: RunRedactor,
): Promise<Proved> {
  const keys = join(estate.root, '.surety', 'keys');
  const [logKey, proberKey] = [generateKey(), generateKey()];
  await rm(place.folder, { recursive: true, force: true });
  await mkdir(keys, { recursive: true, mode: 0o700 });
  for (const [name, key] of Object.entries({ log: logKey, prober: proberKey })) {
    await writeFile(join(keys, `${name}.pem`), privateKeyToPem(key), { mode: 0o600 });
  }
  const log = await openLog({ ...place, logKey, proberKey, now: terminal.now });
  try {
    // Whose PostgreSQL is behind is this machine, not the example: said in full, and no mark against the estate.
    const apart = { control: 'tenancy/server-patched', because: `the demo’s own server, ${server}` };
    return await proveJobs(estate, [], { apart }, terminal, redactor, log);
  } finally {
    await log.close();
  }
}

/** The kind of line that is typed in a hurry and forgotten. */
const debugPolicy = {
  make: 'CREATE POLICY debug ON public.accounts USING (true)',
  undo: 'DROP POLICY debug ON public.accounts',
};

/** Opens a hole, looks whether it is seen, and closes it. Not recorded: it is no evidence of the estate. */
async function sabotage(
  budget: Budget,
  estate: Estate,
  terminal: Terminal,
  redactor: RunRedactor,
  say: (text: string) => void,
): Promise<boolean> {
  say(`\nnow a sabotage, outside of the totals:\n  ${debugPolicy.make};\n`);
  const admin = new pg.Client({ connectionString: budget.adminUrl });
  await admin.connect();
  try {
    await admin.query(debugPolicy.make);
    const { rows } = await proveJobs(
      estate,
      ['tenancy/isolated'],
      {},
      { ...terminal, err: () => undefined },
      redactor,
      null,
    );
    await admin.query(debugPolicy.undo);
    const breaks = rows.flatMap(({ judged }) => judged.filter(({ bearing }) => bearing === 'breaks'));
    const [first] = breaks;
    if (first === undefined) {
      say('  not caught: this is a mistake in surety\n');
      return false;
    }
    say(`caught    tenancy/isolated, ${breaks.length} of its attacks got through\n  ${sentence(first)}\n`);
    return true;
  } finally {
    await admin.end();
  }
}

/** Flips one bit in a copy of the log, and asks whether it still verifies. */
async function tamper(
  { folder }: LogPlace,
  { now }: Terminal,
  say: (text: string) => void,
): Promise<boolean> {
  const temporary = await mkdtemp(join(tmpdir(), 'surety-demo-log-'));
  try {
    const copy = join(temporary, 'log');
    await cp(folder, copy, { recursive: true });
    const entries = join(copy, 'tile', 'entries');
    const [name = ''] = (await readdir(entries, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const bytes = await readFile(name);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(name, bytes);
    const { problems } = await verifyLog(copy, { now: now() });
    const [first] = problems;
    say(`\none bit flipped in a copy of the log, ${relative(copy, name)} byte ${middle}:\n`);
    if (first === undefined) {
      say('  not noticed: this is a mistake in surety\n');
      return false;
    }
    say(`refused   ${first.kind}: ${first.message}\n`);
    return true;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Nobody in a demo can sign for a person without forging, so what only waits for one is as expected. */
function exitOf({ json: { counts, log } }: Proved, caught: boolean): Exit {
  if (counts.fail > 0 || !caught || log?.verified !== true) return exits.fail;
  return counts.unknown > counts.attestationsDue ? exits.unknown : exits.pass;
}
