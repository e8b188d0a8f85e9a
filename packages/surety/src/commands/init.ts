import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SuretyError } from '../core/error.ts';
import type { Step } from '../core/plan.ts';
import repoKind, { type Repo } from '../targets/repo/target.ts';
import { sha256, writeFiles } from '../targets/repo/write.ts';
import { type Choices, choose, configText, type Need, needs } from './init/config-text.ts';
import { detect, type Found } from './init/detect.ts';
import { keyNames, makeKey } from './init/keys.ts';
import { isWhole } from './init/whole.ts';
import { configName } from './load-estate.ts';
import { slug } from './slug.ts';
import { exits, type Terminal, type Verb } from './verb.ts';

type Options = { readonly force?: boolean; readonly yes?: boolean; readonly json?: boolean };
type Outcome = 'written' | 'changed' | 'exists';

/** What `init --json` prints. */
export type InitResult = {
  readonly files: readonly { readonly path: string; readonly outcome: Outcome }[];
  readonly found: Found;
  readonly needs: readonly (Need & { readonly set: boolean })[];
  readonly notes: readonly string[];
};

export const init: Verb = {
  name: 'init',
  summary: 'look at this folder and write surety.config.ts, keys and ignore rules',
  define(command, terminal, finish) {
    command
      .option('--force', 'write surety.config.ts anew; keys are never replaced')
      .option('-y, --yes', 'take what was found, ask nothing')
      .option('--json', 'print one JSON document, ask nothing')
      .action(async (options: Options) => {
        const result = await run(options, terminal);
        terminal.out(options.json === true ? `${JSON.stringify(result)}\n` : describe(result));
        finish(exits.pass);
      });
  },
};

async function run(options: Options, terminal: Terminal): Promise<InitResult> {
  const root = terminal.cwd;
  const before = await readConfig(root);
  if (before !== null && options.force !== true) await refuseHalfWritten(before);
  const repo = await repoKind.open(
    { path: root },
    { touch: 'nothing', signal: terminal.signal, secret: () => undefined, root },
  );
  try {
    const found = await detect(repo);
    const keep = before !== null && options.force !== true;
    const ask = terminal.interactive && options.yes !== true && options.json !== true && !keep;
    const guessed = choose(found, basename(root));
    const choices = ask ? await asked(guessed, terminal) : guessed;
    const { git } = await repo.identity();
    const ignore = await ignoreStep(repo, git === true);
    // Ignore rules first: no key is to lie there for one moment in which git would take it.
    if (ignore.step) await write(root, [ignore.step]);
    const keys = await makeKeys(root);
    if (!keep)
      await write(root, [
        {
          file: configName,
          before: before === null ? null : sha256(before),
          content: configText(choices, found),
        },
      ]);
    return {
      files: [
        { path: configName, outcome: keep ? 'exists' : before === null ? 'written' : 'changed' },
        ...keys,
        {
          path: '.gitignore',
          outcome: ignore.step === null ? 'exists' : ignore.step.before === null ? 'written' : 'changed',
        },
      ],
      found,
      needs: keep
        ? []
        : needs(choices).map((need) => ({ ...need, set: (terminal.env[need.variable] ?? '') !== '' })),
      notes: [...ignore.notes, ...(keep || choices.database ? [] : [withoutDatabase])],
    };
  } finally {
    await repo.close();
  }
}

const withoutDatabase =
  'no database was written: no client of PostgreSQL (pg, postgres, an ORM) is a dependency here and no compose file starts one. Where there is one, fill in the lines that stand as a remark in surety.config.ts; nothing of tenancy is proven without';

async function readConfig(root: string): Promise<string | null> {
  try {
    return await readFile(join(root, configName), 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw notWritten(configName, cause);
  }
}

/** A file that stops in the middle is not one to keep, nor one to overwrite unasked. */
async function refuseHalfWritten(text: string): Promise<void> {
  if (await isWhole(text)) return;
  throw new SuretyError(
    'init/half-written',
    `${configName} is there, but is not a whole configuration`,
    'mend it, or surety init --force to write it anew',
  );
}

const variable = /^[A-Za-z_]\w*$/;

async function asked(guess: Choices, { ask }: Terminal): Promise<Choices> {
  const answer = async (question: string, proposal: string, form: RegExp): Promise<string> => {
    const given = (await ask(`${question} [${proposal}]: `)).trim() || proposal;
    if (form.test(given)) return given;
    throw new SuretyError(
      'usage/bad-answer',
      `${JSON.stringify(given)} does not fit: ${question}`,
      `something like ${proposal}`,
    );
  };
  const name = slug(await answer('name of the system', guess.name, /\S/), guess.name);
  const environment = slug(await answer('environment', guess.environment, /\S/), guess.environment);
  const database = guess.database && {
    variable: await answer(
      "variable with the application's connection string",
      guess.database.variable,
      variable,
    ),
    inspector: await answer(
      'variable with the connection string of a role that reads every row',
      guess.database.inspector,
      variable,
    ),
    setting: await answer(
      'setting that the policies read',
      guess.database.setting,
      /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/,
    ),
  };
  const api = guess.api && {
    variable: await answer('variable with the address of the API', guess.api.variable, variable),
  };
  return { name, environment, database, api };
}

type FileStep = Extract<Step, { file: string }>;

/** Keys and cache left out, the log kept in. */
async function ignoreStep(
  repo: Repo,
  git: boolean,
): Promise<{ step: FileStep | null; notes: readonly string[] }> {
  const before = (await repo.has('.gitignore')) ? await repo.text('.gitignore') : null;
  const lines = ['.surety/keys/', '.surety/cache/'];
  const rules = git
    ? await repo.ignored(['.surety/keys/log.pem', '.surety/cache/x', '.surety/log/x/checkpoint'])
    : [];
  const has = (line: string) => before?.split(/\r?\n/).some((one) => one.trim() === line) === true;
  const missing = lines.filter((line, index) => (git ? rules[index]?.ignored !== true : !has(line)));
  const log = rules[2];
  const notes = [
    ...(git
      ? []
      : ['there is no git folder: what was ever tracked cannot be told, and those controls will be unknown']),
    ...(log?.ignored === true
      ? [
          `${log.source?.file}:${log.source?.line} ignores .surety/log, which is the evidence: take that rule out and commit the log`,
        ]
      : []),
  ];
  if (missing.length === 0) return { step: null, notes };
  const gap = before === null || before === '' || before.endsWith('\n') ? '' : '\n';
  const content = `${before ?? ''}${gap}${missing.join('\n')}\n`;
  return { step: { file: '.gitignore', before: before === null ? null : sha256(before), content }, notes };
}

async function makeKeys(root: string): Promise<InitResult['files']> {
  const folder = join(root, '.surety', 'keys');
  const made: { path: string; outcome: Outcome }[] = [];
  for (const name of keyNames) {
    const path = `.surety/keys/${name}.pem`;
    try {
      made.push({ path, outcome: await makeKey(folder, name) });
    } catch (cause) {
      throw cause instanceof SuretyError ? cause : notWritten(path, cause);
    }
  }
  return made;
}

async function write(root: string, steps: readonly FileStep[]): Promise<void> {
  try {
    await writeFiles(root, steps);
  } catch (cause) {
    throw notWritten(steps.map(({ file }) => file).join(', '), cause);
  }
}

function notWritten(path: string, cause: unknown): SuretyError {
  const why = codeOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new SuretyError(
    'init/not-written',
    `${path} cannot be written: ${why}`,
    'run it where this user may write',
    { cause },
  );
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && !(error instanceof SuretyError)
    ? String(error.code)
    : null;
}

function describe({ files, needs: wanted, notes }: InitResult): string {
  const kept = files.some(({ path, outcome }) => path === configName && outcome === 'exists');
  const lines = [
    ...files.map(({ path, outcome }) => `${outcome.padEnd(8)}  ${path}`),
    ...(wanted.length === 0 ? [] : ['', 'it reads:']),
    ...wanted.flatMap(({ variable: name, what, how, set }) => [
      `  ${name} ${set ? '(set)' : '(not set)'}: ${what}`,
      ...(set ? [] : [`    ${how}`]),
    ]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `note: ${note}`)]),
    '',
    kept ? `hint: ${configName} was kept; surety init --force writes it anew` : 'hint: surety prove',
  ];
  return `${lines.join('\n')}\n`;
}
