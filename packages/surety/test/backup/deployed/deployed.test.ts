import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { publicKeyText } from '@surety/evidence';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type BackupFacts, backupFacts } from '../../../src/backup/facts.ts';
import { loadEstate } from '../../../src/commands/load-estate.ts';
import { pageOf, readAlerts, readRunbook } from '../../../src/targets/repo/runbook.ts';
import { sampleRecipients } from '../sample-sets.ts';
import { deployedFolder, missing, systemdAnalyze } from './installed.ts';

const estate = join(deployedFolder, '../..');
const read = (path: string): string => readFileSync(join(estate, path), 'utf8');

/** What `.env.example` lists for backups, filled in. */
const environment = {
  BACKUP_DATABASE_URL: 'postgresql://budget_backup:canary-password@db.example:5432/budget',
  BACKUP_VAULT: '/srv/budget-vault',
  BACKUP_S3_BUCKET: 'budget-backups',
  BACKUP_S3_ENDPOINT: 'https://s3.example',
  BACKUP_S3_ACCESS_KEY_ID: 'canary-key-id',
  BACKUP_S3_SECRET_ACCESS_KEY: 'canary-secret-key',
  BACKUP_RECIPIENT: sampleRecipients[0],
  BACKUP_RECIPIENT_ESCROW: sampleRecipients[1],
  BACKUP_SIGNER: publicKeyText(generateKeyPairSync('ed25519').publicKey),
  BACKUP_SIGNER_RESTORING: publicKeyText(generateKeyPairSync('ed25519').publicKey),
};

async function factsOfBackupHost(): Promise<BackupFacts> {
  const { targets } = await loadEstate(
    'surety.backup.config.ts',
    { cwd: estate, env: environment },
    () => {},
  );
  assert.deepEqual(
    targets.map(({ name, kind }) => `${name} ${kind}`),
    ['budget-backups backup'],
  );
  return backupFacts.parse(targets[0]?.facts);
}

describe('the estate of the machine that makes backups', () => {
  it('needs what .env.example lists for backups, and nothing else', async () => {
    const { recipients, stores } = await factsOfBackupHost();
    assert.equal(recipients.length, 2);
    assert.deepEqual(Object.keys(stores), ['vault', 'offsite']);
    const listed = read('.env.example').matchAll(/^(BACKUP_\w+)=/gm);
    assert.deepEqual(
      [...listed].map(([, name]) => name).toSorted(),
      [...Object.keys(environment), 'BACKUP_METRICS_FILE'].toSorted(),
    );
  });

  it('holds no identity', async () => {
    assert.equal((await factsOfBackupHost()).identity, undefined);
    for (const file of [
      'infra/backup/cronjob.yaml',
      'infra/backup/surety-backup.service',
      'infra/backup/backup',
    ])
      assert.doesNotMatch(read(file), /AGE-SECRET|\/run\/keys|restore\.config/);
  });

  it('promises what the documents say', async () => {
    const { objectives, keep } = await factsOfBackupHost();
    assert.deepEqual(
      [objectives.lossHours, objectives.recoveryHours, objectives.backupMinutes, objectives.successRate],
      [24, 4, 5, 0.999],
    );
    assert.deepEqual(keep, { days: 30, weeks: 12, months: 12, years: 3 });
  });
});

const resource = z.looseObject({ kind: z.string(), spec: z.unknown().optional() });
const cronJob = z.object({
  spec: z.object({
    schedule: z.string(),
    timeZone: z.string(),
    concurrencyPolicy: z.string(),
    startingDeadlineSeconds: z.number(),
    suspend: z.boolean(),
    successfulJobsHistoryLimit: z.number(),
    failedJobsHistoryLimit: z.number(),
    jobTemplate: z.object({
      spec: z.object({
        backoffLimit: z.number(),
        activeDeadlineSeconds: z.number(),
        template: z.object({
          spec: z.object({
            restartPolicy: z.string(),
            automountServiceAccountToken: z.boolean(),
            securityContext: z.looseObject({ runAsNonRoot: z.boolean(), runAsUser: z.number() }),
            containers: z.tuple([
              z.looseObject({
                command: z.array(z.string()),
                env: z.array(z.object({ name: z.string(), value: z.string() })),
                envFrom: z.array(z.object({ secretRef: z.object({ name: z.string() }) })),
                securityContext: z.unknown(),
                resources: z.object({
                  requests: z.record(z.string(), z.string()),
                  limits: z.record(z.string(), z.string()),
                }),
                volumeMounts: z.array(z.looseObject({ name: z.string() })),
              }),
            ]),
            volumes: z.array(z.looseObject({ name: z.string() })),
          }),
        }),
      }),
    }),
  }),
});

describe('the CronJob', () => {
  const documents = parseAllDocuments(read('infra/backup/cronjob.yaml'), { merge: true });
  assert.ok(Array.isArray(documents));
  for (const { errors } of documents) assert.deepEqual(errors, []);
  const resources = documents.map((document) => resource.parse(document.toJS()));
  const { spec } = cronJob.parse(resources.find(({ kind }) => kind === 'CronJob'));
  const job = spec.jobTemplate.spec;
  const pod = job.template.spec;
  const [container] = pod.containers;

  it('runs when the estate says, one at a time, within the grace', async () => {
    const { schedule } = await factsOfBackupHost();
    const [hours = 0, minutes] = schedule.at.split(':').map(Number);
    assert.equal(schedule.every, 12);
    assert.deepEqual([spec.schedule, spec.timeZone], [`${minutes} ${hours},${hours + 12} * * *`, 'Etc/UTC']);
    assert.deepEqual([spec.concurrencyPolicy, spec.suspend, pod.restartPolicy], ['Forbid', false, 'Never']);
    assert.equal(spec.startingDeadlineSeconds, schedule.grace * 3600);
    assert.equal(job.activeDeadlineSeconds, schedule.grace * 3600);
    assert.deepEqual(
      [job.backoffLimit, spec.successfulJobsHistoryLimit, spec.failedJobsHistoryLimit],
      [2, 3, 7],
    );
  });

  it('can do nothing but make backups', () => {
    assert.equal(pod.automountServiceAccountToken, false);
    assert.deepEqual([pod.securityContext.runAsNonRoot, pod.securityContext.runAsUser], [true, 10001]);
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.ok(container.resources.limits.memory && container.resources.limits.cpu);
    assert.deepEqual(
      container.volumeMounts.map(({ name }) => name),
      pod.volumes.map(({ name }) => name),
    );
    assert.ok(resources.some(({ kind }) => kind === 'NetworkPolicy'));
  });

  it('takes secrets by reference', () => {
    const secret = Object.keys(environment).filter((name) => name !== 'BACKUP_VAULT');
    for (const { name } of container.env) assert.ok(!secret.includes(name), name);
    assert.deepEqual(container.envFrom, [{ secretRef: { name: 'budget-backup' } }]);
    assert.ok(!resources.some(({ kind }) => kind === 'Secret'));
  });

  it('runs a file that its image has', () => {
    const entry = container.command.at(-1) ?? '';
    assert.ok(existsSync(join(estate, entry.replace('/estate/', ''))), entry);
    const image = read('infra/docker/Dockerfile.backup');
    const copied = image.matchAll(/^COPY (\S+) /gm);
    for (const [, path = ''] of copied) assert.ok(existsSync(join(estate, path)), path);
    assert.match(image, /^WORKDIR \/estate$/m);
    assert.match(image, /^USER 10001:10001$/m);
    assert.match(read('.dockerignore'), /^infra\n!infra\/backup$/m);
  });
});

describe('the systemd units', () => {
  it('run when the estate says, and make up for what was slept through', async () => {
    const timer = read('infra/backup/surety-backup.timer');
    const { schedule } = await factsOfBackupHost();
    const [hours = '', minutes] = schedule.at.split(':');
    assert.ok(timer.includes(`\nOnCalendar=*-*-* ${hours},${Number(hours) + 12}:${minutes}:00 UTC\n`));
    assert.match(timer, /^Persistent=yes$/m);
    const service = read('infra/backup/surety-backup.service');
    assert.ok(service.includes(`\nTimeoutStartSec=${schedule.grace}h\n`));
    assert.match(service, /^OnFailure=surety-backup-failed\.service$/m);
  });

  describe('as systemd reads them', { skip: missing(systemdAnalyze) }, () => {
    let folder = '';
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'surety-units-'));
      for (const name of ['surety-backup.service', 'surety-backup.timer', 'surety-backup-failed.service']) {
        // The program stands where this machine has it, which is not where it will be installed.
        const text = read(`infra/backup/${name}`)
          .replace('ExecStart=/opt/budget/infra/backup/backup', `ExecStart=${deployedFolder}/backup`)
          .replace('ExecStart=/usr/bin/curl', 'ExecStart=/bin/true');
        writeFileSync(join(folder, name), text);
      }
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    const analyze = (...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync('systemd-analyze', args, {
        cwd: folder,
        encoding: 'utf8',
      });
      return { status, text: `${stdout}${stderr}` };
    };

    it('are without mistakes', () => {
      for (const name of ['surety-backup.service', 'surety-backup.timer', 'surety-backup-failed.service']) {
        const { status, text } = analyze('verify', '--man=no', join(folder, name));
        assert.deepEqual([status, text], [0, ''], name);
      }
    });

    it('leave the service little to reach', () => {
      const { text } = analyze('security', '--offline=yes', join(folder, 'surety-backup.service'));
      const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);
      assert.ok(exposure <= 2, text.slice(-200));
    });
  });
});

describe('the entry points', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'surety-entries-'));
    cpSync(deployedFolder, join(folder, 'estate/infra/backup'), { recursive: true });
    mkdirSync(join(folder, 'bin'));
    const fake = join(folder, 'bin/surety');
    writeFileSync(fake, '#!/bin/sh\npwd\nprintf "%s\\n" "$@"\nexit 11\n');
    chmodSync(fake, 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (entry: string, path: string, ...args: readonly string[]) =>
    spawnSync(join(folder, 'estate/infra/backup', entry), args, {
      encoding: 'utf8',
      env: { PATH: path, BACKUP_METRICS_FILE: '/metrics/file.prom' },
    });

  it('are executable, and call surety from the folder of the estate', () => {
    for (const entry of ['backup', 'restore'])
      assert.equal(statSync(join(deployedFolder, entry)).mode & 0o111, 0o111, entry);
    const path = `${join(folder, 'bin')}:/usr/bin:/bin`;
    const lines = (entry: string): readonly string[] =>
      run(entry, path, '--help').stdout.trimEnd().split('\n');
    const [where, ...args] = lines('backup');
    assert.ok(where?.endsWith('/estate'), where);
    assert.deepEqual(args, [
      ...['backup', '--config', 'surety.backup.config.ts', '--scheduled'],
      ...['--metrics', '/metrics/file.prom', '--help'],
    ]);
    assert.deepEqual(lines('restore').slice(1), [
      'restore',
      '--config',
      'surety.restore.config.ts',
      '--help',
    ]);
  });

  it('fail as surety fails, and where there is none', () => {
    const path = `${join(folder, 'bin')}:/usr/bin:/bin`;
    assert.equal(run('backup', path).status, 11);
    const bare = run('backup', '/usr/bin:/bin');
    assert.deepEqual([bare.status, bare.stderr.split('\n')[0]], [127, 'there is no surety on the PATH']);
  });
});

describe('the runbooks', () => {
  const pages = ['backup-failed', 'backup-missing', 'restore', 'drill', 'lost-key'];

  it('have an owner for every step, and are in the list', () => {
    for (const page of pages) {
      const { steps, ownerless } = readRunbook(read(`docs/runbooks/${page}.md`));
      assert.ok(steps >= 8, `${page}: ${steps} steps`);
      assert.deepEqual(ownerless, [], page);
      assert.ok(read('docs/runbooks/README.md').includes(`(${page}.md)`), page);
    }
  });

  it('are where alerts and other pages lead, down to the section', () => {
    const leads = (link: string, from: string): void => {
      const page = pageOf(link, from, null);
      assert.ok(page !== null && existsSync(join(estate, page.path)), `${from}: ${link}`);
      if (page.anchor !== null)
        assert.ok(readRunbook(read(page.path)).anchors.has(page.anchor), `${from}: ${link}`);
    };
    const alerts = readAlerts(read('infra/backup/alerts.yaml'));
    assert.ok(!('trouble' in alerts) && alerts.length > 0);
    for (const { runbook } of alerts) leads(runbook ?? '', 'infra/backup/alerts.yaml');
    for (const page of pages)
      for (const [, link = ''] of read(`docs/runbooks/${page}.md`).matchAll(/\]\(([^)]+)\)/g))
        leads(link.startsWith('#') ? `./${page}.md${link}` : `./${link}`, `docs/runbooks/${page}.md`);
  });
});
