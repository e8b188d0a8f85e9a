import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { appModule } from './app.module.ts';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { allowedMethods, type Route } from './http/allowed-methods.ts';
import { errorBody } from './http/error-body.ts';
import { answerClientError, answerExpectations } from './http/raw-answers.ts';
import { securityHeaders } from './http/security-headers.ts';

/** The HTTPS server with all routes, not listening yet. */
export async function createServer(config: Config, database: Database): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    https: {
      cert: config.TLS_CERT_FILE,
      key: config.TLS_KEY_FILE,
      minVersion: 'TLSv1.3',
      // Node would answer a missing Host itself, without our headers: the hook below does.
      requireHostHeader: false,
    },
    bodyLimit: 64 * 1024,
    requestTimeout: 15_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    // One line per request, of our own: Fastify's has the whole URL, and what people put into URLs is theirs.
    logController: new LogController({ disableRequestLogging: true }),
    logger: {
      level: config.LOG_LEVEL,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      stream: process.stderr,
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const status = error.statusCode ?? 400;
      reply.headers(securityHeaders).status(status).send(errorBody(status, request.id));
    },
  });
  const server = adapter.getInstance();
  answerExpectations(server.server);
  addHooks(server);
  const app = await NestFactory.create<NestFastifyApplication>(appModule(config, database), adapter, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  // JSON is the only thing that is read. Everything else is 415, not an empty body.
  server.removeContentTypeParser('text/plain');
  return app;
}

function addHooks(server: FastifyInstance): void {
  const routes: Route[] = [];
  server.decorateRequest('userId', null);
  server.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, path: url });
  });
  server.addHook('onRequest', async (request, reply) => {
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) {
      return reply.status(400).send(errorBody(400, request.id));
    }
    if (!request.is404) return;
    const [path = ''] = request.url.split('?');
    const allowed = allowedMethods(routes, path);
    if (allowed.length === 0) return reply.status(404).send(errorBody(404, request.id));
    reply.header('allow', allowed.join(', '));
    if (request.method === 'OPTIONS') return reply.status(204).send();
    return reply.status(405).send(errorBody(405, request.id));
  });
  server.addHook('onSend', async (_request, reply) => {
    reply.headers(securityHeaders);
  });
  server.addHook('onResponse', async (request, reply) => {
    const { method, userId } = request;
    const route = request.routeOptions.url ?? null;
    const took = Math.round(reply.elapsedTime);
    request.log.info({ method, route, userId, status: reply.statusCode, took }, 'answered');
  });
}
