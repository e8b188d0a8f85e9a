import { statementOn } from '../source/database.ts';
import type { SourceFacts } from '../source-facts.ts';
import type { Admin } from './admin.ts';

/** Superusers are let in all the same: nobody else comes before everything is in its place, policies included. */
const nobodyElse = 0;

/** The statement that makes an empty database as the source was. */
export function createStatement(
  database: string,
  { owner, encoding, collate, ctype, provider, locale }: SourceFacts['database'],
  { name, text }: Pick<Admin, 'name' | 'text'>,
): string {
  const providers = {
    c: '',
    i: `locale_provider icu icu_locale ${text(locale ?? '')}`,
    b: `locale_provider builtin builtin_locale ${text(locale ?? '')}`,
  } as const;
  const by = provider === 'i' || provider === 'b' ? providers[provider] : providers.c;
  return `create database ${name(database)} owner ${name(owner)} template template0 encoding ${text(encoding)}
    lc_collate ${text(collate)} lc_ctype ${text(ctype)} ${by} connection limit ${nobodyElse}`;
}

/** What the database itself was, but for its rows; at last it takes others than superusers in again. */
export function databaseStatements(
  database: string,
  { statements, connectionLimit }: SourceFacts['database'],
  { name }: Pick<Admin, 'name'>,
): readonly string[] {
  const quoted = name(database);
  return [
    ...statements.map((statement) => statementOn(statement, quoted)),
    `alter database ${quoted} connection limit ${connectionLimit}`,
  ];
}
