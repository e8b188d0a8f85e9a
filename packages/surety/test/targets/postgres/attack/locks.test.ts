import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startServer } from '../../../../src/targets/postgres/server.ts';
import { inDatabase } from '../../../../src/testing/pg-client.ts';
import { tenantSchema, tenantSetting } from '../../../../src/testing/tenant-schema.ts';
import { attack } from './attacked.ts';

const tables = 240;

// Room for some 450 locks, and each table has itself, an index and a sequence to lock.
const server = await startServer({ settings: { max_locks_per_transaction: '10', max_connections: '25' } });
after(() => server.stop());

/** Some with a trigger that writes elsewhere, some empty, some partly somebody else's. */
const table = (index: number): string => `
  create table many_${index} (id bigint generated always as identity primary key,
    user_id uuid not null references users, body text not null);
  ${index % 3 === 0 ? '' : `insert into many_${index} (user_id, body) select id, 'text' from users;`}
  alter table many_${index} enable row level security, force row level security;
  create policy mine on many_${index} using (user_id = nullif(current_setting('${tenantSetting}', true), '')::uuid);
  ${index % 4 === 0 ? `create trigger noted after insert or update on many_${index} for each row execute function noted();` : ''}
  ${index % 4 === 1 ? `create trigger touched before update on many_${index} for each row execute function touched();` : ''}
  grant select, insert, update, delete on many_${index} to api; grant select on many_${index} to inspector`;

async function attackMany(broken: string) {
  const place = `127.0.0.1:${server.port}/many`;
  await inDatabase(server.url, 'postgres', async (client) => {
    await client.query('drop database if exists many with (force)');
    for (const role of [
      'owner nologin',
      "api login password 'api'",
      "inspector login bypassrls password 'inspector'",
    ])
      await client.query(
        `do $$ begin create role ${role}; exception when duplicate_object then null; end $$`,
      );
    await client.query('create database many');
  });
  await inDatabase(server.url, 'many', async (client) => {
    await client.query(tenantSchema);
    await client.query(`create table notices (what text);
      create function noted() returns trigger language plpgsql security definer set search_path = public, pg_temp
        as $$ begin insert into notices values (new.body); return new; end $$;
      create function touched() returns trigger language plpgsql
        as $$ begin new.body := lower(coalesce(new.body, '')); return new; end $$`);
    for (let index = 0; index < tables; index += 1) await client.query(table(index));
    await client.query(broken);
  });
  return attack({
    targets: {
      db: {
        kind: 'postgres',
        url: `postgresql://api:api@${place}`,
        inspector: `postgresql://inspector:inspector@${place}`,
        tenancy: { setting: tenantSetting },
      },
    },
    fingerprint: async () => '',
    canaries: [],
    stop: async () => undefined,
  });
}

test('of more tables than the server has locks for, each is attacked, and what one carries elsewhere is found', async () => {
  const { verdict, blind, broken, held } = await attackMany(
    `grant select on notices to api;
     create view peeked as select body from many_${tables - 1}; grant select on peeked to api;
     create function peek() returns setof many_${tables - 2} language sql stable security definer
       set search_path = public, pg_temp as 'select * from many_${tables - 2}'`,
  );
  assert.equal(verdict, 'fail');
  assert.deepEqual([...blind], []);
  assert.deepEqual([...broken.keys()].sort(), [
    'function peek(): other tenant calls it',
    'notices: other tenant finds marks of the owner',
    'peeked: other tenant finds marks of the owner',
    'peeked: row security binds what it shows',
  ]);
  for (let index = 0; index < tables; index += 1)
    assert.ok(held.has(`many_${index}: other tenant reads it whole`), `many_${index}`);
});
