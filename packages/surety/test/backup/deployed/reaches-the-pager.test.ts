import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { BackupRecord } from '@surety/evidence';
import { stringify } from 'yaml';
import { z } from 'zod';
import { backupFacts } from '../../../src/backup/facts.ts';
import { backupMetrics } from '../../../src/backup/metrics.ts';
import { closedPort, listenOnLoopback, stopServer } from '../../../src/testing/loopback.ts';
import { hour, minute, sampleId, sampleSet } from '../sample-sets.ts';
import { alertmanager, deployedFolder, missing, prometheus } from './installed.ts';

const { schedule, keep, objectives } = backupFacts.shape;

type Backups = { readonly age: number; readonly failed: boolean };

/** The metrics of an estate whose newest backup began `age` ago, and whose last run failed or did not. */
function metricsOf({ age, failed }: Backups): string {
  const now = new Date();
  const lastRun: BackupRecord = {
    type: 'backup',
    at: new Date(now.getTime() - minute).toISOString(),
    backup: sampleId(now),
    target: {
      name: 'budget-backups',
      kind: 'backup',
      environment: 'test',
      identity: {},
      revision: null,
      principal: null,
    },
    outcome: 'failed',
    slot: null,
    snapshot: null,
    stores: [],
    fact: 'disk full',
  };
  return backupMetrics({
    target: 'budget-backups',
    environment: 'test',
    facts: { schedule: schedule.parse({}), keep: keep.parse({}), objectives: objectives.parse({}) },
    stores: { vault: { sets: [sampleSet(new Date(now.getTime() - age))], others: [] } },
    records: failed ? [lastRun] : [],
    drills: [{ at: new Date(now.getTime() - hour).toISOString(), outcome: 'pass' }],
    now,
  });
}

const page = z.object({
  alerts: z.array(
    z.object({
      status: z.enum(['firing', 'resolved']),
      labels: z.looseObject({ alertname: z.string() }),
      annotations: z.looseObject({ runbook_url: z.string() }),
    }),
  ),
});
type Page = z.infer<typeof page>['alerts'][number];

describe('a backup that fails or does not come', { skip: missing(prometheus, alertmanager) }, () => {
  let folder = '';
  let backups: Backups = { age: hour, failed: false };
  const pages: Page[] = [];
  const servers: Server[] = [];
  const children: ChildProcess[] = [];
  let prometheusUrl = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'surety-pager-'));
    const collector = createServer((_, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(metricsOf(backups));
    });
    const pager = createServer(async (request, response) => {
      pages.push(...page.parse(await json(request)).alerts);
      response.end();
    });
    servers.push(collector, pager);
    const collectorPort = await listenOnLoopback(collector);
    const pagerPort = await listenOnLoopback(pager);
    const [managerPort, prometheusPort] = [await closedPort(), await closedPort()];
    prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
    await writeFile(
      join(folder, 'alertmanager.yaml'),
      stringify({
        route: { receiver: 'pager', group_by: ['alertname'], group_wait: '0s', group_interval: '1s' },
        receivers: [{ name: 'pager', webhook_configs: [{ url: `http://127.0.0.1:${pagerPort}/` }] }],
      }),
    );
    await writeFile(
      join(folder, 'prometheus.yaml'),
      stringify({
        global: { scrape_interval: '500ms', evaluation_interval: '500ms' },
        rule_files: [join(deployedFolder, 'alerts.yaml')],
        scrape_configs: [
          { job_name: 'backup', static_configs: [{ targets: [`127.0.0.1:${collectorPort}`] }] },
        ],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${managerPort}`] }] }] },
      }),
    );
    const start = (program: string, ...args: readonly string[]): void => {
      children.push(spawn(program, args, { cwd: folder, stdio: 'ignore' }));
    };
    start(
      'prometheus-alertmanager',
      `--config.file=${join(folder, 'alertmanager.yaml')}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${managerPort}`,
      '--cluster.listen-address=',
    );
    start(
      'prometheus',
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${prometheusPort}`,
    );
  });

  after(async () => {
    for (const child of children) {
      const gone = once(child, 'exit');
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone;
    }
    for (const server of servers) await stopServer(server);
    await rm(folder, { recursive: true, force: true });
  });

  /** Waits until it holds, at most a minute. */
  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 600; tries += 1) {
      if (await holds()) return;
      await wait(100);
    }
    assert.fail(`${what} did not happen in a minute; the pager got ${JSON.stringify(pages)}`);
  }

  const paged =
    (alert: string, status: Page['status'] = 'firing') =>
    (): boolean =>
      pages.some((one) => one.labels.alertname === alert && one.status === status);

  /** Whether Prometheus has so many samples; it judges the rules as often as it takes one. */
  async function hasSamples(count: number): Promise<boolean> {
    const query = `count_over_time(surety_backup_interval_seconds[1m]) >= ${count}`;
    const url = `${prometheusUrl}/api/v1/query?${new URLSearchParams({ query })}`;
    const answer = await fetch(url).catch(() => null);
    if (answer === null || !answer.ok) return false;
    const { data } = z
      .object({ data: z.object({ result: z.array(z.unknown()) }) })
      .parse(await answer.json());
    return data.result.length > 0;
  }

  it('pages nobody while all is well', async () => {
    await until('ten samples', () => hasSamples(10));
    assert.deepEqual(pages, []);
  });

  it('pages when a run failed, with the page to follow', async () => {
    backups = { age: hour, failed: true };
    await until('a page about the failed run', paged('BackupFailed'));
    const [found] = pages.filter(({ labels }) => labels.alertname === 'BackupFailed');
    assert.equal(found?.annotations.runbook_url, 'docs/runbooks/backup-failed.md');
    assert.deepEqual(new Set(pages.map(({ labels }) => labels.alertname)), new Set(['BackupFailed']));
  });

  it('pages when a run was missed, and says when the failure is over', async () => {
    backups = { age: 27 * hour, failed: false };
    await until('a page about the missed run', paged('BackupMissed'));
    await until('word that the failure is over', paged('BackupFailed', 'resolved'));
  });
});
