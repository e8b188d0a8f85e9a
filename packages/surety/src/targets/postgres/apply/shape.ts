import { z } from 'zod';
import { shapeSql } from '../catalog/catalog-sql.ts';
import type { Connection } from '../connection.ts';

/** Everything in a catalog that a change may touch, by kind, as lines that can be compared. */
export type Shape = ReadonlyMap<string, readonly Line[]>;
type Line = { readonly name: string; readonly text: string };

const entries = z.record(z.string(), z.array(z.array(z.json())).nullable());

const indexesSql = `
  select jsonb_build_object(
    'indexes', (select jsonb_agg(jsonb_build_array(n.nspname, c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid))
      from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'),
    'event triggers', (select jsonb_agg(jsonb_build_array(evtname, evtevent, evtenabled, evttags::text, evtfoid::regproc::text))
      from pg_catalog.pg_event_trigger))::text as shape`;

export async function readShape(connection: Connection): Promise<Shape> {
  const shape = new Map<string, readonly Line[]>();
  for (const sql of [shapeSql, indexesSql]) {
    const [row] = await connection.rows<{ shape: string }>(sql);
    for (const [kind, list] of Object.entries(entries.parse(JSON.parse(row?.shape ?? '{}'))))
      shape.set(
        kind,
        (list ?? []).map((entry) => lineOf(kind, entry)),
      );
  }
  return shape;
}

function lineOf(kind: string, entry: readonly unknown[]): Line {
  const names = entry.slice(0, 2).filter((part) => typeof part === 'string' && part.length < 200);
  return {
    name: names.join('.').replace(/^public\./, ''),
    text: JSON.stringify(entry.map((part) => rights(kind, part))),
  };
}

/** A list of rights is a set, an owner's own rights are its anyway, and none written down are the usual ones. */
function rights(kind: string, part: unknown): unknown {
  if (part === null) return 'usual';
  if (typeof part !== 'string' || !/^\{.*=[a-zA-Z*]*\/.*\}$/.test(part)) return part;
  const usual = kind === 'functions' ? /^=X\// : /^$/;
  const items = part
    .slice(1, -1)
    .split(',')
    .filter((item) => item.split('=')[0] !== item.split('/')[1])
    .sort();
  return items.length === 0 && kind !== 'functions'
    ? 'usual'
    : items.length === 1 && items.every((item) => usual.test(item))
      ? 'usual'
      : items;
}

/** What is in one and not in the other, or is otherwise: `policies accounts.members`. */
export function differences(before: Shape, after: Shape): readonly string[] {
  return [...before.entries()].flatMap(([kind, lines]) => {
    const others = after.get(kind) ?? [];
    const [these, those] = [new Set(lines.map(({ text }) => text)), new Set(others.map(({ text }) => text))];
    const odd = [
      ...lines.filter(({ text }) => !those.has(text)),
      ...others.filter(({ text }) => !these.has(text)),
    ];
    return [...new Set(odd.map(({ name }) => `${kind} ${name}`))];
  });
}
