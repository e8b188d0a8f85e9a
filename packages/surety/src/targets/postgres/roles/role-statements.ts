import { quoted } from '../name.ts';
import type { Command, PostgresTarget } from '../types.ts';
import type { DeclaredRoles } from './declared-roles.ts';

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

type Trial = {
  readonly schema: string;
  readonly name: string;
  readonly command: Command;
  /** Statement triggers or rules would run even where no row is touched. */
  readonly eventful: boolean;
  /** Roles that can do it as they log in, without SET ROLE, each with a column that it may name. */
  readonly able: readonly { readonly role: string; readonly column: string }[];
};

/**
 * Each table and command, with those of the roles `$1` that can. Foreign tables are left out: asking them would reach
 * another server. Views are only read: whether one can be written is for its rules to say.
 */
const trialsSql = `
  select n.nspname::text as schema, c.relname::text as name, command,
    exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 1 = 0)
      or exists (select from pg_rewrite w where w.ev_class = c.oid and w.rulename <> '_RETURN') as eventful,
    (
      select coalesce(json_agg(json_build_object('role', role, 'column', "column") order by place), '[]')
      from unnest($1::text[]) with ordinality as asked(role, place)
      cross join lateral (
        select a.attname as "column" from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a'
          and case command
            when 'delete' then has_table_privilege(role, c.oid, command)
            else has_column_privilege(role, c.oid, a.attnum, command)
          end
        order by a.attnum limit 1
      ) as usable
      where to_regrole(quote_ident(role)) is not null and has_schema_privilege(role, n.oid, 'usage')
    ) as able
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  cross join unnest(array['select', 'insert', 'update', 'delete']) as command
  where (c.relkind in ('r', 'p') or (c.relkind in ('v', 'm') and command = 'select'))
    and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    and not exists (
      select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1, 2, 3`;

/** What the roles that can be tried as are to try, by what is declared. */
export async function roleTrials(
  declared: DeclaredRoles,
  connected: readonly string[],
  query: PostgresTarget['query'],
): Promise<RoleTrials> {
  const trials = await query<Trial>(trialsSql, [connected]);
  const decided = trials.map((trial) => {
    const forbidden = connected.filter(
      (role) => declared.facts(role) !== undefined && !may(declared, role, trial),
    );
    const witness = trial.able.find(({ role }) => may(declared, role, trial));
    return { trial, forbidden, witness };
  });
  return {
    statements: decided.flatMap(({ trial, forbidden, witness }) =>
      witness === undefined || forbidden.length === 0
        ? []
        : [{ ...statement(trial, witness.column), witness: witness.role, forbidden }],
    ),
    untried: decided
      .filter(({ witness }) => witness === undefined)
      .reduce((sum, { forbidden }) => sum + forbidden.length, 0),
  };
}

function may(declared: DeclaredRoles, role: string, { schema, name, command }: Trial): boolean {
  const object = { kind: 'table' as const, schema, name };
  return (
    declared.facts(role)?.superuser === true ||
    declared.owns(role, object) ||
    declared.rights(role, object).some((right) => right.split(' ')[0] === command)
  );
}

function statement(trial: Trial, column: string): Pick<RoleStatement, 'act' | 'sql'> {
  const table = `${quoted(trial.schema)}.${quoted(trial.name)}`;
  const name = `${trial.schema}.${trial.name}`;
  const how = trial.eventful ? 'explain ' : '';
  switch (trial.command) {
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
