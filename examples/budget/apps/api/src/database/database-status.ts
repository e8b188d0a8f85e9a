import { Prisma } from '../generated/client.ts';

/** What a client should be told when the database refuses or is not there; `undefined` when that is not what happened. */
export function databaseStatus(exception: unknown): number | undefined {
  if (exception instanceof Prisma.PrismaClientInitializationError) return 503;
  if (exception instanceof Prisma.PrismaClientKnownRequestError) {
    // A reference to a row that is not there, or not this user's: the two look the same from outside.
    if (exception.code === 'P2003') return 404;
    if (unavailable.has(exception.code)) return 503;
  }
  if (exception instanceof Error && 'cause' in exception) {
    const { cause } = exception;
    if (typeof cause === 'object' && cause !== null && 'kind' in cause && gone.has(String(cause.kind)))
      return 503;
  }
  return undefined;
}

/** Prisma's codes for: cannot reach, times out, closed the connection, no free connection, no transaction in time. */
const unavailable = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);

/** The driver adapter's names for the same. */
const gone = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
