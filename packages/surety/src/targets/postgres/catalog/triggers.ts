import type { Command } from '../types.ts';
import type { CatalogRelation, Trigger } from './catalog.ts';
import { reachesOut } from './outside.ts';

/** Languages whose functions the server confines, or that it is written in itself. */
const harmlessC = new Set(['tsvector_update_trigger', 'moddatetime', 'autoinc', 'insert_username', 'citext']);

/** The first trigger that an attack must not fire, because its effects would outlive the rollback. */
export function reachesOutside(relation: CatalogRelation, command: Command): Trigger | null {
  return (
    relation.triggers.find(
      ({ commands, language, trusted, source }) =>
        commands.includes(command) && (escapes(language, trusted, source) || reachesOut(source)),
    ) ?? null
  );
}

function escapes(language: string, trusted: boolean, source: string): boolean {
  if (language === 'internal' || language === 'sql' || trusted) return false;
  return !harmlessC.has(source);
}
