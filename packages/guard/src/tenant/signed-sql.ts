import { checkName } from './signed.ts';
import { checkSetting } from './tenancy.ts';

export type SignedContextOptions = {
  /** The setting that the policies read: `app.current_user_id`. */
  readonly setting: string;
  /** The login roles of the API. */
  readonly roles: readonly string[];
  /** A schema of its own for the key and the function. Default `ctx`. */
  readonly schema?: string;
  /** A role that can do nothing but read the key and set the setting. Made if it is not there. Default `ctx_owner`. */
  readonly owner?: string;
  /** Where pgcrypto is, or is to be put. Default `public`. */
  readonly pgcrypto?: string;
  /** A token that claims to be good for longer is refused. Seconds, default 300. */
  readonly longest?: number;
  /** Refuse tokens that are not bound to a server process. Not behind a pooler. */
  readonly perBackend?: boolean;
};

/**
 * SQL for a migrator, and its undo. A superuser runs it: it takes `set_config` from PUBLIC, in the whole database, so
 * whoever else uses that function needs a grant. Add a key with `addSigningKey` afterwards.
 *
 * @throws {TenantError} `tenant/option`
 */
export function signedContextSql(options: SignedContextOptions): {
  readonly up: string;
  readonly down: string;
} {
  const { setting, roles, schema = 'ctx', owner = 'ctx_owner', pgcrypto = 'public', longest = 300 } = options;
  checkSetting(setting);
  for (const name of [schema, owner, pgcrypto]) checkName('schema or role', name);
  for (const role of roles) checkName('role', role);
  const api = roles.map((role) => `"${role}"`).join(', ');
  const up = `
create extension if not exists pgcrypto with schema "${pgcrypto}";
do $$ begin
  if to_regprocedure('"${pgcrypto}".hmac(bytea, bytea, text)') is null then
    raise exception 'pgcrypto is not in the schema ${pgcrypto}' using hint = 'name its schema in the option pgcrypto';
  end if;
  if to_regrole('"${owner}"') is null then
    create role "${owner}" nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
  end if;
end $$;
create schema "${schema}";
revoke all on schema "${schema}" from public;
create table "${schema}".signing_keys (
  id text primary key,
  secret bytea not null check (octet_length(secret) >= 32),
  ends timestamptz);
revoke all on table "${schema}".signing_keys from public;
grant usage on schema "${schema}", "${pgcrypto}" to "${owner}";
grant select on table "${schema}".signing_keys to "${owner}";
${beginFunction({ ...options, schema, pgcrypto, longest })}
grant create on schema "${schema}" to "${owner}";
alter function "${schema}".begin(text) owner to "${owner}";
revoke create on schema "${schema}" from "${owner}";
revoke execute on function "${schema}".begin(text) from public;
grant usage on schema "${schema}" to ${api};
grant execute on function "${schema}".begin(text) to ${api};
revoke execute on function pg_catalog.set_config(text, text, boolean) from public, ${api};
grant execute on function pg_catalog.set_config(text, text, boolean) to "${owner}";`;
  const down = `
revoke execute on function pg_catalog.set_config(text, text, boolean) from "${owner}";
grant execute on function pg_catalog.set_config(text, text, boolean) to public;
drop function "${schema}".begin(text);
drop table "${schema}".signing_keys;
drop schema "${schema}";
revoke usage on schema "${pgcrypto}" from "${owner}";
drop role "${owner}";`;
  return { up, down };
}

type Names = SignedContextOptions & Required<Pick<SignedContextOptions, 'schema' | 'pgcrypto' | 'longest'>>;

/**
 * Token: key id, expiry in seconds since 1970, server process or 0, tenant in hex, HMAC-SHA-256 in hex over the setting and these.
 * The HMACs are compared by their own HMAC, so that the time of the comparison says nothing; what else is wrong is only
 * said of a token that is ours.
 */
function beginFunction({ setting, schema, pgcrypto, longest, perBackend = false }: Names): string {
  const process = perBackend
    ? 'part[3] is distinct from pg_backend_pid()::text'
    : "part[3] not in ('0', pg_backend_pid()::text)";
  return `create function "${schema}".begin(token text) returns void language plpgsql security definer
  set search_path = pg_catalog, pg_temp as $begin$
declare
  part constant text[] := string_to_array(token, '.');
  claims constant text := array_to_string(part[1:4], '.');
  key bytea;
  expected bytea;
  ends timestamptz;
begin
  select k.secret into key from "${schema}".signing_keys k
    where k.id = part[1] and (k.ends is null or k.ends > clock_timestamp());
  expected := "${pgcrypto}".hmac(convert_to('${setting}.' || claims, 'UTF8'), key, 'sha256');
  if key is null or cardinality(part) <> 5
    or "${pgcrypto}".hmac(convert_to(encode(expected, 'hex'), 'UTF8'), key, 'sha256')
      <> "${pgcrypto}".hmac(convert_to(part[5], 'UTF8'), key, 'sha256') then
    raise invalid_authorization_specification using message = 'tenant token refused: not signed by a known key';
  end if;
  ends := to_timestamp(part[2]::bigint);
  if ends <= clock_timestamp() or ends > clock_timestamp() + interval '${Math.trunc(longest)} seconds' then
    raise invalid_authorization_specification using message = 'tenant token refused: expired, or good for too long';
  end if;
  if ${process} then
    raise invalid_authorization_specification using message = 'tenant token refused: made for another connection';
  end if;
  perform set_config('${setting}', convert_from(decode(part[4], 'hex'), 'UTF8'), true);
end $begin$;`;
}
