import { z } from 'zod';
import type { Control } from '../../src/core/control.ts';
import type { Estate, EstateTarget, Kinds } from '../../src/core/estate.ts';
import { type Job, type RegisteredControl, type RunContext, scope } from '../../src/core/run.ts';
import type { Handle, OpenContext } from '../../src/core/target.ts';

/** A target that is always there and says little; tests override what they are about. */
export const quietHandle: Handle = {
  identity: async () => ({ name: 'quiet' }),
  revision: async () => 'r1',
  principal: async () => null,
  close: async () => undefined,
};

export function kindsOpening(open: (facts: unknown, context: OpenContext) => Promise<Handle>): Kinds {
  return new Map([
    ['repo', { kind: 'repo', summary: 'a folder', facts: z.looseObject({}), hosts: () => [], open }],
    ['http', { kind: 'http', summary: 'a service', facts: z.looseObject({}), hosts: () => [], open }],
  ]);
}

export function target(name: string, more: Partial<EstateTarget> = {}): EstateTarget {
  return { name, kind: 'repo', environment: 'test', standIn: false, facts: {}, hosts: [], ...more };
}

export function estateOf(targets: readonly EstateTarget[], more: Partial<Estate> = {}): Estate {
  return {
    name: 'estate',
    root: '/',
    targets,
    people: [],
    frameworks: [],
    authorised: null,
    writer: 'test',
    ...more,
  };
}

export function registered(id: string, control: Partial<Control>): RegisteredControl {
  return {
    ref: { id, version: '1', digest: '0'.repeat(64) },
    control: {
      claim: `${id} holds`,
      why: 'because',
      requirements: [],
      targets: { it: 'repo' },
      touch: 'nothing',
      prove: async (_open, see) => see.equal('one', 1, 1),
      plan: null,
      ...control,
    },
  };
}

export function jobsOf(estate: Estate, ...controls: readonly RegisteredControl[]): readonly Job[] {
  return scope(controls, estate).jobs;
}

type Entries = Parameters<RunContext['log']['append']>[0];

/** A run with nothing real in it: the clock stands, timers fire when the test says so, the log is a list. */
export function contextOf(
  more: Partial<RunContext> = {},
): RunContext & { readonly logged: Entries[number][]; readonly fire: () => void } {
  const logged: Entries[number][] = [];
  const timers = new Set<() => void>();
  return {
    kinds: kindsOpening(async () => quietHandle),
    root: '/',
    now: () => new Date('2026-01-02T03:04:05.000Z'),
    after: (_milliseconds, callback) => {
      timers.add(callback);
      return () => timers.delete(callback);
    },
    signal: new AbortController().signal,
    redact: (observations) => ({ observations, count: 0 }),
    redactText: (text) => text,
    secret: () => undefined,
    run: 'run-1',
    scheduled: false,
    allow: new Set(),
    log: { append: async (entries) => void logged.push(...entries) },
    standing: { exceptions: () => [], attestation: () => null },
    digest: () => 'd'.repeat(64),
    tools: {},
    ...more,
    logged,
    fire: () => {
      for (const callback of [...timers]) callback();
    },
  };
}
