import { callsOf, type Routine } from '../catalog/function-calls.ts';
import type { Connection } from '../connection.ts';
import { sourcesSql } from './functions-sql.ts';

/** Tables with triggers or rules: what is written there may end up elsewhere. */
export type Echoes = ReadonlySet<number>;

type Source = Routine & { readonly language: string };
/** `function`: of a trigger; `null` for a rule. */
type EchoRow = { readonly relation: number; readonly function: number | null };

/** Leaves out tables whose triggers surely write nothing: most only say when a row was changed. */
export async function readEchoes(app: Connection): Promise<Echoes> {
  const rows = await app.rows<EchoRow>(echoesSql);
  if (rows.every((row) => row.function === null)) return new Set(rows.map(({ relation }) => relation));
  const sources = await app.rows<Source>(sourcesSql);
  const harmless = await app.rows<{ name: string }>(harmlessSql);
  const known = new Set([...words, ...harmless.map(({ name }) => name)]);
  const { behind } = callsOf(sources);
  const byOid = new Map(sources.map((source) => [source.oid, source]));
  const own = new Set(sources.map(({ name }) => name.toLowerCase()));
  const isQuiet = (oid: number): boolean => {
    const source = byOid.get(oid);
    return source !== undefined && behind(source).every((one) => writesNothing(one, known, own));
  };
  return new Set(
    rows.flatMap((row) => (row.function !== null && isQuiet(row.function) ? [] : [row.relation])),
  );
}

const writing =
  /\b(insert|update|delete|merge|truncate|copy|execute|call|do|notify|create|alter|drop|grant|lock|refresh|into\s+(temp|table))\b/i;

function writesNothing(
  { language, source }: Source,
  known: ReadonlySet<string>,
  own: ReadonlySet<string>,
): boolean {
  if (language !== 'plpgsql' && language !== 'sql') return false;
  const body = bodyOf(source);
  if (body === null || writing.test(body)) return false;
  const called = [...body.matchAll(/"((?:[^"]|"")+)"\s*\(|([\p{L}_][\p{L}\p{N}_$]*)\s*\(/gu)];
  return called.every(([, inQuotes, bare]) => {
    const name = (inQuotes ?? bare ?? '').toLowerCase();
    return known.has(name) || own.has(name);
  });
}

/** What `pg_get_functiondef` puts between dollars; `null` where it is written otherwise. */
function bodyOf(source: string): string | null {
  return /\bAS (\$\w*\$)([\s\S]*)\1\s*$/.exec(source)?.[2] ?? null;
}

/** What stands before a bracket and calls nothing. */
const words = [
  ...['if', 'elsif', 'and', 'or', 'not', 'in', 'when', 'then', 'else', 'return', 'select', 'from', 'where'],
  ...['values', 'exists', 'any', 'all', 'some', 'row', 'array', 'cast', 'extract', 'coalesce', 'nullif'],
  ...['greatest', 'least', 'case', 'using', 'as', 'on', 'substring', 'trim', 'position', 'overlay', 'filter'],
];

/** The server's own that change nothing: all but the volatile ones, and of those what only gives a value. */
const harmlessSql = `
  select distinct proname::text as name from pg_catalog.pg_proc p
  where p.pronamespace = 'pg_catalog'::regnamespace
    and (p.provolatile <> 'v' or p.proname in ('clock_timestamp', 'gen_random_uuid', 'random', 'timeofday'))`;

const echoesSql = `
  select w.ev_class as relation, null::oid as function
  from pg_catalog.pg_rewrite w where w.rulename <> '_RETURN' and w.ev_enabled <> 'D'
  union select t.tgrelid, t.tgfoid from pg_catalog.pg_trigger t where not t.tgisinternal and t.tgenabled <> 'D'`;
