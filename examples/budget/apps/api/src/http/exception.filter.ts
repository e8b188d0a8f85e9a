import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { databaseStatus } from '../database/database-status.ts';
import { errorBody } from './error-body.ts';

/** Turns whatever was thrown into a status and `{ code, requestId }`. Only the log says more. */
@Catch()
export class AnyExceptionFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const status = statusOf(exception);
    if (status >= 500) request.log.error({ error: describe(exception) }, 'request failed');
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    if (status === 503) reply.header('retry-after', '2');
    reply.status(status).send(errorBody(status, request.id));
  }
}

function statusOf(exception: unknown): number {
  if (exception instanceof HttpException) return exception.getStatus();
  if (isFastifyError(exception)) return exception.statusCode;
  return databaseStatus(exception) ?? 500;
}

function isFastifyError(exception: unknown): exception is Error & { statusCode: number } {
  if (!(exception instanceof Error) || !('statusCode' in exception)) return false;
  return (
    typeof exception.statusCode === 'number' && exception.statusCode >= 400 && exception.statusCode < 500
  );
}

/** Names, codes and places; no messages, because those of a database driver can hold values of a row. */
function describe(exception: unknown): Record<string, unknown> {
  if (!(exception instanceof Error)) return { name: typeof exception };
  const frames = (exception.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  const code = 'code' in exception ? exception.code : undefined;
  return { name: exception.name, code, frames: frames.slice(0, 8).map((line) => line.trim()) };
}
