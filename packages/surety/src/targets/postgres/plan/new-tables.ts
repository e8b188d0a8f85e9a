import type { Change } from '../../../core/plan.ts';
import { literal, quoted } from '../name.ts';
import type { PlanContext } from './context.ts';
import { changeOf } from './draft.ts';

const coverName = 'surety_cover_new_tables';

/**
 * Row security on every table from the moment that it is made: without a policy nobody but its owner sees a row, so
 * a table that was forgotten is empty for the application, not open. Not forced, unless the application could be the
 * owner: a migration goes on to fill what it made. It covers and does not refuse, because no table can have policies at
 * the moment it is made, and a migration that is refused is one that somebody switches the trigger off for. What switches
 * row security off again is not seen here; `tenancy/every-table-covered` sees it.
 */
export function proposeCover({ catalog, tenancy, around, target }: PlanContext): readonly Change[] {
  if (around.eventTriggers.includes(coverName)) return [];
  const schemas = [
    ...new Set(catalog.relations.filter(({ oid }) => tenancy.ties.has(oid)).map(({ schema }) => schema)),
  ];
  const { schema } = tenancy.root;
  const name = `${quoted(schema)}.${quoted(coverName)}`;
  const isSuperuser = around.migrator !== null && around.roles.get(around.migrator)?.superuser === true;
  const change = changeOf(
    {
      id: 'cover new tables',
      title: `switch row security on for every table that is made in ${schemas.join(', ')}`,
      steps: [
        { sql: functionText(name, schemas, around.role), undo: `drop function ${name}()` },
        {
          sql: `create event trigger ${quoted(coverName)} on ddl_command_end when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE SCHEMA') execute function ${name}()`,
          undo: `drop event trigger ${quoted(coverName)}`,
        },
      ],
      proposed: isSuperuser
        ? 'new tables are empty for the application until they have a policy: do migrations that add a table plan for it?'
        : `needs a superuser${around.migrator === null ? '; the estate names no migrator' : `, which ${around.migrator} is not: let one run it`}; new tables are then empty for the application until they have a policy`,
    },
    target,
  );
  return change === null ? [] : [change];
}

function functionText(name: string, schemas: readonly string[], role: string): string {
  return `create function ${name}() returns event_trigger language plpgsql set search_path = pg_catalog, pg_temp as $cover$
declare made record;
begin
  for made in
    select c.oid::regclass as name, pg_has_role(${literal(role)}, c.relowner, 'member') as forced
    from pg_event_trigger_ddl_commands() d join pg_class c on c.oid = d.objid join pg_namespace n on n.oid = c.relnamespace
    where d.classid = 'pg_class'::regclass and c.relkind in ('r', 'p') and not d.in_extension
      and c.relpersistence <> 't' and not c.relrowsecurity and n.nspname in (${schemas.map(literal).join(', ')})
  loop
    execute format('alter table %s enable row level security', made.name);
    if made.forced then execute format('alter table %s force row level security', made.name); end if;
  end loop;
end $cover$`;
}
