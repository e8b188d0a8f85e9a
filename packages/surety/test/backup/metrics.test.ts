import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { backupFacts } from '../../src/backup/facts.ts';
import { backupMetrics, type MetricsInput, writeMetrics } from '../../src/backup/metrics.ts';
import { hour, sampleSet } from './sample-sets.ts';

const { schedule, keep, objectives } = backupFacts.shape;
const at = new Date('2026-11-22T02:00:00Z');

const input: MetricsInput = {
  target: 'budget-backups',
  environment: 'test',
  facts: { schedule: schedule.parse({ every: 24 }), keep: keep.parse({}), objectives: objectives.parse({}) },
  stores: { vault: { sets: [sampleSet(at)], others: [] } },
  records: [],
  drills: [{ at: '2026-11-01T00:00:00.000Z', outcome: 'pass' }],
  now: new Date(at.getTime() + hour),
};

/** The value of a sample by its name and labels as they are written. */
function sampleIn(text: string, sample: string): string | undefined {
  return text
    .split('\n')
    .find((line) => line.startsWith(`${sample} `))
    ?.slice(sample.length + 1);
}

const budget = 'target="budget-backups",environment="test"';

describe('metrics of backups', () => {
  it('say what the newest backup in each store is', () => {
    const text = backupMetrics(input);
    const vault = `{${budget},store="vault"}`;
    assert.equal(sampleIn(text, `surety_backup_newest_timestamp_seconds${vault}`), '1795312801');
    assert.equal(sampleIn(text, `surety_backup_bytes${vault}`), '2000');
    assert.equal(sampleIn(text, `surety_backup_source_bytes${vault}`), '9000000');
    assert.equal(sampleIn(text, `surety_backup_duration_seconds${vault}`), '60');
    assert.equal(sampleIn(text, `surety_backup_tables${vault}`), '12');
    assert.equal(sampleIn(text, `surety_backup_rows${vault}`), '100000');
    assert.equal(sampleIn(text, `surety_backup_last_run_success{${budget}}`), '1');
    assert.equal(sampleIn(text, `surety_backup_slots{${budget},state="verified"}`), '1');
    assert.equal(sampleIn(text, `surety_backup_slots{${budget},state="missed"}`), '0');
    assert.equal(sampleIn(text, `surety_backup_interval_seconds{${budget}}`), '86400');
    assert.equal(sampleIn(text, `surety_backup_drill_timestamp_seconds{${budget}}`), '1793491200');
    assert.equal(sampleIn(text, `surety_backup_drill_success{${budget}}`), '1');
  });

  it('give no age to a store that could not be read, and age without end to an empty one', () => {
    const text = backupMetrics({ ...input, stores: { vault: { sets: [], others: [] }, offsite: null } });
    const of = (name: string, store: string) =>
      sampleIn(text, `surety_backup_${name}{${budget},store="${store}"}`);
    assert.equal(of('newest_timestamp_seconds', 'vault'), '0');
    assert.equal(of('store_reachable', 'vault'), '1');
    assert.equal(of('newest_timestamp_seconds', 'offsite'), undefined);
    assert.equal(of('store_reachable', 'offsite'), '0');
    assert.equal(of('bytes', 'vault'), undefined);
  });

  it('are 0 for a drill that never was, and silent on how it went', () => {
    const text = backupMetrics({ ...input, drills: [] });
    assert.equal(sampleIn(text, `surety_backup_drill_timestamp_seconds{${budget}}`), '0');
    assert.equal(sampleIn(text, `surety_backup_drill_success{${budget}}`), undefined);
  });

  it('escape what names may hold', () => {
    const text = backupMetrics({ ...input, environment: 'a"b\\c\nd' });
    assert.ok(text.includes('environment="a\\"b\\\\c\\nd"'));
  });
});

describe('the file of metrics', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'surety-metrics-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('is replaced whole, and anybody may read it', async () => {
    const file = join(folder, 'budget.prom');
    await writeMetrics(file, 'one 1\n');
    await writeMetrics(file, 'two 2\n');
    assert.equal(await readFile(file, 'utf8'), 'two 2\n');
    assert.equal((await stat(file)).mode & 0o777, 0o644);
    assert.deepEqual(await readdir(folder), ['budget.prom']);
  });

  it('says what to do where it cannot be written, and leaves nothing', async () => {
    await assert.rejects(writeMetrics(join(folder, 'none', 'budget.prom'), 'one 1\n'), {
      code: 'metrics/not-written',
    });
    await chmod(folder, 0o755);
    await assert.rejects(writeMetrics(folder, 'one 1\n'), { code: 'metrics/not-written' });
  });
});
