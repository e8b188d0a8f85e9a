import type { Attempt } from '@surety/evidence';
import { BlindError } from '../../../core/error.ts';
import type { Change } from '../../../core/plan.ts';
import { type OpenContext, touches } from '../../../core/target.ts';
import type { Connection } from '../connection.ts';
import type { PostgresFacts } from '../facts.ts';
import { SqlError } from '../sql-error.ts';
import type { PostgresTarget } from '../types.ts';
import { type DeclaredRoles, declaredRoles } from './declared-roles.ts';
import { type EffectivePrivileges, readGrants, readPrivileges } from './privileges.ts';
import { planRoles } from './role-plan.ts';
import { type RoleStatement, type RoleTrials, roleTrials } from './role-statements.ts';

/** The roles of a database: what the estate says of them, what they may really do, and what comes of trying. */
export type RoleAccess = {
  readonly declared: DeclaredRoles;
  effective(): Promise<EffectivePrivileges>;
  trials(): Promise<RoleTrials>;
  /** Changes that make the effective rights the declared ones, each with its way back. */
  plan(): Promise<readonly Change[]>;
  /** Tries a statement as a role that the estate has a connection string of, and takes it back. */
  attempt(role: string, statement: Pick<RoleStatement, 'act' | 'sql'>): Promise<Attempt>;
};

export type Opening = Pick<OpenContext, 'touch'> & {
  /** Connects; the target closes what was opened. */
  readonly join: (url: string, who: string) => Promise<Connection>;
};

/** @throws {BlindError} `postgres/no-roles` */
export function roleAccess(
  facts: PostgresFacts,
  { touch, join }: Opening,
  query: PostgresTarget['query'],
): RoleAccess {
  if (facts.roles === undefined) {
    throw new BlindError(
      'postgres/no-roles',
      'the estate does not say what each role may do',
      "add roles to the target: roles: { api: { schemas: { public: ['usage'] }, tables: { 'public.*': ['select'] } } }",
    );
  }
  const declared = declaredRoles(facts.roles);
  const urls = urlsByRole(facts);
  const connections = new Map<string, Promise<Connection>>();
  const connected = (role: string): Promise<Connection> => {
    const url = urls.get(role);
    if (url === undefined) throw new Error(`there is no connection string of ${role}`);
    const known = connections.get(role) ?? begin(role, join(url, `role ${role}`));
    connections.set(role, known);
    return known;
  };
  return {
    declared,
    effective: () => readPrivileges(query),
    plan: async () => planRoles(declared, await readPrivileges(query), await readGrants(query)),
    trials: () => roleTrials(declared, [...urls.keys()], query),
    async attempt(role, statement) {
      if (touches.indexOf(touch) < touches.indexOf('rollback')) {
        throw new BlindError(
          'postgres/touch',
          'this run may not try statements',
          'use a control that touches rollback',
        );
      }
      return attempt(await connected(role), role, statement);
    },
  };
}

function urlsByRole({ url, inspector, roles = {} }: PostgresFacts): ReadonlyMap<string, string> {
  const own = [url, inspector].flatMap((one) => (one === undefined ? [] : [[roleOf(one), one] as const]));
  const others = Object.entries(roles).flatMap(([role, facts]) =>
    facts.url === undefined ? [] : [[role, facts.url] as const],
  );
  return new Map([...own, ...others]);
}

const roleOf = (url: string): string => decodeURIComponent(new URL(url).username);

/** @throws {BlindError} `postgres/other-role` where the connection string is another role's */
async function begin(role: string, joining: Promise<Connection>): Promise<Connection> {
  const connection = await joining;
  // What a role is set to by default it can set otherwise: the rights are what is tried.
  await connection.rows('begin transaction read write');
  await connection.rows(
    "select set_config('lock_timeout', '2000', true), set_config('statement_timeout', '8000', true)",
  );
  const [row] = await connection.rows<{ user: string }>('select session_user::text as user');
  if (row?.user === role) return connection;
  throw new BlindError(
    'postgres/other-role',
    `the url of role ${role} logs in as ${row?.user}`,
    `mend roles.${role}.url of the target`,
  );
}

async function attempt(
  connection: Connection,
  role: string,
  { act, sql }: Pick<RoleStatement, 'act' | 'sql'>,
): Promise<Attempt> {
  const tried = { act, actor: role, method: 'attack' } as const;
  await connection.rows('savepoint surety');
  try {
    await connection.rows(sql);
    return { ...tried, result: 'done', detail: 'not refused' };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return { ...tried, result: error.state === '42501' ? 'refused' : 'broken', detail: error.state };
  } finally {
    await connection.rows('rollback to savepoint surety');
  }
}
