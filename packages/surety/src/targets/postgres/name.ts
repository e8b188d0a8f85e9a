import pg from 'pg';
import type { RelationName } from './types.ts';

/** An identifier as SQL takes it. */
export const quoted = (name: string): string => pg.escapeIdentifier(name);

/** A relation as SQL takes it, always with its schema. */
export const quotedRelation = ({ schema, name }: RelationName): string => `${quoted(schema)}.${quoted(name)}`;

/** A string as SQL takes it. */
export const literal = (text: string): string => pg.escapeLiteral(text);
