import type { Connection } from '../connection.ts';
import { quoted } from '../name.ts';

type Role = {
  readonly name: string;
  readonly attributes: string;
  readonly memberships: readonly { readonly role: string; readonly options: string }[];
};

/** Roles of a server with their attributes and memberships; without passwords, settings and limits. */
export async function readRoles(live: Connection): Promise<readonly Role[]> {
  const [version] = await live.rows<{ number: number }>(
    "select current_setting('server_version_num')::int as number",
  );
  const inherits = (version?.number ?? 0) >= 160_000;
  const options = inherits
    ? `concat_ws(', ', 'admin ' || m.admin_option, 'inherit ' || m.inherit_option, 'set ' || m.set_option)`
    : `case when m.admin_option then 'admin option' else '' end`;
  return live.rows<Role>(`
    select r.rolname::text as name,
      concat_ws(' ', case when r.rolsuper then 'superuser' end, case when r.rolcreaterole then 'createrole' end,
        case when r.rolcreatedb then 'createdb' end, case when r.rolcanlogin then 'login' end,
        case when r.rolreplication then 'replication' end, case when r.rolbypassrls then 'bypassrls' end,
        case when not r.rolinherit then 'noinherit' end) as attributes,
      coalesce((select jsonb_agg(jsonb_build_object('role', o.rolname, 'options', ${options}) order by o.rolname)
        from pg_catalog.pg_auth_members m join pg_catalog.pg_roles o on o.oid = m.roleid
        where m.member = r.oid), '[]') as memberships
    from pg_catalog.pg_roles r where r.rolname not like 'pg\\_%' order by r.rolname`);
}

/** Statements that make the roles that are not there yet, all roles first. */
export function makeRoles(
  roles: readonly Role[],
  present: ReadonlySet<string>,
  inherits: boolean,
): readonly string[] {
  const missing = roles.filter(({ name }) => !present.has(name));
  return [
    ...missing.map(({ name, attributes }) => `create role ${quoted(name)} ${attributes}`),
    ...missing.flatMap(({ name, memberships }) =>
      memberships.map(({ role, options }) => {
        const said = inherits || !options.includes('inherit') ? options : '';
        return `grant ${quoted(role)} to ${quoted(name)}${said === '' ? '' : ` with ${said}`}`;
      }),
    ),
  ];
}

/** Statements that give a database of that name its owner and rights. */
export async function readDatabaseRights(live: Connection): Promise<readonly string[]> {
  const rows = await live.rows<{ grantee: string | null; right: string; name: string; owner: string }>(`
    select d.datname::text as name, pg_get_userbyid(d.datdba)::text as owner, a.privilege_type as right,
      case when a.grantee <> 0 then pg_get_userbyid(a.grantee)::text end as grantee
    from pg_catalog.pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
    where d.datname = current_database() order by 4 nulls first, 3`);
  const [first] = rows;
  if (first === undefined) return [];
  const name = quoted(first.name);
  return [
    `alter database ${name} owner to ${quoted(first.owner)}`,
    `revoke all on database ${name} from public`,
    ...rows.map(
      ({ grantee, right }) =>
        `grant ${right} on database ${name} to ${grantee === null ? 'public' : quoted(grantee)}`,
    ),
  ];
}
