import pg from 'pg';
import { BlindError } from '../../core/error.ts';
import { quoted } from './name.ts';

/**
 * What the server said no with. Messages and details of PostgreSQL quote row values (`Key (id)=(…)`), so only
 * the SQLSTATE and the names of things are kept.
 */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  /** SQLSTATE, five characters. */
  readonly state: string;
  readonly constraint: string | null;
  /** No partition takes the row: the server looks for one before it asks the policies about it. */
  readonly unplaced: boolean;

  constructor(state: string, things: readonly string[], constraint: string | null, unplaced: boolean) {
    super([state, ...things].join(' '));
    this.state = state;
    this.constraint = constraint;
    this.unplaced = unplaced;
  }
}

/** Whether a lock of somebody else's was in the way: later, it may not be. */
export function isHeldUp({ state }: SqlError): boolean {
  return state === '55P03' || state === '40P01';
}

/** The error without anything that may be a row value. Errors of ours pass as they are. */
export function withoutValues(error: unknown): Error {
  if (error instanceof pg.DatabaseError) {
    const { code = 'XX000', schema, table, column, constraint, routine } = error;
    const things = [schema, table, column, constraint].filter((name) => name !== undefined);
    // The server's own name for where it looks; the state is that of any check.
    return new SqlError(code, things, constraint ?? null, routine === 'ExecFindPartition');
  }
  return error instanceof Error ? error : new Error(String(error));
}

const reasons: Readonly<Record<string, { fact: string; hint: string }>> = {
  '28P01': { fact: 'wrong password', hint: 'mend the password in the connection string' },
  '28000': { fact: 'the server does not let this role in', hint: 'see pg_hba.conf and the role’s LOGIN' },
  '3D000': { fact: 'no such database', hint: 'mend the database name in the connection string' },
  '42501': { fact: 'permission denied', hint: 'grant what is missing, or name a role that may look' },
  '42P01': { fact: 'no such table', hint: 'run the migrations first' },
  '53200': {
    fact: 'no memory, or no room for more locks',
    hint: 'raise max_locks_per_transaction of the server and restart it, or try again when fewer sessions hold locks',
  },
  '53300': { fact: 'too many connections', hint: 'free some, or raise max_connections' },
  '57014': { fact: 'a statement took too long', hint: 'try again when the server is less busy' },
  '55P03': { fact: 'a lock was not free in time', hint: 'try again when no migration runs' },
  '25006': { fact: 'the server is read-only', hint: 'name the primary, not a replica' },
  '57P03': { fact: 'the server is starting or stopping', hint: 'try again shortly' },
};

/** The one that sees every row, for people. */
export const inspecting = 'the inspector';

const network: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'no answer in time',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'no route to the host',
};

/** Why a target could not look. `who` names the connection: `the application’s role`; `url` is what it is made with. */
export function blind(error: unknown, who: string, url?: string): BlindError {
  if (error instanceof BlindError) return error;
  const safe = withoutValues(error);
  if (safe instanceof SqlError) {
    const known = reasons[safe.state];
    return new BlindError(
      `postgres/${safe.state}`,
      `${who}: ${known === undefined ? 'the server said no' : known.fact} (${safe.message})`,
      hintForRole(safe.state, who, url) ??
        known?.hint ??
        'look the SQLSTATE up in the PostgreSQL manual, appendix A',
      { cause: safe },
    );
  }
  const code = 'code' in safe && typeof safe.code === 'string' ? safe.code : '';
  if (/CERT|TLS|SSL|UNABLE_TO/.test(code)) {
    return new BlindError(
      'postgres/untrusted',
      `${who}: the server’s certificate does not hold: ${code}`,
      'name its authority as ca of the target, or renew the certificate',
      { cause: safe },
    );
  }
  const fact =
    network[code] ?? (/timeout/i.test(safe.message) ? 'no answer in time' : networkless(code, safe));
  return new BlindError(
    'postgres/unreachable',
    `${who}: cannot connect: ${fact}`,
    'start the server, or mend host and port in the connection string',
    { cause: safe },
  );
}

/** A role that only surety uses may not be there yet: the server says no in the same words as for a wrong password. */
function hintForRole(state: string, who: string, url: string | undefined): string | undefined {
  if (who !== inspecting || url === undefined || (state !== '28000' && state !== '28P01')) return undefined;
  const name = quotedIfOdd(decodeURIComponent(new URL(url).username) || 'surety_inspector');
  const made = `create role ${name} login bypassrls password '…'; grant pg_read_all_data to ${name}`;
  return state === '28000' ? made : `mend the password, or make the role: ${made}`;
}

function quotedIfOdd(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoted(name);
}

function networkless(code: string, error: Error): string {
  return code === '' ? error.message : code;
}
