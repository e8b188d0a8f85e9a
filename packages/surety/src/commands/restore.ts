import { withServer } from '../backup/restore/admin.ts';
import { readServer } from '../backup/restore/preflight.ts';
import { SuretyError } from '../core/error.ts';
import { quoted } from '../targets/postgres/name.ts';
import { loadEstate } from './load-estate.ts';
import { createRunRedactor } from './redact.ts';
import { goBack } from './restore/back.ts';
import { listText, size, span } from './restore/describe.ts';
import { readTable, restoreFiles, restoreOneTable } from './restore/part.ts';
import {
  choose,
  closeShelves,
  type Options,
  openShelves,
  type Shelf,
  type Situation,
  serverIn,
  situate,
} from './restore/situation.ts';
import { restoreWhole, type WholeRestored } from './restore/whole.ts';
import { type Exit, exits, type Terminal, type Verb } from './verb.ts';

export const restore: Verb = {
  name: 'restore',
  summary:
    'restore a verified backup into a new database, compare it, and swap it in; the former one is kept',
  define(command, terminal, finish) {
    command
      .argument('[target]', 'the backups, as surety.config.ts names them, where there are several')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--list', 'show what could be restored')
      .option('--backup <id>', 'this one (default: the newest)')
      .option('--at <time>', 'the newest from before that moment: 2026-11-22T02:00:00Z')
      .option('--store <name>', 'only from this store')
      .option(
        '--into <database>',
        'restore beside, into a database that there is not yet; nothing is swapped',
      )
      .option('--table <name>', 'only the rows of schema.table, into a new database beside')
      .option('--to <folder>', 'decrypt into a folder of files for pg_restore; they are plaintext')
      .option('--back', 'give the name back to the database that bore it before the last restore')
      .option('--server <variable>', 'environment variable that holds the connection string of a superuser')
      .option('--end-sessions', 'end the sessions of the database that is swapped out')
      .option('--accept-differences', 'swap even though the copy is not in everything what the source was')
      .option('--yes-i-mean <database>', 'do not ask, if this is the name of the database that changes')
      .option('--json', 'print one JSON document')
      .action(async (target: string | undefined, options: Options) => {
        finish(await runRestore(target, options, terminal));
      });
  },
};

async function runRestore(asked: string | undefined, options: Options, terminal: Terminal): Promise<Exit> {
  refuseTogether(options);
  refuseOddName(options.into);
  const redactor = createRunRedactor();
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const situation = situate(estate, asked, terminal, redactor);
  const say = (text: string, json: unknown): void =>
    terminal.out(options.json === true ? `${JSON.stringify(json)}\n` : redactor.redactText(text));
  if (options.back === true) {
    const { live, former, swapped } = await goBack(situation, options);
    say(`back      ${live} is what it was before the restore\n${keptText(swapped.kept)}`, {
      back: live,
      former,
      kept: swapped.kept,
      ended: swapped.ended,
    });
    return exits.pass;
  }
  const shelves = await openShelves(situation, options.store);
  try {
    if (options.list === true) return list(shelves, say, terminal);
    return await restoreChosen(shelves, situation, options, say);
  } finally {
    await closeShelves(shelves);
  }
}

type Say = (text: string, json: unknown) => void;

/** PostgreSQL would cut it, and call the database otherwise than was said. */
function refuseOddName(into: string | undefined): void {
  const bytes = Buffer.byteLength(into ?? 'as it was');
  if (bytes >= 1 && bytes <= 63) return;
  throw new SuretyError(
    'usage/database-name',
    `--into has ${bytes} bytes, and the name of a database 1 to 63`,
    '--into shop_copy',
  );
}

/** Each of them is something else to do. */
function refuseTogether({ list: listed, back, table, to, into }: Options): void {
  const forms = { '--list': listed, '--back': back, '--table': table, '--to': to };
  const named = Object.entries(forms).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const odd = into !== undefined && (to !== undefined || back === true || listed === true);
  if (named.length < 2 && !odd) return;
  throw new SuretyError(
    'usage/one-form',
    `these do not go together: ${[...named, ...(odd ? ['--into'] : [])].join(', ')}`,
    'give one of them',
  );
}

function list(shelves: readonly Shelf[], say: Say, { now }: Terminal): Exit {
  say(listText(shelves, now()), {
    stores: shelves.map(({ store, sets, others, fact }) => ({
      store,
      unknown: fact,
      backups: sets.map(({ manifest: { backup, snapshot, source } }) => ({ backup, snapshot, ...source })),
      refused: others.map(({ backup, why }) => ({ backup, why })),
    })),
  });
  if (shelves.some(({ fact }) => fact !== null)) return exits.unknown;
  return shelves.some(({ sets }) => sets.length > 0) ? exits.pass : exits.nothing;
}

async function restoreChosen(
  shelves: readonly Shelf[],
  situation: Situation,
  options: Options,
  say: Say,
): Promise<Exit> {
  const { terminal } = situation;
  for (const { store, fact } of shelves)
    if (fact !== null) terminal.err(`unknown   ${store}: ${fact}; the other stores are asked\n`);
  const choice = choose(shelves, situation, options, await serverOf(situation, options));
  if (options.to !== undefined) {
    const { path, files, bytes } = await restoreFiles(situation, choice, options.to);
    say(
      `written   ${path}: ${files.length} files, ${size(bytes)} of plaintext\n  hint: globals.sql by psql, then outline.dump by pg_restore --section=pre-data, data-*.dump, outline.dump by --section=post-data\n`,
      { path, files, bytes },
    );
    return exits.pass;
  }
  if (options.table !== undefined) {
    const { database, tables } = await restoreOneTable(situation, choice, options, readTable(options.table));
    const rows = tables.map((one) => `  ${one.schema}.${one.name}: ${one.rows} rows\n`).join('');
    say(
      `restored  ${database}, the same rows as at the snapshot\n${rows}  hint: take over what you need, then drop database ${quoted(database)}\n`,
      { database, tables },
    );
    return exits.pass;
  }
  const done = await restoreWhole(situation, choice, options);
  say(wholeText(done), wholeJson(done));
  return exits.pass;
}

/** Its system identifier; `null` where it is not asked or does not answer. Whoever goes on to restore there hears why. */
async function serverOf(situation: Situation, options: Options): Promise<string | null> {
  if (options.to !== undefined || options.backup !== undefined) return null;
  try {
    const server = await serverIn(situation, options);
    return (await withServer(server, situation.terminal.signal, readServer)).systemIdentifier;
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return null;
  }
}

function wholeText({ restored, swapped, live }: WholeRestored): string {
  const { phases, differences, notes, roles } = restored;
  const took = Object.values(phases).reduce((sum, one) => sum + one, 0);
  const same =
    differences.length === 0
      ? 'the same as at the snapshot'
      : `with ${differences.length} differences that were accepted`;
  return [
    `restored  ${live}, ${same}\n`,
    `  ${span(took)}: ${Object.entries(phases)
      .map(([phase, one]) => `${phase} ${one} ms`)
      .join(', ')}\n`,
    `  swapped in ${swapped.millis} ms, ${swapped.ended} sessions ended\n`,
    roles.created.length === 0 ? '' : `  roles made: ${roles.created.join(', ')}\n`,
    ...notes.map((note) => `  note: ${note}\n`),
    keptText(swapped.kept),
  ].join('');
}

function keptText(kept: string | null): string {
  if (kept === null) return '';
  return `kept      ${kept}\n  hint: surety restore --back goes back to it; once nobody misses it: drop database ${quoted(kept)}\n`;
}

function wholeJson({ restored, swapped, live }: WholeRestored): unknown {
  const { backup, server, phases, bytes, differences, roles, notes } = restored;
  return {
    ...{ backup, server, phases, bytes, roles, notes },
    database: live,
    kept: swapped.kept,
    sessionsEnded: swapped.ended,
    waited: swapped.millis,
    differences: differences.map(({ kind, name }) => ({ kind, name })),
  };
}
