import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Json, observationsDigest } from '@surety/evidence';
import { BlindError } from '../../src/core/error.ts';
import { type RegisteredControl, run, scope } from '../../src/core/run.ts';
import type { See } from '../../src/core/see.ts';
import { contextOf, estateOf, jobsOf, kindsOpening, quietHandle, registered, target } from './estate-of.ts';

const estate = estateOf([target('one'), target('two')]);

test('the intent is in the log before anything is opened', async () => {
  const order: string[] = [];
  const context = contextOf({
    kinds: kindsOpening(async () => {
      order.push('opened');
      return quietHandle;
    }),
    log: { append: async (entries) => void order.push(...entries.map(({ record }) => record.type)) },
  });
  await run(estateOf([target('one')]), jobsOf(estateOf([target('one')]), registered('a/b', {})), context);
  assert.deepEqual(order, ['intent', 'opened', 'verdict']);
});

test('every control and binding gets exactly one verdict, whatever happens to it', async () => {
  const thrown = registered('a/throws', {
    prove: async () => {
      throw new Error('out of cheese');
    },
  });
  const odd = registered('a/odd', { prove: async () => Promise.reject(null) });
  const silent = registered('a/silent', { prove: async () => undefined });
  const well = registered('a/well', {});
  const context = contextOf();
  const jobs = jobsOf(estate, thrown, odd, silent, well);
  const rows = await run(estate, jobs, context);
  assert.deepEqual(
    rows.map(({ control, binding, verdict }) => `${control} ${binding} ${verdict}`),
    [
      'a/odd one unknown',
      'a/odd two unknown',
      'a/silent one unknown',
      'a/silent two unknown',
      'a/throws one unknown',
      'a/throws two unknown',
      'a/well one pass',
      'a/well two pass',
    ],
  );
  const verdicts = context.logged.filter(({ record }) => record.type === 'verdict');
  assert.equal(verdicts.length, jobs.length);
  const told = rows.find(({ control }) => control === 'a/throws')?.judged.map(({ got }) => got);
  assert.deepEqual(told, ['Error: out of cheese']);
});

test('a failure that was seen before an error stays a failure', async () => {
  const control = registered('a/b', {
    prove: async (_open, see) => {
      see.equal('the door', 'shut', 'open');
      throw new Error('and then it broke');
    },
  });
  const [row] = await run(estateOf([target('one')]), jobsOf(estateOf([target('one')]), control), contextOf());
  assert.equal(row?.verdict, 'fail');
});

test('a target that cannot be reached is unknown, with its hint', async () => {
  const context = contextOf({
    kinds: kindsOpening(async () => {
      throw new BlindError('repo/unreachable', 'connection refused on 127.0.0.1:1', 'is it running?');
    }),
  });
  const [row] = await run(
    estateOf([target('one')]),
    jobsOf(estateOf([target('one')]), registered('a/b', {})),
    context,
  );
  assert.equal(row?.verdict, 'unknown');
  assert.equal(row?.hint, 'is it running?');
});

test('a control whose time is up is unknown, and what it writes later does not count', async () => {
  let late: (() => void) | undefined;
  const control = registered('a/slow', {
    timeout: 1_000,
    prove: (_open, see) =>
      new Promise((resolve) => {
        late = () => {
          see.equal('too late', 1, 1);
          resolve();
        };
      }),
  });
  const context = contextOf();
  const running = run(estateOf([target('one')]), jobsOf(estateOf([target('one')]), control), context);
  while (late === undefined) await turn();
  context.fire();
  const [row] = await running;
  late();
  assert.equal(row?.verdict, 'unknown');
  assert.deepEqual(
    row?.judged.map(({ got }) => got),
    ['no answer within 1 s'],
  );
});

test('a stopped run still owes and gives every verdict', async () => {
  const stop = new AbortController();
  const control = registered('a/hangs', { prove: () => new Promise(() => stop.abort()) });
  const context = contextOf({ signal: stop.signal });
  const rows = await run(estate, jobsOf(estate, control), context);
  assert.deepEqual(
    rows.map(({ verdict, judged }) => [verdict, judged[0]?.got]),
    [
      ['unknown', 'the run was stopped'],
      ['unknown', 'the run was stopped'],
    ],
  );
});

test('what writes is withheld until it is allowed, and says how', async () => {
  const control = registered('a/writes', { touch: 'writes' });
  const one = estateOf([target('one')]);
  const [withheld] = await run(one, jobsOf(one, control), contextOf());
  assert.equal(withheld?.verdict, 'unknown');
  assert.equal(withheld?.hint, 'surety prove a/writes --allow writes');
  const [allowed] = await run(one, jobsOf(one, control), contextOf({ allow: new Set(['writes']) }));
  assert.equal(allowed?.verdict, 'pass');
});

test('what is not on this machine is attacked only with an authorisation that has not ended', async () => {
  const far = [target('far', { hosts: ['db.example.com'] })];
  const verdictWith = async (authorised: { by: string; until: Date } | null): Promise<string | undefined> => {
    const there = estateOf(far, { authorised });
    const [row] = await run(there, jobsOf(there, registered('a/b', {})), contextOf());
    return row?.verdict;
  };
  assert.equal(await verdictWith(null), 'unknown');
  assert.equal(await verdictWith({ by: 'ann', until: new Date('2026-01-01') }), 'unknown');
  assert.equal(await verdictWith({ by: 'ann', until: new Date('2026-02-01') }), 'pass');
});

test('on one target one control at a time, mildest first; targets side by side', async () => {
  const busy = { one: 0, two: 0 };
  let together = 0;
  const order: string[] = [];
  const watch = (id: string, touch: 'nothing' | 'rollback') =>
    registered(id, {
      touch,
      prove: async (open, see) => {
        const name = (await open.it?.handle.identity())?.name === 'one' ? 'one' : 'two';
        busy[name] += 1;
        assert.equal(busy[name], 1, 'two controls at once on one target');
        together = Math.max(together, busy.one + busy.two);
        order.push(`${name} ${id}`);
        await turn();
        busy[name] -= 1;
        see.equal('seen', 1, 1);
      },
    });
  const named = estateOf([
    target('one', { facts: { name: 'one' } }),
    target('two', { facts: { name: 'two' } }),
  ]);
  const context = contextOf({
    kinds: kindsOpening(async (facts) => ({
      ...quietHandle,
      identity: async () => (JSON.stringify(facts).includes('one') ? { name: 'one' } : { name: 'two' }),
    })),
  });
  const jobs = jobsOf(named, watch('a/later', 'rollback'), watch('z/first', 'nothing'));
  await run(named, jobs, context);
  assert.equal(together, 2);
  assert.deepEqual(
    order.filter((entry) => entry.startsWith('one')),
    ['one z/first', 'one a/later'],
  );
});

test('a handle that opens after its time was up is closed all the same', async () => {
  let closed = 0;
  const close = async (): Promise<void> => {
    closed += 1;
  };
  let arrive: (() => void) | undefined;
  const context = contextOf({
    kinds: kindsOpening(
      () =>
        new Promise((resolve) => {
          arrive = () => resolve({ ...quietHandle, close });
        }),
    ),
  });
  const one = estateOf([target('one')]);
  const running = run(one, jobsOf(one, registered('a/b', {})), context);
  while (arrive === undefined) await turn();
  context.fire();
  await running;
  arrive();
  await turn();
  assert.equal(closed, 1);
});

test('a log that cannot be written stops the run: evidence that is not kept is none', async () => {
  const one = estateOf([target('one')]);
  const context = contextOf({
    log: {
      append: async () => {
        throw new Error('read-only file system');
      },
    },
  });
  await assert.rejects(run(one, jobsOf(one, registered('a/b', {})), context), /read-only/);
});

test('kinds that the estate lacks are counted as out of scope, with who wanted them', () => {
  const { jobs, outOfScope, alone } = scope(
    [
      registered('a/b', { targets: { api: 'http' } }),
      registered('c/d', { targets: { api: 'http', it: 'repo' } }),
    ],
    estate,
  );
  assert.deepEqual(jobs, []);
  assert.deepEqual(outOfScope, [{ kind: 'http', controls: ['a/b', 'c/d'] }]);
  assert.deepEqual(alone, []);
});

test('a target without a partner in its environment is named, not dropped', () => {
  const mixed = estateOf([
    target('staging-api', { kind: 'http', environment: 'staging' }),
    target('api', { kind: 'http', environment: 'production' }),
    target('code', { environment: 'production' }),
  ]);
  const { jobs, alone } = scope([registered('a/b', { targets: { api: 'http', it: 'repo' } })], mixed);
  assert.deepEqual(
    jobs.map(({ binding }) => binding.name),
    ['api+code'],
  );
  assert.deepEqual(alone, [{ control: 'a/b', target: 'staging-api' }]);
});

test('a target that names its partner is bound to that one only', () => {
  const several = estateOf([
    target('api', { kind: 'http', facts: { code: 'two' } }),
    target('one'),
    target('two'),
  ]);
  const { jobs } = scope([registered('a/b', { targets: { api: 'http', it: 'repo' } })], several);
  assert.deepEqual(
    jobs.map(({ binding }) => binding.name),
    ['api+two'],
  );
});

test('what no log can hold is unknown, and costs neither the run nor the other verdicts', async () => {
  const one = estateOf([target('one')]);
  const half = '\ud800';
  const cycle: { [key: string]: Json } = {};
  cycle.again = cycle;
  const saying = (id: string, say: (see: See) => void): RegisteredControl =>
    registered(id, {
      prove: async (_open, see) => {
        see.equal('well', 1, 1);
        say(see);
      },
    });
  const context = contextOf({ digest: observationsDigest });
  const controls = [
    saying('a/cycle', (see) => see.equal('odd', cycle, cycle)),
    saying(
      'a/fraction',
      (see) => void see.population('odd', { items: [1], how: 'a', recount: { how: 'b', count: 0.5 } }),
    ),
    saying('a/half', (see) => see.note(half, half)),
    saying('a/nan', (see) => see.equal('odd', Number.NaN, Number.NaN)),
    saying('a/throws-half', () => {
      throw new Error(half);
    }),
    registered('a/well', {}),
  ];
  const rows = await run(one, jobsOf(one, ...controls), context);
  assert.deepEqual(
    rows.map(({ verdict }) => verdict),
    ['unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'pass'],
  );
  assert.match(
    rows.find(({ control }) => control === 'a/nan')?.judged.at(-1)?.got ?? '',
    /cannot be written down/,
  );
});

test('what was written down does not change with what the control does later', async () => {
  const one = estateOf([target('one')]);
  const control = registered('a/b', {
    prove: async (_open, see) => {
      const open = ['22'];
      see.equal('open ports', [], open);
      open.pop();
    },
  });
  const [row] = await run(one, jobsOf(one, control), contextOf());
  assert.equal(row?.verdict, 'fail');
});

test('a target that says of itself what no log can hold is unknown', async () => {
  const one = estateOf([target('one')]);
  for (const name of ['\udfff', 'x'.repeat(100_000)]) {
    const context = contextOf({
      kinds: kindsOpening(async () => ({ ...quietHandle, identity: async () => ({ name }) })),
    });
    const [row] = await run(one, jobsOf(one, registered('a/b', {})), context);
    assert.equal(row?.verdict, 'unknown');
    const [, verdict] = context.logged.map(({ record }) => record);
    assert.deepEqual(verdict?.type === 'verdict' && verdict.targets.it?.identity, {});
  }
});

test('a run that slept so long that others take it for broken records nothing more', async () => {
  const one = estateOf([target('one')]);
  const times = ['2026-01-02T03:00:00.000Z', '2026-01-02T03:59:00.000Z'].map((time) => new Date(time));
  let asked = 0;
  const context = contextOf({ now: () => times[Math.min(asked++, 1)] ?? new Date(0) });
  await assert.rejects(run(one, jobsOf(one, registered('a/b', {})), context), /is over/);
  assert.deepEqual(
    context.logged.map(({ record }) => record.type),
    ['intent'],
  );
});
