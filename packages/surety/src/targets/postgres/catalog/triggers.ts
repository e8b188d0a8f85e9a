import type { Command } from '../types.ts';
import type { CatalogRelation, Trigger } from './catalog.ts';
import type { Calls, FunctionRow } from './function-calls.ts';
import { reachesOut } from './outside.ts';

export type TriggerRow = Pick<Trigger, 'name' | 'commands'> &
  Code & {
    /** Oid of the function that it runs. */
    readonly function: number;
  };

type Code = Pick<FunctionRow, 'language' | 'trusted' | 'body'>;

/** Languages whose functions the server confines, or that it is written in itself. */
const harmlessC = new Set(['tsvector_update_trigger', 'moddatetime', 'autoinc', 'insert_username', 'citext']);

/** What the catalog keeps of a trigger, from its row and all that its function calls, directly or through others. */
export function triggerReader(calls: Calls<FunctionRow>): (row: TriggerRow) => Trigger {
  const outward = calls.above(isOutside);
  // An extension's function is not among those whose calls are known: its own text has to do.
  return (row) => ({
    name: row.name,
    commands: row.commands,
    outside: outward.has(row.function) || isOutside(row),
  });
}

/** The first trigger that an attack must not fire, because its effects would outlive the rollback. */
export function reachesOutside(relation: CatalogRelation, command: Command): Trigger | null {
  return relation.triggers.find(({ commands, outside }) => outside && commands.includes(command)) ?? null;
}

function isOutside({ language, trusted, body }: Code): boolean {
  return escapes(language, trusted, body) || reachesOut(body);
}

function escapes(language: string, trusted: boolean, body: string): boolean {
  if (language === 'internal' || language === 'sql' || trusted) return false;
  return !harmlessC.has(body);
}
