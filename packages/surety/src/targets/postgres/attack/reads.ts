import type { CatalogRelation } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import { broken, type Outcome, rows } from './outcome.ts';
import { keyOf, type Row, selectText, toRow } from './rows.ts';
import type { Stance } from './stance.ts';
import { among } from './statements.ts';

/** Rows looked at one by one; the rest is only counted. */
const ceiling = 5_000;

/** `lock`: `for update` or `for share`, which policies for UPDATE have a say in. */
export async function readByKey(stance: Stance, lock: string = ''): Promise<Outcome> {
  const { condition, values } = among(stance, 1);
  const statement = `select from ${quotedRelation(stance.tie.relation)} t where ${condition} ${lock}`;
  return rows(await stance.session.app.touched(statement, values));
}

export async function readAll(stance: Stance): Promise<Outcome> {
  const { session, tie, isOwner, targets } = stance;
  const keyNames = keyOf(tie.relation).map(({ name }) => name);
  const table = quotedRelation(tie.relation);
  const [[counted], selected] = await Promise.all([
    session.app.rows<{ count: number }>(`select count(*)::int as count from ${table}`),
    session.app.rows<Record<string, string | null>>(
      `select ${selectText('t', keyNames)} from ${table} t limit ${ceiling}`,
    ),
  ]);
  const count = counted?.count ?? 0;
  const seen = selected.map((row) => toRow(keyNames, row));
  const identity = (row: Row): string => JSON.stringify(keyNames.map((name) => row.get(name) ?? null));
  const wanted = new Set(targets.map(identity));
  const found = seen.filter((row) => wanted.has(identity(row))).length;
  if (isOwner) return rows(found === 0 && seen.length === ceiling ? count : found);
  const beyond = stance.visible === null ? 0 : count - stance.visible;
  const known = Math.max(0, beyond, found);
  if (known > 0) return rows(known);
  const own = new Set(stance.own.map(identity));
  const others = seen.filter((row) => !own.has(identity(row)));
  const foreign = others.length === 0 ? 0 : await stance.foreignAmong(others);
  return foreign === null ? broken('cannot tell whose rows it sees: name an inspector') : rows(foreign);
}

/** Rows that left the server as a copy, beyond its own; which rows they are, reading it whole says. */
export async function copyOut(stance: Stance, source: 'table' | 'query'): Promise<Outcome> {
  const { session, tie, isOwner, visible } = stance;
  const table = quotedRelation(tie.relation);
  const names = readableColumns(tie.relation);
  const from = source === 'table' ? `${table} (${names})` : `(select ${names} from ${table})`;
  const [copied, [counted]] = await Promise.all([
    session.app.touched(`copy ${from} to stdout`),
    session.app.rows<{ count: number }>(`select count(*)::int as count from ${table}`),
  ]);
  return rows(isOwner ? copied : Math.max(0, copied - (visible ?? counted?.count ?? 0)));
}

function readableColumns({ columns }: CatalogRelation): string {
  const readable = columns.filter(({ grants }) => grants.includes('select'));
  return (readable.length > 0 ? readable : columns).map(({ name }) => quoted(name)).join(', ');
}
