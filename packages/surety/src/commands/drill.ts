import { type DrillOutcome, drill, newDrillId } from '../backup/drill.ts';
import { SuretyError } from '../core/error.ts';
import { authorityOf, learnSecrets, type Opened, openStores } from './backup/stores.ts';
import { type Due, dueText, whenDue } from './drill/due.ts';
import { isolationOf } from './drill/isolation.ts';
import { begunDrill, endedDrill, namedDrill } from './drill/record.ts';
import { drillSecond, secondText } from './drill/second.ts';
import { signingKey } from './drill/signing-key.ts';
import { drillText } from './drill/text.ts';
import { openEstateLog, recordsSoFar } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { createRunRedactor } from './redact.ts';
import { type Situation, situate } from './restore/situation.ts';
import { type Exit, exits, type Terminal, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly backup?: string;
  readonly store?: string;
  readonly second?: string;
  readonly due?: boolean;
  readonly json?: boolean;
};

export const drillVerb: Verb = {
  name: 'drill',
  summary: 'restore a backup into a server that is thrown away, try everything on it, and measure',
  define(command, terminal, finish) {
    command
      .argument('[target]', 'the backups, as surety.config.ts names them, where there are several')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--backup <id>', 'this one (default: the newest with a manifest that verifies)')
      .option('--store <name>', 'only from this store')
      .option('--second <time>', 'by pgBackRest: a copy as it was at this second, or at the newest one')
      .option('--due', 'no drill: say when the next one is due; exit 11 when it is overdue')
      .option('--json', 'print one JSON document')
      .action(async (target: string | undefined, options: Options) => {
        finish(await runDrill(target, options, terminal));
      });
  },
};

async function runDrill(asked: string | undefined, options: Options, terminal: Terminal): Promise<Exit> {
  const redactor = createRunRedactor();
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const situation = situate(estate, asked, terminal, redactor, 'drill');
  learnSecrets(situation);
  refuseUnknownStore(situation, options);
  const { stores, missing } = await openStores(situation);
  const say = (text: string, json: object): void =>
    terminal.out(
      options.json === true
        ? `${JSON.stringify(redactor.json(JSON.parse(JSON.stringify(json))))}\n`
        : redactor.redactText(text),
    );
  try {
    const { target, facts } = situation;
    if (options.due === true) {
      const records = await recordsSoFar(estate, terminal.env);
      const due = await whenDue({
        target: target.name,
        facts,
        database: situation.database,
        stores,
        missing,
        records,
        now: terminal.now(),
      });
      say(dueText(due, target.name, facts.objectives.drillDays), due);
      return exitOfDue(due);
    }
    if (options.second !== undefined) {
      const ca = await authorityOf(situation);
      const second = await drillSecond(situation, { asked: options.second, stores, missing, ca });
      say(secondText(second), { target: target.name, ...second });
      return { pass: exits.pass, fail: exits.fail, 'not-run': exits.unknown }[second.result];
    }
    const outcome = await recordedDrill(situation, options, { stores, missing });
    say(drillText(outcome, target.name, facts.objectives), { target: target.name, ...outcome });
    return exitOf(outcome);
  } finally {
    await Promise.allSettled(stores.map((store) => store.close()));
  }
}

function refuseUnknownStore({ facts }: Situation, { store }: Options): void {
  if (store === undefined || Object.hasOwn(facts.stores, store)) return;
  throw new SuretyError(
    'usage/no-such-store',
    `the estate has no store ${store}`,
    `--store ${Object.keys(facts.stores).join(' | ')}`,
  );
}

async function recordedDrill(
  situation: Situation,
  { backup, store, json }: Options,
  { stores, missing }: Opened,
): Promise<DrillOutcome> {
  const { estate, facts, database, terminal, redactor } = situation;
  const key = await signingKey(estate.root, facts.signers);
  const ca = await authorityOf(situation);
  const id = newDrillId(terminal.now());
  const named = namedDrill(id, situation);
  const log = await openEstateLog(estate, terminal);
  try {
    await log.append([{ record: begunDrill(named, terminal.now()) }]);
    const outcome = await drill({
      ...{ drill: id, facts, database, backup, store, ca, stores, missing, key },
      isolation: isolationOf(situation),
      root: estate.root,
      env: terminal.env,
      now: terminal.now,
      signal: terminal.signal,
      secret: redactor.secret,
      step: (text) => terminal.err(`${redactor.redactText(text)}\n`),
      told: ({ rung, result }) => {
        if (json !== true) terminal.err(`${result.padEnd(8)}  ${rung}\n`);
      },
    });
    await log.append([{ record: endedDrill(named, outcome, redactor) }]);
    return outcome;
  } finally {
    await log.close();
  }
}

function exitOf({ outcome, receipts }: DrillOutcome): Exit {
  if (outcome === 'fail') return exits.fail;
  // Nobody but this log would know of it.
  if (outcome === 'not-run' || receipts.some(({ fact }) => fact !== null)) return exits.unknown;
  return exits.pass;
}

function exitOfDue({ overdue, unread }: Due): Exit {
  if (!overdue) return exits.pass;
  return unread.length > 0 ? exits.unknown : exits.fail;
}
