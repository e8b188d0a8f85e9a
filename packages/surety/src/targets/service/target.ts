import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { BlindError } from '../../core/error.ts';
import { type Handle, type OpenContext, type TargetKind, touches } from '../../core/target.ts';
import { type OwnProcess, type Stopped, start } from './process.ts';

const regex = z.string().refine(compiles, 'not a regular expression that JavaScript knows');

const facts = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .describe('the program and its arguments, each on its own: no shell reads them'),
  cwd: z
    .string()
    .optional()
    .describe('folder to start it in, from the folder of the estate; default that folder'),
  env: z
    .record(z.string(), z.string())
    .optional()
    .describe('its environment; of ours it gets PATH, HOME, LANG, TZ and TMPDIR only'),
  ready: z
    .union([
      z.strictObject({
        line: regex.describe(
          'regular expression for the line it writes when it is ready; a group named url is taken as its address',
        ),
      }),
      z.strictObject({ url: z.url({ protocol: /^https?$/ }).describe('answers below 500 when it is ready') }),
    ])
    .describe('how to see that it is ready'),
  stopSignal: z
    .enum(['SIGTERM', 'SIGINT', 'SIGQUIT'])
    .optional()
    .describe('what asks it to stop; default SIGTERM'),
  timeoutSeconds: z
    .number()
    .positive()
    .max(600)
    .optional()
    .describe('how long it may take to be ready, and again to stop; default 30'),
});
export type ServiceFacts = z.infer<typeof facts>;

/** A process that this target started and that ends with it. */
export type Service = {
  /** Where it answers, without a slash at the end; `null` when its ready line did not say. */
  readonly url: string | null;
  readonly pid: number;
  running(): boolean;
  /** Its last 200 lines, secrets blacked out. */
  logs(): readonly string[];
  /** Asks it to stop, and kills it when it takes longer than `timeoutSeconds`. */
  stop(): Promise<Stopped>;
  /** Kills it and all that it started, without asking. */
  kill(): Promise<Stopped>;
};

declare module '../../core/target.ts' {
  interface TargetKinds {
    service: Service;
  }
}

/** A program of the user's that we start, watch and stop. One that we did not start cannot be stopped. */
export const service: TargetKind<'service', ServiceFacts> = {
  kind: 'service',
  summary: 'a program that is started for the run, and stopped after it',
  facts,
  hosts: () => [],
  open,
};
export default service;

async function open(given: ServiceFacts, context: OpenContext): Promise<Service & Handle> {
  allowStart(context);
  const { ready, stopSignal = 'SIGTERM', timeoutSeconds = 30 } = given;
  const grace = timeoutSeconds * 1000;
  const cwd = resolve(context.root, given.cwd ?? '.');
  if ('url' in ready) await refuseStranger(ready.url);

  const announced = Promise.withResolvers<string | null>();
  const own = await startOrBlind(given, cwd, (line) => {
    const match = 'line' in ready ? new RegExp(ready.line).exec(line) : null;
    if (match) announced.resolve(match.groups?.url ?? null);
  });
  const stop = () => own.stop(stopSignal, grace);
  const abandon = () => void own.stop('SIGKILL', 0);
  context.signal.addEventListener('abort', abandon, { once: true });
  const close = async () => {
    context.signal.removeEventListener('abort', abandon);
    await stop();
  };
  try {
    if (context.signal.aborted) abandon();
    const url = await untilReady(own, { ready, grace, signal: context.signal, announced: announced.promise });
    return {
      url: url === null ? null : url.replace(/\/+$/, ''),
      pid: own.pid,
      running: own.running,
      logs: own.output.lines,
      stop,
      kill: () => own.stop('SIGKILL', grace),
      identity: async () => ({ command: given.command[0] ?? '', cwd: given.cwd ?? '.' }),
      revision: async () => null,
      principal: async () => userInfo().username,
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function allowStart({ touch }: OpenContext): void {
  if (touches.indexOf(touch) >= touches.indexOf('scratch')) return;
  throw new BlindError(
    'service/touch',
    `starting a program is more than this run may touch (${touch})`,
    'a control that starts a service declares touch scratch or more',
  );
}

async function startOrBlind(
  { command, env = {} }: ServiceFacts,
  cwd: string,
  onLine: (line: string) => void,
): Promise<OwnProcess> {
  try {
    return await start({ command, cwd, env, onLine });
  } catch (cause) {
    throw new BlindError(
      'service/not-started',
      `${command[0]} could not be started in ${cwd}: ${codeOf(cause)}`,
      'check that command[0] is on PATH or relative to cwd, and that cwd exists',
      { cause },
    );
  }
}

type Waiting = {
  readonly ready: ServiceFacts['ready'];
  readonly grace: number;
  readonly signal: AbortSignal;
  readonly announced: Promise<string | null>;
};

/** The address it answers at, once it is ready. */
async function untilReady(
  own: OwnProcess,
  { ready, grace, signal, announced }: Waiting,
): Promise<string | null> {
  const over = new AbortController();
  const late = wait(grace, 'late' as const, { signal: over.signal }).catch(() => 'late' as const);
  const seen = 'url' in ready ? answering(ready.url, over.signal) : announced;
  const first = await Promise.race([
    own.ended.then((ended) => ({ ended })),
    seen.then((url) => ({ url })),
    late,
  ]).finally(() => over.abort());
  if (signal.aborted) throw new BlindError('service/aborted', 'the run was stopped', 'run it again');
  if (first === 'late') throw neverReady(own, ready, grace);
  // Another program may have answered in its place while ours went down.
  if ('ended' in first || !own.running()) throw await crashed(own);
  return first.url;
}

async function answering(url: string, signal: AbortSignal): Promise<string | null> {
  // Only whether it is up, so that its certificate does not matter; nothing is sent to it.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false }, connectTimeout: 1_000 });
  try {
    while (!signal.aborted) {
      const answer = await request(url, { dispatcher, signal, headersTimeout: 2_000 }).catch(() => null);
      await answer?.body.dump().catch(() => undefined);
      if (answer !== null && answer.statusCode < 500) return new URL(url).origin;
      await wait(50, undefined, { signal }).catch(() => undefined);
    }
    return null;
  } finally {
    await dispatcher.destroy();
  }
}

/** Something that already listens there would answer in place of the program that we start. */
async function refuseStranger(url: string): Promise<void> {
  const { hostname, port, protocol } = new URL(url);
  const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (!(await listens(host, number))) return;
  throw new BlindError(
    'service/port-in-use',
    `${host}:${number} is in use by another program`,
    `stop what listens on port ${number}, or give the service another port`,
  );
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const answer = (listening: boolean) => {
      socket.destroy();
      settle(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

function neverReady(own: OwnProcess, ready: ServiceFacts['ready'], grace: number): BlindError {
  const sign = 'url' in ready ? `an answer below 500 from ${ready.url}` : `a line like /${ready.line}/`;
  return new BlindError(
    'service/never-ready',
    `no ${sign.replace(/^an? /, '')} within ${grace / 1000} s${lastWords(own)}`,
    'correct ready, or raise timeoutSeconds',
  );
}

async function crashed(own: OwnProcess): Promise<BlindError> {
  const { code, signal } = await own.ended;
  const portInUse = own.output.lines().some((line) => line.includes('EADDRINUSE'));
  return new BlindError(
    portInUse ? 'service/port-in-use' : 'service/crashed',
    `it ended before it was ready (${signal ?? `exit ${code}`})${lastWords(own)}`,
    portInUse
      ? 'stop what listens on its port, or give the service another port'
      : 'start the command by hand with the same environment',
  );
}

function lastWords(own: OwnProcess): string {
  const words = own.output
    .lines()
    // Frames of a stack would push out the line that says what happened.
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(-8);
  return words.length === 0 ? '; it wrote nothing' : `; last lines:\n${words.join('\n')}`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}

function compiles(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}
