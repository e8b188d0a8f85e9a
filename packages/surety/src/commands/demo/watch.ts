import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { stringify } from 'yaml';
import { service } from '../../targets/service/target.ts';
import { closedPort, listenOnLoopback, stopServer } from '../../testing/loopback.ts';
import type { Terminal } from '../verb.ts';

/** What watches the backups of the demo: Prometheus with the rules of the example, and Alertmanager with a pager behind it. */
export type Watch = {
  /** What `surety.config.ts` reads by `env()`. */
  readonly env: Readonly<Record<string, string>>;
  /** Why nobody watches; `null` where somebody does. */
  readonly trouble: string | null;
  stop(): Promise<void>;
};

/** Debian's name first. */
const programs = [['prometheus'], ['promtool'], ['prometheus-alertmanager', 'alertmanager']] as const;

/** @param rules path of the alert rules */
export async function startWatch(rules: string, terminal: Terminal): Promise<Watch> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopOne of stops.splice(0).reverse()) await stopOne();
  };
  const [managerPort, prometheusPort] = [await closedPort(), await closedPort()];
  const env = {
    ALERTMANAGER_URL: `http://127.0.0.1:${managerPort}`,
    PROMETHEUS_URL: `http://127.0.0.1:${prometheusPort}`,
  };
  const found = await Promise.all(programs.map((names) => onPath(names, terminal.env.PATH ?? '')));
  const [prometheus, , alertmanager] = found;
  const missing = programs.filter((_, index) => found[index] === null).map(([name]) => name);
  if (missing.length > 0 || !prometheus || !alertmanager) {
    return { env, stop, trouble: `there is no ${missing.join(', ')} on this machine` };
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'surety-demo-watch-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    const pager = createServer((request, response) => {
      request.resume().on('end', () => response.end());
    });
    const pagerPort = await listenOnLoopback(pager);
    stops.push(() => stopServer(pager));
    const [managerFile, prometheusFile] = [
      join(folder, 'alertmanager.yaml'),
      join(folder, 'prometheus.yaml'),
    ];
    await writeFile(managerFile, stringify(routing(pagerPort)));
    await writeFile(prometheusFile, stringify(watching(rules, managerPort)));
    const start = async (url: string, command: [string, ...string[]]): Promise<void> => {
      const started = await service.open(
        { command, cwd: folder, ready: { url: `${url}/-/ready` } },
        { touch: 'scratch', signal: terminal.signal, secret: () => undefined, root: folder },
      );
      stops.push(() => started.close());
    };
    await Promise.all([
      start(env.ALERTMANAGER_URL, [
        alertmanager,
        `--config.file=${managerFile}`,
        `--storage.path=${join(folder, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${managerPort}`,
        '--cluster.listen-address=',
      ]),
      start(env.PROMETHEUS_URL, [
        prometheus,
        `--config.file=${prometheusFile}`,
        `--storage.tsdb.path=${join(folder, 'prometheus')}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
      ]),
    ]);
    return { env, stop, trouble: null };
  } catch (error) {
    await stop();
    throw error;
  }
}

function routing(pagerPort: number) {
  return {
    route: { receiver: 'pager', group_by: ['alertname'], group_wait: '0s', group_interval: '1s' },
    receivers: [{ name: 'pager', webhook_configs: [{ url: `http://127.0.0.1:${pagerPort}/` }] }],
  };
}

function watching(rules: string, managerPort: number) {
  return {
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${managerPort}`] }] }] },
  };
}

async function onPath(names: readonly string[], path: string): Promise<string | null> {
  for (const name of names) {
    for (const folder of path.split(delimiter).filter((one) => one !== '')) {
      const file = join(folder, name);
      const there = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (there) return file;
    }
  }
  return null;
}
