import { inDatabase, withClient } from '../../packages/surety/src/testing/pg-client.ts';

/**
 * A ledger as a bank or a budget has it: entries with amounts, dates, counterparties and descriptions, the postings of each, uuid keys, indexes
 * and policies. Made by the server, the same each time.
 *
 * @param megabytes by `pg_database_size`, indexes included; what comes out is near it
 * @returns bytes by `pg_database_size`
 */
export async function makeLedger(url: string, database: string, megabytes: number): Promise<number> {
  await withClient(url, (client) => client.query(`create database ${database}`));
  const transactions = Math.round(megabytes * 1_720);
  return inDatabase(url, database, async (client) => {
    await client.query(`set jit = off; set maintenance_work_mem = '256MB'`);
    await client.query(tables);
    await client.query(words);
    await client.query(people, [Math.max(10, Math.round(transactions / 200))]);
    await client.query(transactionRows('transaction'), [
      transactions,
      Math.max(10, Math.round(transactions / 200)),
      0,
    ]);
    await client.query(postingRows);
    await client.query(indexes);
    await client.query(`drop table word`);
    await client.query('vacuum analyze');
    return sizeOf(client);
  });
}

/** So many tables of the same size, as estates with a table for each tenant have them. */
export async function makeManyTables(
  url: string,
  database: string,
  count: number,
  rows: number,
): Promise<number> {
  await withClient(url, (client) => client.query(`create database ${database}`));
  return inDatabase(url, database, async (client) => {
    await client.query(tables);
    await client.query(words);
    await client.query(people, [10]);
    for (let n = 0; n < count; n += 1) {
      await client.query(`create table ledger.year_${n} (like ledger.transaction)`);
      await client.query(transactionRows(`year_${n}`), [rows, 10, n * rows]);
      await client.query(`alter table ledger.year_${n} add primary key (id)`);
    }
    await client.query(`drop table ledger.posting, ledger.transaction, ledger.account, word`);
    await client.query('vacuum analyze');
    return sizeOf(client);
  });
}

async function sizeOf(client: Parameters<Parameters<typeof inDatabase>[2]>[0]): Promise<number> {
  const { rows } = await client.query<{ size: string }>(
    'select pg_catalog.pg_database_size(pg_catalog.current_database())::text as size',
  );
  return Number(rows[0]?.size);
}

const tables = `
  create schema ledger;
  create table ledger.account (
    id uuid primary key, household uuid not null, name text not null, iban text not null, currency char(3) not null,
    opened date not null);
  create table ledger.transaction (
    id uuid not null, account uuid not null, household uuid not null, booked date not null, recorded timestamptz not null,
    amount numeric(14,2) not null, currency char(3) not null, counterparty text not null, description text not null,
    category text, reference text not null, balance numeric(16,2) not null);
  create table ledger.posting (
    id bigint generated always as identity, transaction uuid not null, household uuid not null, side char(1) not null,
    ledger_account text not null, amount numeric(14,2) not null, posted timestamptz not null, note text);`;

const words = `
  create table word as select s.n, (array['card','payment','transfer','invoice','rent','salary','groceries','refund','fee','interest',
    'subscription','insurance','standing','order','monthly','deposit','cash','withdrawal','travel','hotel','train','fuel','pharmacy','school',
    'books','music','energy','water','phone','internet','tax','loan','mortgage','dividend','coffee','lunch','dinner','market','repair',
    'garden','clothes','shoes','gift','donation','parking','ticket','museum','cinema','sports','club'])[1 + n % 50]
    || case when n >= 50 then '-' || substr(md5(n::text), 1, 3) else '' end as text
  from generate_series(0, 399) s(n);
  create unique index on word (n)`;

const people = `
  insert into ledger.account select md5('a' || n)::uuid, md5('h' || n / 3)::uuid, 'account ' || n,
    'DE' || lpad((n * 7919 % 100000)::text, 8, '0') || lpad((n * 104729 % 10000000)::text, 10, '0'),
    (array['EUR','EUR','EUR','CHF','USD'])[1 + n % 5], date '2015-01-01' + n % 3000
  from generate_series(1, $1::int) n`;

/** What looks random comes from a hash of the number: the same in each run, and no easier to compress than people's own. */
const transactionRows = (table: string): string => `
  insert into ledger.${table}
  select md5('t' || s.n)::uuid, md5('a' || a)::uuid, md5('h' || a / 3)::uuid,
    date '2019-01-01' + (s.n % $1::int * 2200 / $1::int)::int, timestamptz '2019-01-01 06:00Z' + s.n * interval '190 seconds' * (1000000.0 / $1::int) + h % 86400 * interval '1.017 s',
    (h % 1000000 - 800000) / 100.0, 'EUR', initcap(w1.text || ' ' || w2.text) || (array[' GmbH',' AG',' Ltd',' & Sons',''])[1 + h % 5],
    w3.text || ' ' || w2.text || ' ' || w4.text || ' ' || h % 10000 || ' ' || w5.text,
    case when h % 7 > 0 then w4.text end, upper(substr(md5('r' || s.n), 1, 16)), (h / 7 % 100000000) / 100.0
  from (select n::bigint as n, abs(hashint8(n)::bigint) as h, 1 + abs(hashint4(n % 100000007)::bigint) % $2::int as a
    from generate_series($3::int + 1, $3::int + $1::int) n) s
  join word w1 on w1.n = h % 397 join word w2 on w2.n = h / 397 % 50 join word w3 on w3.n = h / 19850 % 50
  join word w4 on w4.n = h / 11 % 50 join word w5 on w5.n = h / 1009 % 400
  order by s.n`;

const postingRows = `
  insert into ledger.posting (transaction, household, side, ledger_account, amount, posted, note)
  select t.id, t.household, side, case side when 'd' then '1200' else '4' || lpad((abs(hashtext(t.reference)) % 500)::text, 3, '0') end,
    abs(t.amount), t.recorded + interval '1.5 s', case side when 'c' then t.category end
  from ledger.transaction t, unnest(array['d','c']) side
  order by t.recorded`;

const indexes = `
  alter table ledger.transaction add primary key (id);
  create index on ledger.transaction (account, booked);
  create index on ledger.transaction (household);
  alter table ledger.transaction add foreign key (account) references ledger.account;
  alter table ledger.posting add primary key (id);
  create index on ledger.posting (transaction);
  alter table ledger.account enable row level security;
  alter table ledger.transaction enable row level security;
  alter table ledger.transaction force row level security;
  alter table ledger.posting enable row level security;
  create policy own on ledger.account using (household::text = current_setting('app.household', true));
  create policy own on ledger.transaction using (household::text = current_setting('app.household', true));
  create policy own on ledger.posting using (household::text = current_setting('app.household', true))`;
