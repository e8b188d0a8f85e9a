import { SqlError } from '../../targets/postgres/sql-error.ts';
import type { Admin } from './admin.ts';
import type { GlobalStatement } from './globals.ts';
import type { ServerState } from './preflight.ts';

/** `missing`: roles that the server has already stay as they are. `all`: they become what they were, but for who restores. */
export type RolesWanted = 'missing' | 'all';

export type RolesMade = {
  readonly created: readonly string[];
  readonly kept: readonly string[];
  readonly statements: number;
  readonly notes: readonly string[];
};

type Context = {
  readonly admin: Admin;
  readonly server: Pick<ServerState, 'roles' | 'user'>;
  readonly wanted: RolesWanted;
  readonly secret: (value: string) => void;
};

/**
 * Makes the roles that the server lacks, in one transaction: all of them are there afterwards, or none.
 *
 * @throws {SqlError} without a password hash in it
 */
export async function makeRoles(
  statements: readonly GlobalStatement[],
  { admin, server, wanted, secret }: Context,
): Promise<RolesMade> {
  const had = new Set(server.roles);
  const created = new Set<string>();
  const kept = new Set<string>();
  const notes = new Set<string>();
  let run = 0;
  await admin.rows('begin');
  try {
    for (const statement of statements) {
      if (statement.kind === 'role-attributes' && statement.password !== null) secret(statement.password);
      const choice = choose(statement, { had, wanted, user: server.user });
      if (choice === 'kept' && 'role' in statement) kept.add(statement.role);
      if (typeof choice === 'object') notes.add(choice.note);
      if (choice !== 'run') continue;
      await carryOut(statement, admin, notes);
      if (statement.kind === 'create-role') created.add(statement.role);
      run += 1;
    }
    await admin.rows('commit');
  } catch (error) {
    await admin.rows('rollback').catch(() => undefined);
    throw error;
  }
  return { created: [...created], kept: [...kept].sort(), statements: run, notes: [...notes] };
}

type Choice = 'run' | 'kept' | { readonly note: string };

type Present = {
  /** Roles of the server before. */
  readonly had: ReadonlySet<string>;
  readonly wanted: RolesWanted;
  readonly user: string;
};

function choose(statement: GlobalStatement, { had, wanted, user }: Present): Choice {
  switch (statement.kind) {
    case 'unknown':
      return { note: `left out of the roles: \`${statement.begins} …\`, which is not run unread` };
    case 'create-tablespace':
      return {
        note: `tablespace ${statement.tablespace} is not made: what lay in it lies in the default one`,
      };
    case 'tablespace':
      return 'kept';
    case 'create-role':
      return had.has(statement.role) ? 'kept' : 'run';
    case 'role-attributes':
      // Its password is what we came in with.
      if (statement.role === user) return 'kept';
      return wanted === 'all' || !had.has(statement.role) ? 'run' : 'kept';
    case 'membership':
      if (wanted === 'all' || !had.has(statement.role)) return 'run';
      if (had.has(statement.of)) return 'kept';
      return {
        note: `role ${statement.role} was there already and is not made a member of the new role ${statement.of}`,
      };
    default:
      return wanted === 'all' || !had.has(statement.role) ? 'run' : 'kept';
  }
}

async function carryOut(statement: GlobalStatement, admin: Admin, notes: Set<string>): Promise<void> {
  if (statement.kind !== 'membership' || statement.ours === statement.sql) {
    await admin.rows(statement.sql);
    return;
  }
  await admin.rows('savepoint membership');
  try {
    await admin.rows(statement.sql);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    // Who granted it may not be one here who can.
    await admin.rows('rollback to savepoint membership');
    await admin.rows(statement.ours);
    notes.add(`role ${statement.role} is a member of ${statement.of} by another grantor than before`);
  }
  await admin.rows('release savepoint membership');
}
