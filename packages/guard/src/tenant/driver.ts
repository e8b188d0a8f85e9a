import pg from 'pg';
import manifest from 'pg/package.json' with { type: 'json' };
import { TenantError } from './error.ts';
import type { Statement } from './tenancy.ts';

/** What pg tells a query that it has sent, and what a query tells pg. pg-cursor rests on the same surface. */
export type WireQuery = {
  text?: unknown;
  values?: unknown;
  name?: string | undefined;
  rows?: unknown;
  queryMode?: string | undefined;
  binary?: boolean | undefined;
  callback?: QueryCallback | undefined;
  readonly _result?: unknown;
  submit(connection: pg.Connection): Error | null | undefined;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: pg.Connection): void;
  handleEmptyQuery(connection: pg.Connection): void;
  handlePortalSuspended(connection: pg.Connection): void;
  handleCopyInResponse(connection: pg.Connection): void;
  handleCopyData(message: unknown, connection: pg.Connection): void;
  handleError(error: Error, connection: pg.Connection): void;
  handleReadyForQuery(connection: pg.Connection): void;
};

export type QueryCallback = (error: Error | null | undefined, result?: unknown) => void;

const methods = [
  'submit',
  'handleRowDescription',
  'handleDataRow',
  'handleCommandComplete',
  'handleEmptyQuery',
  'handlePortalSuspended',
  'handleCopyInResponse',
  'handleCopyData',
  'handleError',
  'handleReadyForQuery',
] as const;

function isWireQuery(query: unknown): query is WireQuery {
  return query instanceof pg.Query && methods.every((name) => typeof Reflect.get(query, name) === 'function');
}

/** A query as pg makes it from the arguments of `query()`, bound to the extended protocol. */
export function wireQuery(config: unknown, values: unknown, callback: unknown): WireQuery {
  const query: unknown =
    config instanceof pg.Query ? config : Reflect.construct(pg.Query, [config, values, callback]);
  if (!isWireQuery(query)) throw otherDriver('its Query has another shape');
  // The simple protocol would run `select 1; set app.tenant = …` as two statements.
  query.queryMode = 'extended';
  return query;
}

/** Parse, Bind and Execute, without the Sync: the server keeps them and what follows in one transaction. */
export function sendStatement(connection: pg.Connection, { text, values }: Statement): void {
  connection.parse({ name: '', text, types: [] }, true);
  connection.bind({ values: [...values] }, true);
  connection.execute(null, true);
}

/** Several small writes become one packet. */
export function corked(connection: pg.Connection, send: () => void): void {
  connection.stream.cork();
  try {
    send();
  } finally {
    connection.stream.uncork();
  }
}

/** The server process that answers, as the server said when it was connected to; a pooler says what it likes. */
export function backendOf(client: pg.ClientBase): number | null {
  const id: unknown = Reflect.get(client, 'processID');
  return typeof id === 'number' ? id : null;
}

/** The tag of a CommandComplete message: `INSERT 0 1`. */
export function commandTag(message: unknown): string {
  const text: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'text') : null;
  return typeof text === 'string' ? text : '';
}

/** pg notes a prepared statement as sent before the server has taken it; one that it never reached is not. */
export function forgetStatement(connection: pg.Connection, name: string): void {
  const submitted: unknown = Reflect.get(connection, 'submittedNamedStatements');
  if (typeof submitted === 'object' && submitted !== null) Reflect.deleteProperty(submitted, name);
}

const wanted = { major: 8, minor: 17 } as const;

/**
 * The one-round-trip form speaks the wire protocol through pg's own parts; another major version may move them.
 *
 * @throws {TenantError} `tenant/driver`
 */
export function checkDriver(version: string = manifest.version): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== wanted.major || minor < wanted.minor) throw otherDriver(`it is ${version}`);
  wireQuery('', undefined, undefined);
}

function otherDriver(fact: string): TenantError {
  return new TenantError(
    'tenant/driver',
    `this pg is not the one that a tenant can be sent through: ${fact}`,
    `install pg ${wanted.major}, from ${wanted.major}.${wanted.minor} on, or use tenantTransaction with a plain pool`,
  );
}
