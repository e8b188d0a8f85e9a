import { createServer, type IncomingMessage } from 'node:http';
import { listenOnLoopback, stopServer } from './loopback.ts';

/** What answers as Prometheus and Alertmanager do, in as much as a probe asks of them. */
export type FakePager = { readonly url: string; stop(): Promise<void> };

export type FakePagerOptions = {
  /** Names of the rules that its Prometheus evaluates. */
  readonly rules: readonly string[];
  /** What becomes of an alert. Default: delivered. */
  readonly does?: 'deliver' | 'route nowhere' | 'fail to deliver';
};

export async function fakePager({ rules, does = 'deliver' }: FakePagerOptions): Promise<FakePager> {
  const sent: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'POST') sent.push(await bodyOf(request));
    response.end(answerTo(pathname, sent.length));
  });
  const answerTo = (path: string, alerts: number): string => {
    if (path === '/api/v1/rules') {
      return JSON.stringify({ data: { groups: [{ rules: rules.map((name) => ({ name })) }] } });
    }
    if (path === '/api/v2/alerts') {
      const receivers = does === 'route nowhere' ? [] : [{ name: 'pager' }];
      return JSON.stringify(alerts === 0 ? [] : [{ receivers }]);
    }
    const notified = does === 'route nowhere' ? 0 : alerts;
    return [
      `alertmanager_notifications_total{integration="webhook"} ${notified}`,
      `alertmanager_notifications_failed_total{integration="webhook"} ${does === 'fail to deliver' ? notified : 0}`,
      '',
    ].join('\n');
  };
  const port = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, stop: () => stopServer(server) };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
