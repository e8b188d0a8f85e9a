import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { backupFacts } from '../../../src/backup/facts.ts';
import { backupMetrics } from '../../../src/backup/metrics.ts';
import { hour, sampleSet } from '../sample-sets.ts';
import { deployedFolder, missing, promtool } from './installed.ts';

const rules = z.object({
  groups: z.tuple([
    z.looseObject({
      rules: z.array(
        z.looseObject({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['critical', 'warning']) }),
          annotations: z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
        }),
      ),
    }),
  ]),
});

const tests = z.object({
  tests: z.array(
    z.looseObject({
      promql_expr_test: z.array(
        z.looseObject({ exp_samples: z.array(z.object({ labels: z.string(), value: z.number() })) }),
      ),
    }),
  ),
});

const text = readFileSync(join(deployedFolder, 'alerts.yaml'), 'utf8');
const read = rules.parse(parse(text));
const all = read.groups[0].rules;

describe('the alert rules of the example', () => {
  it('cover what can go wrong', () => {
    assert.deepEqual(
      all.map(({ alert }) => alert),
      [
        ...['BackupMissed', 'BackupLate', 'BackupFailed', 'BackupStoreUnreachable', 'BackupShrunkByHalf'],
        ...['BackupSlow', 'BackupDrillOverdue', 'BackupDrillFailed', 'BackupMetricsAbsent'],
      ],
    );
  });

  it('name no metric that is not written', () => {
    const { schedule, keep, objectives } = backupFacts.shape;
    const at = new Date('2026-11-22T02:00:00Z');
    const written = backupMetrics({
      target: 'budget-backups',
      environment: 'production',
      facts: { schedule: schedule.parse({}), keep: keep.parse({}), objectives: objectives.parse({}) },
      stores: { vault: { sets: [sampleSet(at)], others: [] } },
      records: [],
      drills: [{ at: '2026-11-01T00:00:00.000Z', outcome: 'pass' }],
      now: new Date(at.getTime() + hour),
    });
    for (const { alert, expr } of all)
      for (const [name] of expr.matchAll(/surety_[a-z_]+/g))
        assert.ok(written.includes(`\n${name}{`), `${alert} reads ${name}`);
  });
});

describe('the tests of the alert rules', { skip: missing(promtool) }, () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'surety-rules-'));
    cpSync(join(deployedFolder, 'alerts.test.yaml'), join(folder, 'alerts.test.yaml'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const passes = (content: string): boolean => {
    writeFileSync(join(folder, 'alerts.yaml'), content);
    return spawnSync('promtool', ['test', 'rules', 'alerts.test.yaml'], { cwd: folder }).status === 0;
  };

  it('pass', () => {
    assert.ok(passes(text));
  });

  it('see each alert fire', () => {
    const expected = tests.parse(parse(readFileSync(join(deployedFolder, 'alerts.test.yaml'), 'utf8'))).tests;
    const seen = expected.flatMap(({ promql_expr_test }) =>
      promql_expr_test.flatMap(({ exp_samples }) =>
        exp_samples.map(({ labels }) => /alertname="(\w+)"/.exec(labels)?.[1]),
      ),
    );
    assert.deepEqual(new Set(seen), new Set(all.map(({ alert }) => alert)));
  });

  it('fail where none fires', () => {
    const silent = all.map((one) => ({ ...one, expr: `(${one.expr}) and on () vector(0) > 1` }));
    assert.ok(!passes(stringify({ groups: [{ ...read.groups[0], rules: silent }] })));
  });
});
