import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Observation } from '@surety/evidence';
import { createRunRedactor } from '../../../../src/commands/redact.ts';
import isolated from '../../../../src/controls/tenancy/isolated.ts';
import { bind } from '../../../../src/core/binding.ts';
import { makeEstate } from '../../../../src/core/estate.ts';
import { type Proof, prove } from '../../../../src/core/prove.ts';
import { looksSecret, values } from '../../../../src/core/values.ts';
import { UntriedError } from '../../../../src/targets/postgres/attack/untried.ts';
import kind from '../../../../src/targets/postgres/target.ts';
import { kinds } from '../../../../src/targets/registry.ts';
import { scratchPostgres } from '../../../../src/testing/scratch-postgres.ts';
import type { Scene } from '../../../../src/testing/specimens.ts';

const scratch = scratchPostgres();
after(() => scratch.close());

async function inScene<T>(broken: string | null, look: (scene: Scene) => Promise<T>): Promise<T> {
  const scene = await (broken === null ? scratch.scene() : scratch.scene(broken));
  try {
    return await look(scene);
  } finally {
    await scene.stop();
  }
}

/** tenancy/isolated on a database with something wrong in it, which must be afterwards as it was. */
async function proofOf(broken: string): Promise<Proof> {
  return inScene(broken, async (scene) => {
    const { secret, redact, redactText } = createRunRedactor();
    const outside = async (): Promise<never> => {
      throw new Error('there is none');
    };
    const estate = await makeEstate(
      {
        file: 'test',
        root: '.',
        declared: { name: 'test', environment: 'scratch', targets: { db: valued(scene.targets.db ?? {}) } },
      },
      kinds,
      { env: (name) => name, file: outside, command: outside },
      secret,
    );
    const [binding] = bind(isolated, estate).bindings;
    assert.ok(binding);
    const before = await scene.fingerprint();
    const proof = await prove(isolated, binding, {
      kinds,
      root: '.',
      now: () => new Date(),
      after: (milliseconds, callback) => {
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
      signal: new AbortController().signal,
      redact,
      redactText,
      secret,
      attestation: outside,
      excepted: () => new Set(),
    });
    assert.equal(await scene.fingerprint(), before, 'the database is as it was');
    const output = JSON.stringify(proof.observations);
    assert.deepEqual(
      scene.canaries.filter((canary) => output.includes(canary)),
      [],
    );
    return proof;
  });
}

function valued(facts: object): object {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [
      key,
      typeof value === 'string' && looksSecret(key, value) !== null ? values.env(value) : value,
    ]),
  );
}

type Case = {
  readonly broken: string;
  readonly verdict: 'unknown' | 'pass';
  /** A subject that could not be looked at, with what is missing or what came of it. */
  readonly says?: readonly [subject: RegExp, because: RegExp];
};

const mine = `user_id = (select nullif(current_setting('app.current_user_id', true), '')::uuid)`;
const guarded = (table: string) =>
  `alter table ${table} enable row level security, force row level security;
   create policy mine on ${table} using (${mine}); grant select, insert, update, delete on ${table} to api;
   grant select on ${table} to inspector`;
const wide = Array.from({ length: 1_597 }, (_, index) => `c${index} int`).join(', ');
const odd = `"it's a ""😀"" line
break; drop table x -- ${'ä'.repeat(10)}"`;

const cases: Readonly<Record<string, Case>> = {
  'one grant of the inspector is missing': {
    broken: 'revoke select on goals from inspector',
    verdict: 'unknown',
    says: [/^goals: /, /^the inspector may not read it: grant select on goals, and usage on schema public/],
  },
  'the inspector may not enter a schema': {
    broken: 'revoke usage on schema "Odd names" from inspector',
    verdict: 'unknown',
    says: [/^Odd names\.Ledger "entry": /, /^the inspector may not read it: .*usage on schema Odd names/],
  },
  'the application may not enter a schema': {
    broken: 'revoke usage on schema "Odd names" from api',
    verdict: 'pass',
  },
  'a table with no way to a tenant': {
    broken: `create table loose (id int primary key, owner_type text, owner_id int);
      alter table loose enable row level security, force row level security;
      create policy anyone on loose using (current_setting('app.current_user_id', true) <> '');
      grant select on loose to api, inspector`,
    verdict: 'unknown',
    says: [/^loose: /, /owner_type and owner_id name rows of several tables/],
  },
  'a policy that errors': {
    broken: `create policy broken on goals using (1 / (length(title) - length(title)) = 1)`,
    verdict: 'unknown',
    says: [/^goals: /, /22012/],
  },
  'policies that ask one another': {
    broken: `create policy round on goals using (exists (select from goals g where g.id = goals.id))`,
    verdict: 'unknown',
    says: [/^goals: /, /42P17/],
  },
  'two ways to a tenant that disagree in a row': {
    broken: `create table labels (id int primary key, user_id uuid not null references users);
      create table shelves (id int primary key, user_id uuid not null references users);
      insert into labels select row_number() over (order by id), id from users;
      insert into shelves select row_number() over (order by id desc), id from users;
      ${guarded('labels')}; ${guarded('shelves')};
      create table jars (id int primary key, label int not null references labels, shelf int not null references shelves);
      insert into jars select n, n, n from generate_series(1, 3) n;
      insert into jars select 10 + n, n, 4 - n from generate_series(1, 3) n;
      alter table jars enable row level security, force row level security;
      create policy mine on jars using (exists (select from labels l where l.id = label)
        and exists (select from shelves s where s.id = shelf));
      grant select on jars to api, inspector`,
    verdict: 'unknown',
    says: [
      /^jars: whose its rows are$/,
      /^label → labels or shelf → shelves: there are rows of which they say that they are different tenants’: say which, as tenancy.paths: { 'jars': 'label' }$/,
    ],
  },
  'two ways to a tenant that agree': {
    broken: `create table labels (id int primary key, user_id uuid not null references users);
      insert into labels select row_number() over (order by id), id from users; ${guarded('labels')};
      create table jars (id int primary key, label int not null references labels, other int not null references labels);
      insert into jars select n, n, n from generate_series(1, 3) n;
      alter table jars enable row level security, force row level security;
      create policy mine on jars using (exists (select from labels l where l.id = label));
      grant select on jars to api, inspector`,
    verdict: 'pass',
  },
  'a table with as many columns as there can be': {
    broken: `create table wide (id int primary key, user_id uuid not null references users, body text, ${wide});
      insert into wide (id, user_id, body) select row_number() over (), id, 'x' from users; ${guarded('wide')}`,
    verdict: 'pass',
  },
  'a name of every kind of letter': {
    broken: `create table ${odd} (${odd} int primary key, user_id uuid not null references users);
      insert into ${odd} select row_number() over (), id from users; ${guarded(odd)}`,
    verdict: 'pass',
  },
  'tables of an extension, and temporary ones': {
    broken: `create extension if not exists citext; create table of_it (id int, user_id uuid); alter extension citext add table of_it;
      grant select on of_it to api; create temporary table passing (user_id uuid)`,
    verdict: 'pass',
  },
  'sessions that are read-only unless they ask for more': {
    broken: `alter role api set default_transaction_read_only = on`,
    verdict: 'pass',
  },
};

for (const [name, { broken, verdict, says }] of Object.entries(cases)) {
  test(`bad input: ${name}`, async () => {
    const { judgement } = await proofOf(broken);
    const telling = judgement.judged
      .filter(({ bearing }) => bearing === 'blind' || bearing === 'breaks')
      .map(({ observation, got }) => [observation.subject, textOf(observation, got)] as const);
    assert.equal(judgement.verdict, verdict, JSON.stringify(telling.slice(0, 4)));
    if (says !== undefined) {
      const [subject, because] = says;
      assert.ok(
        telling.every(([about]) => subject.test(about) || about.startsWith('each kind of tenant')),
        `only ${subject}: ${JSON.stringify(telling.slice(0, 6))}`,
      );
      assert.ok(
        telling.some(([about, text]) => subject.test(about) && because.test(text)),
        JSON.stringify(telling.slice(0, 4)),
      );
    }
    // The rest went on.
    const refused = judgement.judged.filter(
      ({ observation }) =>
        observation.check === 'refused' && observation.subject.startsWith('transactions: '),
    );
    assert.ok(refused.length > 5);
    assert.ok(refused.every(({ bearing }) => bearing === 'holds'));
  });
}

function textOf(observation: Observation, got: string): string {
  return observation.check === 'blind' ? `${observation.missing}: ${observation.hint ?? ''}` : got;
}

test('a table that is dropped while others are attacked is one that could not be tried', async () => {
  await inScene(null, async (scene) => {
    const { kind: _, ...facts } = { kind: '', ...scene.targets.db };
    const signal = new AbortController().signal;
    const db = await kind.open(kind.facts.parse(facts), {
      touch: 'rollback',
      signal,
      secret: () => undefined,
      root: '.',
    });
    try {
      const { items } = await db.tenantTables();
      const by = async (name: string) => {
        const table = items.find((one) => `${one}` === name);
        assert.ok(table);
        const [owner] = await db.asTwoTenants(table);
        const [act] = owner.acts;
        assert.ok(act);
        return (await owner.try(act.name)).result;
      };
      assert.equal(await by('notes'), 'done');
      const migrator = await kind.open(kind.facts.parse(facts), {
        touch: 'writes',
        signal,
        secret: () => undefined,
        root: '.',
      });
      await migrator.carryOut?.([{ sql: 'drop table goals' }]);
      await migrator.close();
      await assert.rejects(by('goals'), UntriedError);
      assert.equal(await by('accounts'), 'done');
    } finally {
      await db.close();
    }
  });
});
