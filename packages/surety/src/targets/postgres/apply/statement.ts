import { identifier, type Named, nameAt, readName } from './sql-name.ts';

/** The relation that the statement itself changes; `null` where it changes none, or is of a form unknown here. */
export function changedRelation(sql: string): Named | null {
  for (const pattern of changing) {
    const found = pattern.exec(sql)?.[1];
    if (found !== undefined) return readName(found);
  }
  return null;
}

const start = String.raw`^\s*`;
const changing = [
  String.raw`alter\s+(?:foreign\s+)?table\s+(?:if\s+exists\s+)?(?:only\s+)?${nameAt}`,
  String.raw`alter\s+(?:materialized\s+)?view\s+(?:if\s+exists\s+)?${nameAt}`,
  String.raw`(?:create|alter|drop)\s+policy\s+(?:if\s+exists\s+)?${identifier}\s+on\s+${nameAt}`,
  String.raw`create\s+(?:or\s+replace\s+)?(?:constraint\s+)?trigger\s+${identifier}\s[\s\S]*?\son\s+${nameAt}`,
  String.raw`drop\s+trigger\s+(?:if\s+exists\s+)?${identifier}\s+on\s+${nameAt}`,
  String.raw`create\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?(?:${identifier}\s+)?on\s+(?:only\s+)?${nameAt}`,
].map((source) => new RegExp(start + source, 'i'));

const creating = new RegExp(
  String.raw`${start}create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?${nameAt}`,
  'i',
);

/** The table that the statement makes, unless there is one. */
export function madeTable(sql: string): Named | null {
  const found = creating.exec(sql)?.[1];
  return found === undefined ? null : readName(found);
}

const concurrent = {
  create: new RegExp(
    String.raw`^\s*create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?(${identifier})\s+on\s+(?:only\s+)?${nameAt}`,
    'i',
  ),
  drop: new RegExp(String.raw`^\s*drop\s+index\s+concurrently\s+(?:if\s+exists\s+)?${nameAt}`, 'i'),
};

/** An index that a statement makes or removes without keeping writers out; it is in the schema of its table. */
export function concurrentIndex(
  sql: string,
): { readonly act: 'create' | 'drop'; readonly index: Named } | null {
  const [, index, table] = concurrent.create.exec(sql) ?? [];
  if (index !== undefined && table !== undefined)
    return { act: 'create', index: { schema: readName(table).schema, name: readName(index).name } };
  const dropped = concurrent.drop.exec(sql)?.[1];
  return dropped === undefined ? null : { act: 'drop', index: readName(dropped) };
}
