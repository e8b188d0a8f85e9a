import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { Control } from '../../src/core/control.ts';
import type { Kinds } from '../../src/core/estate.ts';
import type { Change, Step } from '../../src/core/plan.ts';
import type { Handle } from '../../src/core/target.ts';
import { type CaseResult, runSpecimens } from '../../src/testing/run-specimens.ts';
import type { Scene, Scratch, Specimens } from '../../src/testing/specimens.ts';
import { quietHandle, registered } from '../core/estate-of.ts';

/** A door that is shut, open, or walled up. The whole world of these specimens. */
type Door = { state: 'shut' | 'open' | 'gone'; scratches: number };

const canary = 'canary-7c1e';

/** One world for a test: its door, the kind that opens it, and the scratch that makes scenes of it. */
function world(): { readonly door: Door; readonly kinds: Kinds; readonly scratch: Scratch<Door['state']> } {
  const door: Door = { state: 'shut', scratches: 0 };
  const handle: Handle = {
    ...quietHandle,
    identity: async () => ({ door: door.state }),
    carryOut: async (steps: readonly Step[]) => {
      for (const step of steps) if ('sql' in step) door.state = step.sql === 'shut' ? 'shut' : 'open';
    },
  };
  const scene = (state: Door['state']): Scene => {
    door.state = state;
    return {
      targets: { door: { kind: 'repo' } },
      fingerprint: async () => JSON.stringify(door),
      canaries: [canary],
      stop: async () => undefined,
    };
  };
  return {
    door,
    kinds: new Map([
      [
        'repo',
        { kind: 'repo', summary: '', facts: z.looseObject({}), hosts: () => [], open: async () => handle },
      ],
    ]),
    scratch: {
      unavailable: async () => null,
      scene: async (broken) => scene(broken ?? 'shut'),
      blind: { 'the door is gone': async () => scene('gone') },
      close: async () => undefined,
    },
  };
}

type World = ReturnType<typeof world>;

function honest({ door }: World): Partial<Control> {
  const shut: Change = {
    id: 'shut',
    title: 'shut the door',
    target: 'it',
    steps: [{ sql: 'shut' }],
    undo: [{ sql: 'open' }],
    requires: [],
  };
  return {
    prove: async (_open, see) => {
      if (door.state === 'gone') throw new Error('there is no door');
      see.equal('the door', 'shut', door.state);
    },
    plan: async () => (door.state === 'open' ? [shut] : []),
  };
}

async function trial(
  there: World,
  control: Partial<Control>,
  more: Partial<Specimens<Door['state']>> = {},
): Promise<readonly CaseResult[]> {
  const one = registered('a/b', control);
  const specimens: Specimens<Door['state']> = {
    control: one.control,
    on: () => there.scratch,
    lookalikes: {},
    sabotages: { 'left open': { break: 'open', names: 'the door', mended: true } },
    ...more,
  };
  return runSpecimens(one, specimens, {
    kinds: there.kinds,
    after: () => () => undefined,
    now: () => new Date(0),
    signal: new AbortController().signal,
    redactor: () => ({
      redact: (observations) => ({ observations, count: 0 }),
      redactText: (text) => text,
      secret: () => undefined,
    }),
  });
}

function wrongs(results: readonly CaseResult[]): readonly string[] {
  return results.filter(({ outcome }) => outcome === 'wrong').map(({ kind, why }) => `${kind}: ${why}`);
}

test('an honest control gets through all of it', async () => {
  const there = world();
  const results = await trial(there, honest(there));
  assert.deepEqual(
    results.map(({ kind, name, outcome }) => `${outcome} ${kind} ${name}`),
    ['ok healthy healthy', 'ok sabotage left open', 'ok mended left open', 'ok blind the door is gone'],
  );
});

test('a control that always passes is found out, by the sabotage and by the blindness', async () => {
  const there = world();
  const results = await trial(there, {
    ...honest(there),
    prove: async (_open, see) => see.equal('the door', 1, 1),
  });
  assert.deepEqual(wrongs(results), [
    'sabotage: want fail, got pass',
    'mended: undone, and it was pass instead of fail',
    'blind: want unknown, got pass',
  ]);
});

test('a control that always fails is found out by the healthy one', async () => {
  const there = world();
  const results = await trial(there, {
    ...honest(there),
    prove: async (_open, see) => see.equal('the door', 1, 2),
  });
  assert.match(wrongs(results)[0] ?? '', /^healthy: want pass, got fail/);
});

test('a failure that does not name the object is wrong', async () => {
  const there = world();
  const results = await trial(there, honest(there), {
    sabotages: { 'left open': { break: 'open', names: 'the window' } },
  });
  assert.match(wrongs(results)[0] ?? '', /^sabotage: no failure names the window/);
});

test('what is left behind in the target is wrong', async () => {
  const there = world();
  const { prove } = honest(there);
  const scratching: Partial<Control> = {
    ...honest(there),
    prove: async (open, see) => {
      there.door.scratches += 1;
      await prove?.(open, see);
    },
  };
  assert.ok(
    wrongs(await trial(there, scratching)).includes('healthy: something was left behind in the target'),
  );
});

test('a canary in an observation is wrong', async () => {
  const there = world();
  const { prove } = honest(there);
  const telling: Partial<Control> = {
    ...honest(there),
    prove: async (open, see) => {
      see.note('found', canary);
      await prove?.(open, see);
    },
  };
  assert.ok(wrongs(await trial(there, telling)).includes('healthy: 1 canaries show in the output'));
});

test('an undo that does not bring back what was is wrong', async () => {
  const there = world();
  const { plan } = honest(there);
  const careless: Partial<Control> = {
    ...honest(there),
    plan: async (open) => (await plan?.(open))?.map((change) => ({ ...change, undo: [] })) ?? [],
  };
  assert.deepEqual(wrongs(await trial(there, careless)), ['mended: undone, and it was pass instead of fail']);
});

test('an exception that nothing needed is wrong: it would hide what comes later', async () => {
  const there = world();
  const results = await trial(there, honest(there), {
    lookalikes: { shut: { break: 'shut', excepted: ['the window'] } },
  });
  assert.deepEqual(wrongs(results), ['lookalike: an exception was given that nothing needed']);
});

test('what cannot run here is not run, with what is missing, never ok', async () => {
  const there = world();
  const missing = {
    ...there,
    scratch: { ...there.scratch, unavailable: async () => 'no doors on this machine' },
  };
  const results = await trial(missing, honest(there));
  assert.ok(results.every(({ outcome, why }) => outcome === 'not run' && why === 'no doors on this machine'));
});
