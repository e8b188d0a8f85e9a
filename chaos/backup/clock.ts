import { inDatabase } from '../../packages/surety/src/testing/pg-client.ts';

/**
 * Lets the clock that a database tells be ahead of ours. Built-in functions are called past their own definition, but for one in plain SQL, whose
 * body is put in its place.
 */
export async function moveClock(url: string, ahead: number): Promise<void> {
  const database = new URL(url).pathname.slice(1);
  const body = `as $$ select pg_catalog.now() + interval '${Math.round(ahead)} milliseconds' $$`;
  await inDatabase(url, database, (client) =>
    client.query(`
      create or replace function pg_catalog.clock_timestamp() returns timestamptz language sql volatile ${body};
      create or replace function pg_catalog.statement_timestamp() returns timestamptz language sql stable ${body}`),
  );
}
