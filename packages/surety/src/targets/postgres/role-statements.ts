import type { DeclaredRoles } from './declared-roles.ts';
import { quoted } from './name.ts';
import type { Command, PostgresTarget } from './types.ts';

/** One statement that touches no row, and who is to try it. */
export type RoleStatement = {
  /** `delete from public.accounts` */
  readonly act: string;
  readonly sql: string;
  /** A role that may do it, and can be tried as. */
  readonly witness: string;
  /** Roles that may not, and can be tried as. */
  readonly forbidden: readonly string[];
};

export type RoleTrials = {
  readonly statements: readonly RoleStatement[];
  /** How many pairs of role and statement are judged by privilege alone, for want of a witness. */
  readonly untried: number;
};

type Shape = {
  readonly schema: string;
  readonly name: string;
  readonly view: boolean;
  /** Columns that a statement may name. */
  readonly columns: readonly string[];
  /** Statement triggers or rules would run even where no row is touched. */
  readonly eventful: boolean;
};

/** Foreign tables are left out: asking them would reach another server. */
const shapesSql = `
  select n.nspname::text as schema, c.relname::text as name, c.relkind in ('v', 'm') as view,
    array(
      select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a'
      order by a.attnum
    ) as columns,
    exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 1 = 0)
      or exists (select from pg_rewrite w where w.ev_class = c.oid and w.rulename <> '_RETURN') as eventful
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1, 2`;

/** What the roles that can be tried as are to try, by what is declared. */
export async function roleTrials(
  declared: DeclaredRoles,
  connected: readonly string[],
  query: PostgresTarget['query'],
): Promise<RoleTrials> {
  const shapes = await query<Shape>(shapesSql);
  const pairs = shapes.flatMap((shape) => {
    const commands: readonly Command[] = shape.view ? ['select'] : ['select', 'insert', 'update', 'delete'];
    return commands.map((command) => trial(declared, connected, shape, command));
  });
  return {
    statements: pairs.filter((pair) => pair !== null && 'act' in pair),
    untried: pairs.reduce((sum, pair) => sum + (pair !== null && 'untried' in pair ? pair.untried : 0), 0),
  };
}

function trial(
  declared: DeclaredRoles,
  connected: readonly string[],
  shape: Shape,
  command: Command,
): RoleStatement | { readonly untried: number } | null {
  const object = { kind: 'table' as const, schema: shape.schema, name: shape.name };
  const may = (role: string): readonly string[] | 'all' | null => {
    if (declared.facts(role)?.superuser || declared.owns(role, object)) return 'all';
    const right = declared.rights(role, object).find((one) => one.split(' ')[0] === command);
    if (right === undefined) return null;
    return right === command ? 'all' : right.slice(command.length + 2, -1).split(', ');
  };
  const forbidden = connected.filter((role) => declared.facts(role) !== undefined && may(role) === null);
  if (forbidden.length === 0) return null;
  for (const witness of connected) {
    const columns = may(witness);
    if (columns === null) continue;
    const column = columns === 'all' ? shape.columns[0] : shape.columns.find((one) => columns.includes(one));
    if (column === undefined) continue;
    return { ...statement(shape, command, column), witness, forbidden };
  }
  return { untried: forbidden.length };
}

function statement(shape: Shape, command: Command, column: string): Pick<RoleStatement, 'act' | 'sql'> {
  const table = `${quoted(shape.schema)}.${quoted(shape.name)}`;
  const name = `${shape.schema}.${shape.name}`;
  const how = shape.eventful ? 'explain ' : '';
  switch (command) {
    case 'select':
      return { act: `select from ${name}`, sql: `select ${quoted(column)} from ${table} where false` };
    case 'insert':
      return {
        act: `${how}insert into ${name}`,
        sql: `${how}insert into ${table} (${quoted(column)}) select null where false`,
      };
    case 'update':
      return {
        act: `${how}update ${name}`,
        sql: `${how}update ${table} set ${quoted(column)} = default where false`,
      };
    case 'delete':
      return { act: `${how}delete from ${name}`, sql: `${how}delete from ${table} where false` };
  }
}
