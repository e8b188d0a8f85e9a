import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { verifyLog } from '@surety/evidence';
import pg from 'pg';
import { SuretyError } from '../core/error.ts';
import type { Estate } from '../core/estate.ts';
import type { Job } from '../core/run.ts';
import { sentence } from '../reports/terminal.ts';
import { type BackupPlaces, backupTrouble, makeBackupPlaces } from './demo/backup-places.ts';
import { backUp, tryBackup } from './demo/backups.ts';
import { type Budget, exampleFolder, startBudget } from './demo/budget.ts';
import { makeKeys } from './demo/keys.ts';
import { type Reprove, recoverRow, refuseRot } from './demo/recovery.ts';
import { startWatch, type Watch } from './demo/watch.ts';
import { type LogPlace, logPlace, openEstateLog } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { progress } from './progress.ts';
import { type Apart, type Proved, proveJobs } from './prove.ts';
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
  const started: { stop(): Promise<void> }[] = [];
  const kept = <T extends { stop(): Promise<void> }>(one: T): T => {
    started.push(one);
    return one;
  };
  try {
    const example = exampleFolder();
    const budget = kept(
      await startBudget({
        signal: terminal.signal,
        secret: redactor.secret,
        step: (what) => steps.done(`demo     ${what}`),
      }),
    );
    const { proberKey } = await makeKeys(example);
    const places = kept(await makeBackupPlaces(example, proberKey, terminal));
    const watch = kept(await startWatch(join(example, 'infra/backup/alerts.yaml'), terminal));
    steps.done(
      `demo     ${budget.server}, ${budget.rows.toLocaleString('en')} rows, ${budget.env.API_URL ?? ''}`,
    );
    const env = { ...terminal.env, ...budget.env, ...places.env, ...watch.env };
    return await show(json, { budget, places, watch, redactor, terminal: { ...terminal, env } });
  } finally {
    steps.done('demo     stopping everything');
    for (const one of started.reverse()) await one.stop();
  }
}

type Stage = {
  readonly budget: Budget;
  readonly places: BackupPlaces;
  readonly watch: Watch;
  readonly redactor: RunRedactor;
  readonly terminal: Terminal;
};

async function show(json: boolean, stage: Stage): Promise<Exit> {
  const { budget, redactor, terminal } = stage;
  const say = json ? terminal.err : terminal.out;
  const config = join(budget.folder, 'surety.config.ts');
  const whole = await loadEstate(config, terminal, redactor.secret);
  const place = logPlace(whole, terminal.env);
  // A new log each time: the demo's database and its keys are new each time, too.
  await rm(place.folder, { recursive: true, force: true });
  const trouble = await backedUp(config, stage, say);
  const estate = trouble === null ? await withRestoring(whole, stage) : without('budget-backups', whole);
  const proved = await proveInto(estate, stage);
  terminal.signal.throwIfAborted();
  terminal.out(json ? `${JSON.stringify(proved.json)}\n` : proved.text);
  const caught = await sabotage(budget, estate, terminal, redactor, say);
  const recovery = { ...stage, say, reprove: reproving(estate, stage) };
  const recovered = trouble !== null || ((await recoverRow(recovery)) && (await refuseRot(recovery)));
  const refused = await tamper(place, terminal, say);
  return exitOf(proved, caught && recovered && refused);
}

/** Makes a backup and tries it. Gives why nothing of backups can be shown here, as where there is no pg_dump. */
async function backedUp(
  config: string,
  { budget, places, terminal }: Stage,
  say: (text: string) => void,
): Promise<string | null> {
  const trouble = await backupTrouble(budget.major, terminal.env);
  if (trouble !== null) {
    say(`\nwithout backups: ${trouble}\n`);
    return trouble;
  }
  say(
    '\na backup into a folder and into a stand-in for a bucket, both on this machine, and a drill of it:\n',
  );
  if (!(await backUp(config, terminal, say))) return null;
  const { result, lacking } = await tryBackup(places, terminal, say);
  if (result !== 'not-run') return null;
  say(`without backups: this machine cannot try them: ${lacking.join('; ')}\n`);
  return lacking.join('; ');
}

function without(target: string, estate: Estate): Estate {
  return { ...estate, targets: estate.targets.filter(({ name }) => name !== target) };
}

const restoring = 'budget-restoring';

/** The same backups once more, as who restores them sees them: with an identity. */
async function withRestoring(estate: Estate, { places, terminal, redactor }: Stage): Promise<Estate> {
  const { targets } = await loadEstate(places.restoring, terminal, redactor.secret);
  const own = targets.map((target) => ({ ...target, name: restoring, standIn: true }));
  return { ...estate, targets: [...estate.targets, ...own] };
}

/** That backups restore is proven where an identity is, and all the rest where they are made. */
function isElsewhere({ registered, binding }: Job): boolean {
  const named = Object.values(binding.targets).some(({ name }) => name === restoring);
  const backups = Object.values(binding.targets).some(({ kind }) => kind === 'backup');
  return backups && named !== (registered.ref.id === 'backup/restores');
}

/** What is no mark for or against the estate in a demo: said in full, and not counted. */
function asides({ server }: Budget, { trouble }: Watch): readonly Apart[] {
  const young = 'nothing of the schedule is older than this demo';
  return [
    // Whose PostgreSQL is behind is this machine, not the example.
    { control: 'tenancy/server-patched', because: `the demo’s own server, ${server}` },
    { control: 'backup/kept-30-days', because: young },
    { control: 'backup/success-rate', because: young },
    ...(trouble === null ? [] : [{ control: 'backup/alerts', because: trouble }]),
  ];
}

async function proveInto(estate: Estate, { budget, watch, terminal, redactor }: Stage): Promise<Proved> {
  const log = await openEstateLog(estate, terminal);
  try {
    // All of it is this demo's own.
    const options = { apart: asides(budget, watch), leaveOut: isElsewhere, allow: ['writes'] };
    return await proveJobs(estate, [], options, terminal, redactor, log);
  } finally {
    await log.close();
  }
}

/** One control once more, between the steps. Not recorded: what it looks at was made for the demo. */
function reproving(estate: Estate, { terminal, redactor }: Stage): Reprove {
  return async (control) => {
    const quiet = { ...terminal, err: () => undefined };
    const { rows } = await proveJobs(estate, [control], { leaveOut: isElsewhere }, quiet, redactor, null);
    const judged = rows.flatMap((row) => row.judged);
    const broken = judged.find(({ bearing }) => bearing === 'breaks');
    const held = judged.filter(({ bearing }) => bearing === 'holds');
    return {
      verdict: rows[0]?.verdict ?? 'not there',
      attacked: held.filter(({ observation }) => observation.method === 'attack').length,
      broken: broken === undefined ? null : sentence(broken),
    };
  };
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
