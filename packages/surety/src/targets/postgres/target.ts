import { BlindError } from '../../core/error.ts';
import type { Handle, OpenContext, TargetKind } from '../../core/target.ts';
import { changingOf } from './apply/changing.ts';
import { makeChannels } from './attack/channels.ts';
import { makeAttacks } from './attack/tenant-attacks.ts';
import { readCatalog } from './catalog/catalog.ts';
import { identityOf, sessionOf, shapeDigest } from './catalog/identity.ts';
import { type Connection, connect } from './connection.ts';
import { makeCosts } from './cost/costs.ts';
import { type Desk, deskOf } from './desk.ts';
import { hostsOf, type PostgresFacts, postgresFacts, type TenancyFacts } from './facts.ts';
import { once } from './once.ts';
import { passwordsIn } from './passwords.ts';
import { readOpenWays } from './paths/open-ways.ts';
import { plannerOf } from './plan/planner.ts';
import { roleAccess } from './roles/role-access.ts';
import { readHoleUses, readServerVersion } from './server-version.ts';
import { inspecting } from './sql-error.ts';
import { findAuditLog } from './tenancy/audit-log.ts';
import { sampleAudit } from './tenancy/audit-sample.ts';
import { membershipDoubts } from './tenancy/membership-doubts.ts';
import { populationsOf } from './tenancy/populations.ts';
import { rivalDoubts } from './tenancy/rivals.ts';
import { discoverTenancy } from './tenancy/tenancy.ts';
import { ownershipOf } from './tenancy/whose.ts';
import type { PostgresTarget } from './types.ts';

export type { PostgresTarget } from './types.ts';

declare module '../../core/target.ts' {
  interface TargetKinds {
    postgres: PostgresTarget;
  }
}

const kind: TargetKind<'postgres', PostgresFacts> = {
  kind: 'postgres',
  summary: 'a PostgreSQL database, as the role that the application uses',
  facts: postgresFacts,
  hosts: ({ url, roles = {} }) =>
    [url, ...Object.values(roles).flatMap((role) => role.url ?? [])].flatMap(hostsOf),
  open: openPostgres,
};

export default kind;

const application = 'the application’s role';

async function openPostgres(facts: PostgresFacts, context: OpenContext): Promise<PostgresTarget & Handle> {
  for (const url of [facts.url, facts.inspector, facts.migrator]) learnPasswords(url, context.secret);
  for (const role of Object.values(facts.roles ?? {})) learnPasswords(role.url, context.secret);
  const connections: Connection[] = [];
  const join = async (url: string, who: string): Promise<Connection> => {
    const connection = await connect({ url, ca: facts.ca, who, signal: context.signal });
    connections.push(connection);
    return connection;
  };
  const app = deskOf(await join(facts.url, application), application);
  const inspector = once(async () => deskOf(await join(inspectorUrl(facts), inspecting), inspecting));
  const setting = facts.tenancy?.setting ?? null;
  const catalog = once(() => app.run(() => readCatalog(app.connection, setting)));
  const tenancy = once(async () => discoverTenancy(await catalog(), tenancyFacts(facts)));
  const needs = once(async () => ({
    catalog: await catalog(),
    tenancy: await tenancy(),
    declared: tenancyFacts(facts).tenants,
    desk: app,
    join: () => join(facts.url, application),
    inspect: facts.inspector === undefined ? null : () => join(inspectorUrl(facts), inspecting),
    touch: context.touch,
  }));
  const attacks = once(async () => makeAttacks(await needs()));
  const channels = once(async () => makeChannels(await needs()));
  const costs = once(async () =>
    makeCosts({ ...(await needs()), inspect: async () => join(inspectorUrl(facts), inspecting) }),
  );
  const query: PostgresTarget['query'] = (sql, values) => app.run(() => app.connection.rows(sql, values));
  const inspect: PostgresTarget['inspect'] = async (sql, values) => {
    const { connection, run } = await inspector();
    return run(() => connection.rows(sql, values));
  };
  return {
    ...describeDatabase(app),
    setting: () => tenancyFacts(facts).setting,
    query,
    inspect,
    rivalDoubts: async () => rivalDoubts(await catalog(), await tenancy(), inspect),
    membershipDoubts: async () => membershipDoubts(await catalog(), await tenancy(), query),
    ownership: async (table) => ownershipOf(await catalog(), await tenancy(), table, inspect),
    async auditSample(size) {
      const known = { catalog: await catalog(), tenancy: await tenancy() };
      const log = findAuditLog(known.catalog, known.tenancy, tenancyFacts(facts));
      return sampleAudit({ ...known, log }, inspect, size);
    },
    roles: () => roleAccess(facts, { touch: context.touch, join }, query),
    ...populationsOf(app, catalog, tenancy),
    asTwoTenants: async (table) => (await attacks()).asTwoTenants(table),
    readAsTwoTenants: async (view) => (await attacks()).readAsTwoTenants(view),
    survey: async (except) => (await attacks()).survey(except),
    searchMarkers: async () => (await attacks()).searchMarkers(),
    becomeRoles: async () => (await attacks()).becomeRoles(),
    openWays: async () => readOpenWays(query, (await catalog()).relations),
    asNobody: async (state, table) => (await attacks()).asNobody(state, table),
    channels: async () => (await channels()).channels(),
    tryChannel: async (channel) => (await channels()).tryChannel(channel),
    sampledTables: async () => (await channels()).sampledTables(),
    sequences: async () => (await channels()).sequences(),
    neighbours: async () => (await channels()).neighbours(),
    policyCost: async (table) => (await costs()).policyCost(table),
    policyTimes: async () => (await costs()).policyTimes(),
    ...plannerOf({
      facts,
      catalog,
      tenancy,
      query,
      inspector: facts.inspector === undefined ? null : inspector,
    }),
    ...changingOf({
      facts,
      context,
      app,
      inspector: facts.inspector === undefined ? null : inspector,
      join,
    }),
    async close() {
      await Promise.all(connections.map((connection) => connection.end()));
    },
  };
}

function describeDatabase({
  connection,
  run,
}: Desk): Pick<PostgresTarget & Handle, 'identity' | 'revision' | 'principal' | 'session' | 'server'> {
  const session = once(() => run(() => sessionOf(connection)));
  return {
    session,
    identity: () => run(() => identityOf(connection)),
    revision: () => run(() => shapeDigest(connection)),
    server: () =>
      run(async () => ({
        version: await readServerVersion(connection),
        uses: await readHoleUses(connection),
        day: new Date(),
      })),
    async principal() {
      const { user, superuser, bypassRls } = await session();
      const powers = [...(superuser ? ['superuser'] : []), ...(bypassRls ? ['bypasses row security'] : [])];
      return `${user} (${powers.join(', ') || 'bound by row security'})`;
    },
  };
}

function tenancyFacts({ tenancy }: PostgresFacts): TenancyFacts {
  if (tenancy !== undefined) return tenancy;
  throw new BlindError(
    'postgres/no-tenancy',
    'the estate does not say how this database tells tenants apart',
    "add tenancy: { setting: 'app.current_user_id' } to the target",
  );
}

function inspectorUrl({ inspector }: PostgresFacts): string {
  if (inspector !== undefined) return inspector;
  throw new BlindError(
    'postgres/no-inspector',
    'no role that may see every row',
    'name one as inspector of the target: CREATE ROLE … LOGIN BYPASSRLS, and GRANT SELECT',
  );
}

function learnPasswords(url: string | undefined, secret: (value: string) => void): void {
  for (const password of url === undefined ? [] : passwordsIn(url)) secret(password);
}
