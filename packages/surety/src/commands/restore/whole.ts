import type { Difference } from '../../backup/compare.ts';
import { type Server, withServer } from '../../backup/restore/admin.ts';
import { besideName, besides } from '../../backup/restore/names.ts';
import {
  readServer,
  requireFree,
  requireRoom,
  requireVersions,
  type ServerState,
} from '../../backup/restore/preflight.ts';
import { takeBack } from '../../backup/restore/take-back.ts';
import { type Restored, restoreInto } from '../../backup/restore.ts';
import { type Swapped, sessionsIn, swapDatabases } from '../../backup/swap.ts';
import { findTools, type Tools } from '../../backup/tools.ts';
import { SuretyError, UncertainError } from '../../core/error.ts';
import { quoted } from '../../targets/postgres/name.ts';
import { openEstateLog } from '../estate-log.ts';
import { confirm } from './confirm.ts';
import { describe } from './describe.ts';
import { begunRestore, noted } from './record.ts';
import { type Choice, identityIn, type Options, type Situation, serverIn } from './situation.ts';

/** What is about to happen, before anybody agreed to it. */
type Intent = {
  readonly server: Server;
  readonly state: ServerState;
  readonly tools: Tools;
  /** The name that it bears in the end. */
  readonly live: string;
  /** The name that it bears until then. */
  readonly next: string;
  /** What the one that is there is called afterwards; `null` where there is none. */
  readonly aside: string | null;
  readonly sessions: number;
};

export type WholeRestored = { readonly restored: Restored; readonly swapped: Swapped; readonly live: string };

/** Restores all of a backup, compares it with the source, and gives it the name only then. */
export async function restoreWhole(
  situation: Situation,
  choice: Choice,
  options: Options,
): Promise<WholeRestored> {
  const { terminal, estate } = situation;
  const identity = identityIn(situation);
  const intent = await intend(situation, choice, options);
  const { live, aside, sessions, state } = intent;
  if (options.yesIMean !== undefined && sessions > 0 && options.endSessions !== true)
    throw new SuretyError(
      'swap/in-use',
      `${live} is in use by ${sessions} sessions; nothing was changed`,
      'stop the applications first, or allow their sessions to be ended: --end-sessions',
    );
  terminal.err(
    describe({ set: choice.set, now: terminal.now(), where: hostOf(intent.server), steps: stepsOf(intent) }),
  );
  await confirm(`this gives ${live} the content of the backup`, live, options.yesIMean, terminal);
  // Who typed the name had read that sessions end.
  const endSessions = options.endSessions === true || options.yesIMean === undefined;
  const log = await openEstateLog(estate, terminal);
  const begun = begunRestore(situation, state, {
    action: 'apply',
    what: choice.set.backup,
    steps: statementsOf(intent),
    manual:
      aside === null ? `drop database ${quoted(live)}` : `surety restore --back ${situation.target.name}`,
  });
  try {
    return await noted(begun, log, situation, () =>
      carryOut(situation, choice, { ...intent, identity, endSessions, options }),
    );
  } finally {
    await log.close();
  }
}

async function intend(situation: Situation, { set }: Choice, options: Options): Promise<Intent> {
  const { terminal, facts, database } = situation;
  const { signal } = terminal;
  const server = await serverIn(situation, options);
  const state = await withServer(server, signal, readServer);
  const tools = await findTools(facts.tools, state.major, terminal.env);
  const live = options.into ?? database;
  const notes = requireVersions(set.manifest, state, tools.pgRestore);
  for (const note of notes) terminal.err(`note      ${note}\n`);
  if (options.into !== undefined) requireFree(state, live);
  await requireRoom(set.manifest, state, new URL(server.url).hostname);
  for (const left of besides(state.databases, live, 'restoring'))
    terminal.err(
      `left      ${left}: of a restore that was broken off\n  hint: drop database ${quoted(left)}\n`,
    );
  const exists = state.databases.includes(live);
  const sessions = exists ? await sessionsIn(server, live, signal) : [];
  return {
    server,
    state,
    tools,
    live,
    next: besideName(live, 'restoring', terminal.now()),
    aside: exists ? besideName(live, 'before', terminal.now()) : null,
    sessions: sessions.reduce((sum, { count }) => sum + count, 0),
  };
}

function stepsOf({ next, live, aside, sessions }: Intent): readonly string[] {
  return [
    'every byte is held against the signed manifest, before the server gets any of it',
    `it is restored into the new database ${next}, which nobody may enter meanwhile`,
    'the copy is compared with what the source was: rows, policies, grants, everything',
    aside === null
      ? `it becomes ${live}`
      : `in one transaction ${live} becomes ${aside} and the copy becomes ${live}; its sessions end (${sessions} now)`,
    ...(aside === null ? [] : [`${aside} is kept: surety restore --back goes back to it`]),
  ];
}

function statementsOf({ next, live, aside }: Intent): readonly string[] {
  return [
    `create database ${quoted(next)}`,
    ...(aside === null ? [] : [`alter database ${quoted(live)} rename to ${quoted(aside)}`]),
    `alter database ${quoted(next)} rename to ${quoted(live)}`,
  ];
}

type Agreed = Intent & {
  readonly identity: string;
  readonly endSessions: boolean;
  readonly options: Options;
};

async function carryOut(
  { terminal, redactor }: Situation,
  { set, store }: Choice,
  { server, tools, identity, live, next, aside, endSessions, options }: Agreed,
): Promise<WholeRestored> {
  const { signal, now, err } = terminal;
  const restored = await restoreInto({
    ...{ set, store, identity, tools, now, signal },
    server: server.url,
    ca: server.ca,
    database: next,
    secret: redactor.secret,
    step: (text) => err(`${text}\n`),
  });
  if (restored.differences.length > 0) {
    err(`${restored.differences.slice(0, 20).map(differenceText).join('\n')}\n`);
    if (options.acceptDifferences !== true) throw different(restored, next, live);
  }
  try {
    const swapped = await swapDatabases({ server, live, next, aside, endSessions, signal });
    return { restored, swapped, live };
  } catch (error) {
    if (!(error instanceof UncertainError))
      await takeBack({ database: next, roles: [...restored.roles.created] }, server, error);
    throw error;
  }
}

/** What a thing is called, and not what it is: definitions may quote what is secret. */
function differenceText({ kind, name, want, got }: Difference): string {
  const how = got === null ? 'is missing' : want === null ? 'was not there' : 'is otherwise';
  return `  differs   ${kind} ${name}: ${how}`;
}

function different({ differences }: Restored, next: string, live: string): SuretyError {
  return new SuretyError(
    'restore/different',
    `the copy is not what the source was: ${differences.length} differences; ${live} was not touched, and the copy is kept as ${next}`,
    `look at it, then drop it, or run this again with --accept-differences`,
  );
}

export function hostOf({ url }: Server): string {
  return new URL(url).host;
}
