import { dirname, resolve } from 'node:path';
import { publicKeyText } from '@surety/evidence';
import { Option } from 'commander';
import type { BackupOutcome } from '../backup/make.ts';
import { BlindError, SuretyError } from '../core/error.ts';
import { backupRecords, recordMetrics } from './backup/metrics.ts';
import { newIdentity } from './backup/new-identity.ts';
import { pruneAll } from './backup/prune.ts';
import { recordedBackup } from './backup/run.ts';
import { authorityOf, inventories, learnSecrets, type Opened, openStores } from './backup/stores.ts';
import { listText, outcomeText } from './backup/text.ts';
import { readKey, recordsSoFar } from './estate-log.ts';
import { configName, loadEstate } from './load-estate.ts';
import { progress } from './progress.ts';
import { createRunRedactor } from './redact.ts';
import { type Situation, situate } from './restore/situation.ts';
import { type Exit, exits, type Terminal, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly scheduled?: boolean;
  readonly physical?: 'full' | 'diff' | 'incr';
  readonly list?: boolean;
  readonly prune?: boolean;
  readonly dryRun?: boolean;
  readonly metrics?: string;
  readonly signer?: boolean;
  readonly newIdentity?: string;
  readonly json?: boolean;
};

export const backup: Verb = {
  name: 'backup',
  summary:
    'dump a database into every store at once, encrypted and signed, and remove what retention lets go',
  define(command, terminal, finish) {
    command
      .argument('[target]', 'the backups, as surety.config.ts names them, where there are several')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--scheduled', 'record which slot of the schedule this run is for')
      .addOption(
        new Option('--physical <type>', 'by pgBackRest, and sign what it made').choices([
          'full',
          'diff',
          'incr',
        ]),
      )
      .option('--list', 'no backup: show what each store has, and what there is no backup and why')
      .option('--prune', 'no backup: remove what retention lets go')
      .option('--dry-run', 'with --prune: say what would go, and remove nothing')
      .option('--metrics <file>', 'write metrics for Prometheus, after a failure as well')
      .option('--signer', 'print the public key that this machine signs backups with')
      .option('--new-identity <file>', 'make an age identity, and print its recipient')
      .option('--json', 'print one JSON document')
      .action(async (target: string | undefined, options: Options) => {
        finish(await act(target, options, terminal));
      });
  },
};

async function act(asked: string | undefined, options: Options, terminal: Terminal): Promise<Exit> {
  if (options.newIdentity !== undefined) {
    await newIdentity(options.newIdentity, terminal);
    return exits.pass;
  }
  if (options.signer === true) {
    // Not the estate's own values: they want this very key.
    const root = dirname(resolve(terminal.cwd, options.config ?? configName));
    terminal.out(`${publicKeyText(await readKey(root, 'prober'))}\n`);
    return exits.pass;
  }
  const redactor = createRunRedactor();
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const situation = situate(estate, asked, terminal, redactor, 'backup');
  learnSecrets(situation);
  const opened = await openStores(situation);
  try {
    if (options.list === true) return await list(situation, opened, options);
    if (options.prune === true || options.dryRun === true) return await pruned(situation, opened, options);
    return await run(situation, opened, options);
  } finally {
    await Promise.allSettled(opened.stores.map((store) => store.close()));
  }
}

async function run(situation: Situation, opened: Opened, options: Options): Promise<Exit> {
  const { target, terminal, redactor } = situation;
  const steps = progress(terminal);
  const step = (line: string): void => steps.done(redactor.redactText(line));
  try {
    const { scheduled = false, physical = null } = options;
    const outcome = await recordedBackup(situation, opened, { scheduled, physical }, step);
    steps.end();
    // pgBackRest lets its own older ones go.
    const done = outcome.outcome === 'done' ? exits.pass : exits.fail;
    const exit = physical === null ? await afterwards(outcome, situation, opened, step) : done;
    print(situation, options, outcomeText(outcome, target.name), { target: target.name, ...outcome });
    return exit;
  } catch (error) {
    steps.end();
    // Nothing is wrong with us: the backup failed, which is what the exit code has to say.
    if (!(error instanceof SuretyError) || terminal.signal.aborted) throw error;
    const { code, message, hint } = error;
    const text = `failed   ${target.name}\n  ${code}: ${message}\n  hint: ${hint}\n`;
    print(situation, options, text, { target: target.name, outcome: 'failed', code, fact: message, hint });
    return error instanceof BlindError ? exits.unknown : exits.fail;
  } finally {
    await measured(situation, opened, options);
  }
}

/** A good backup is what lets older ones go. */
async function afterwards(
  { outcome }: BackupOutcome,
  situation: Situation,
  opened: Opened,
  step: (line: string) => void,
): Promise<Exit> {
  if (outcome === 'failed') return exits.fail;
  try {
    return (await prunedAll(situation, opened, false, step)) === 'done' ? exits.pass : exits.unknown;
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    // Some may be gone already: those were named as they went.
    step(`retention broke off: ${error.message}`);
    return exits.unknown;
  }
}

async function prunedAll(
  situation: Situation,
  { stores, missing }: Opened,
  dryRun: boolean,
  say: (line: string) => void,
): Promise<'done' | 'unknown'> {
  const { estate, facts, target, terminal } = situation;
  const records = backupRecords(await recordsSoFar(estate, terminal.env), target.name);
  const ca = await authorityOf(situation);
  const { now, signal } = terminal;
  return (await pruneAll({ facts, ca, stores, missing, records, dryRun, now, signal, say })).outcome;
}

async function pruned(situation: Situation, opened: Opened, { dryRun, json }: Options): Promise<Exit> {
  const { terminal, redactor } = situation;
  const lines: string[] = [];
  const outcome = await prunedAll(situation, opened, dryRun === true, (line) => {
    lines.push(redactor.redactText(line));
    if (json !== true) terminal.out(`${redactor.redactText(line)}\n`);
  });
  if (json === true) terminal.out(`${JSON.stringify({ outcome, dryRun: dryRun === true, lines })}\n`);
  return outcome === 'done' ? exits.pass : exits.unknown;
}

async function list(situation: Situation, { stores, missing }: Opened, options: Options): Promise<Exit> {
  const found = await inventories(stores, situation.facts.signers);
  const document = [...found].map(([store, inventory]) => ({
    store,
    sets: inventory?.sets ?? null,
    others: inventory?.others ?? null,
  }));
  print(situation, options, listText(found, missing), { stores: document, missing });
  const unread = missing.length > 0 || [...found.values()].includes(null);
  return unread ? exits.unknown : exits.pass;
}

function print({ terminal, redactor }: Situation, { json }: Options, text: string, document: object): void {
  terminal.out(
    json === true
      ? `${JSON.stringify(redactor.json(JSON.parse(JSON.stringify(document))))}\n`
      : redactor.redactText(text),
  );
}

async function measured(situation: Situation, { stores }: Opened, { metrics }: Options): Promise<void> {
  if (metrics === undefined) return;
  const { estate, target, database, facts, terminal } = situation;
  const records = await recordsSoFar(estate, terminal.env);
  await recordMetrics(metrics, { target, database, facts, stores, records, now: terminal.now() });
}
