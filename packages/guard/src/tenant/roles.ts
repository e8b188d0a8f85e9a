import pg from 'pg';
import { TenantError } from './error.ts';
import type { Tenancy } from './tenancy.ts';

/** What the API's role is to row security. */
export type BoundRole = { readonly role: string; readonly securedTables: number };

/**
 * Looks, over a connection of its own, at the role that a pool logs in as. A superuser, BYPASSRLS, replication, an
 * owner of tables under row security, and a member of any such role are not bound: the API would work and isolate nobody.
 * Call it once, before the API listens.
 *
 * @throws {TenantError} `tenant/unbound-role`, also when no table is under row security; what connecting throws
 */
export async function assertBound(pool: pg.Pool): Promise<BoundRole> {
  const client = new pg.Client(pool.options);
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Standing>(standing);
    return judge(rows[0]);
  } finally {
    await client.end();
  }
}

type Standing = {
  readonly role: string;
  readonly powers: readonly string[];
  readonly owned: number;
  readonly secured: number;
};

function judge(found: Standing | undefined): BoundRole {
  if (found === undefined) throw unbound('its role is not in the catalog');
  const { role, powers, owned, secured } = found;
  if (powers.length > 0) throw unbound(`${role} is, or is a member of a role that is, ${powers.join(', ')}`);
  if (owned > 0) throw unbound(`${role} owns, itself or through a role, ${owned} tables under row security`);
  if (secured === 0)
    throw unbound(`no table of this database is under row security, so ${role} is bound by nothing`);
  return { role, securedTables: secured };
}

function unbound(fact: string): TenantError {
  return new TenantError(
    'tenant/unbound-role',
    `the pool logs in as a role that row security does not bind: ${fact}`,
    'log in as a role that owns nothing and is a member of nothing; jobs have a role of their own: jobPool()',
  );
}

const standing = `
with recursive reached as (
  select oid from pg_roles where rolname in (session_user, current_user)
  union select m.roleid from pg_auth_members m join reached r on r.oid = m.member
), secured as (
  select relowner from pg_class where relrowsecurity and relkind in ('r', 'p')
)
select session_user::text as role,
  (select coalesce(array_agg(distinct power), '{}') from reached join pg_roles using (oid), lateral (values
    (rolsuper, 'superuser'), (rolbypassrls, 'BYPASSRLS'), (rolreplication, 'REPLICATION'),
    (rolcreaterole and current_setting('server_version_num')::int < 160000, 'CREATEROLE')) as p (held, power)
    where held) as powers,
  (select count(*)::int from secured where relowner in (select oid from reached)) as owned,
  (select count(*)::int from secured) as secured`;

export type JobPoolConfig = Omit<pg.PoolConfig, 'verify' | 'Client'> & {
  /** The role that jobs or migrations log in as. Another one, or a superuser, is refused at the first connection. */
  readonly role: string;
};

/**
 * For work that belongs to no tenant: jobs, migrations, health checks. It has a login role of its own, whose rights are
 * what the database says (BYPASSRLS, or policies `to jobs`), and no variable that lifts a policy. It refuses to be used
 * inside `runAs`, where it would be the way around the policies.
 *
 * @throws {TenantError} on use: `tenant/unbound-role`, `tenant/unsupported`
 */
export function jobPool(tenancy: Tenancy, { role, ...config }: JobPoolConfig): pg.Pool {
  return new JobPool(tenancy, role, config);
}

type ConnectCallback = Parameters<pg.Pool['connect']>[0];

class JobPool extends pg.Pool {
  readonly #tenancy: Tenancy;

  constructor(tenancy: Tenancy, role: string, config: pg.PoolConfig) {
    super({ ...config, verify: (client, done) => void checkRole(client, role).then(done, done) });
    this.#tenancy = tenancy;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    const refusal = this.#tenancy.scope() === null ? null : insideTenant();
    if (callback === undefined) return refusal === null ? super.connect() : Promise.reject(refusal);
    if (refusal === null) super.connect(callback);
    else process.nextTick(() => callback(refusal, undefined, () => undefined));
    return undefined;
  }
}

async function checkRole(client: pg.PoolClient, role: string): Promise<undefined> {
  const { rows } = await client.query<{ role: string; superuser: boolean }>(
    'select session_user::text as role, rolsuper as superuser from pg_roles where rolname = session_user',
  );
  const [found] = rows;
  if (found?.role === role && !found.superuser) return;
  throw new TenantError(
    'tenant/unbound-role',
    found?.superuser === true
      ? 'jobs log in as a superuser'
      : `jobs were to log in as ${role} and do as ${found?.role}`,
    'give them a login role of their own, with what they need and no more',
  );
}

function insideTenant(): TenantError {
  return new TenantError(
    'tenant/unsupported',
    'the pool of the jobs was used inside a request of one tenant; nothing was sent',
    "use the tenant's pool here, or hand the work to a job",
  );
}
