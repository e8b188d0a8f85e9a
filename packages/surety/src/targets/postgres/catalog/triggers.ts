import type { Command } from '../types.ts';
import type { CatalogRelation, Trigger } from './catalog.ts';

/**
 * What a rollback does not take back. NOTIFY and the queue of pg_net are part of the transaction: they are
 * never delivered from one that is rolled back.
 */
const outside =
  /\b(dblink\w*|http(_get|_post|_put|_delete|_head)?|aws_lambda\.\w+|pg_background_launch|lo_export)\s*\(|copy\s+[^;]+\bto\s+program\b/i;

/** Languages whose functions the server confines, or that it is written in itself. */
const harmlessC = new Set(['tsvector_update_trigger', 'moddatetime', 'autoinc', 'insert_username', 'citext']);

/** The first trigger that an attack must not fire, because its effects would outlive the rollback. */
export function reachesOutside(relation: CatalogRelation, command: Command): Trigger | null {
  return (
    relation.triggers.find(
      ({ commands, language, trusted, source }) =>
        commands.includes(command) && (escapes(language, trusted, source) || outside.test(source)),
    ) ?? null
  );
}

function escapes(language: string, trusted: boolean, source: string): boolean {
  if (language === 'internal' || language === 'sql' || trusted) return false;
  return !harmlessC.has(source);
}
