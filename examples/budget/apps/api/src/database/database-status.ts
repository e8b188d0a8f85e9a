import { z } from 'zod';
import { Prisma } from '../generated/client.ts';

/** What a client should be told when the database refuses or is not there; `undefined` when that is not what happened. */
export function databaseStatus(exception: unknown): number | undefined {
  if (exception instanceof Prisma.PrismaClientInitializationError) return 503;
  if (exception instanceof Prisma.PrismaClientKnownRequestError) {
    // A reference to a row that is not there, or not this user's: the two look the same from outside.
    if (exception.code === 'P2003') return 404;
    if (unavailable.has(exception.code)) return 503;
    const { data } = inMeta.safeParse(exception.meta);
    return data === undefined ? undefined : causeStatus(data.driverAdapterError.cause);
  }
  if (!(exception instanceof Error)) return undefined;
  // Asked without Prisma, pg gives the server's own code, and the system's where there is no server.
  const code = 'code' in exception ? String(exception.code) : '';
  if (noServer.test(code) || stepsIn.test(code)) return 503;
  // Errors of pg's pool have no code: these are what they say when a connection breaks or none is free in time.
  if (/^(timeout exceeded when trying to connect|Connection terminated)/.test(exception.message)) return 503;
  const { data } = driverCause.safeParse(exception.cause);
  return data === undefined ? undefined : causeStatus(data);
}

function causeStatus({ kind, originalCode = '' }: z.infer<typeof driverCause>): number | undefined {
  return gone.has(kind ?? '') || stepsIn.test(originalCode) ? 503 : undefined;
}

/** SQLSTATE classes 08, 53 and 57: connection, resources, an operator or a timeout stepped in. 55P03: a lock took too long. */
const stepsIn = /^(08...|53...|57...|55P03)$/;

/** What the system says when nobody is there, or not any more. */
const noServer = /^(ECONN[A-Z]+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

const driverCause = z.object({ kind: z.string().optional(), originalCode: z.string().optional() });
const inMeta = z.object({ driverAdapterError: z.object({ cause: driverCause }) });

/** Prisma's codes for: cannot reach, times out, closed the connection, no free connection, no transaction in time. */
const unavailable = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037']);

/** The driver adapter's names for the same. */
const gone = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
