import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { BlindError } from '../../core/error.ts';

const run = promisify(execFile);

/** An alert as it would be sent: its labels, with `alertname`. */
export type Firing = Readonly<Record<string, string>>;

/** What fires two days later: while all is well, after a run that failed, when no run came, and when nothing is said any more. */
export type RuleTrial = Readonly<Record<'well' | 'failed' | 'missed' | 'silent', readonly Firing[]>>;

/** Evaluates alert rules over made-up metrics, by promtool. @throws {BlindError} `alerts/…` */
export async function ruleTrial(
  rules: string,
  stores: readonly string[],
  signal: AbortSignal,
): Promise<RuleTrial> {
  const text = await readFile(rules, 'utf8').catch((cause: unknown) => {
    throw new BlindError('alerts/no-rules', `${rules} cannot be read`, 'mend alerts.rules of the target', {
      cause,
    });
  });
  const folder = await mkdtemp(join(tmpdir(), 'surety-rules-'));
  try {
    await copyFile(rules, join(folder, 'rules.yaml'));
    const target = /target="([^"]+)"/.exec(text)?.[1] ?? 'backups';
    const fire = (series: readonly Series[]): Promise<readonly Firing[]> => firing(folder, series, signal);
    const well = wellSeries(target, stores);
    return {
      well: await fire(well),
      failed: await fire(instead(well, 'surety_backup_last_run_success', '0x600')),
      missed: await fire(
        instead(
          instead(well, 'surety_backup_newest_timestamp_seconds', '0x600'),
          'surety_backup_last_run_timestamp_seconds',
          '0x600',
        ),
      ),
      silent: await fire([]),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Series = { readonly name: string; readonly series: string; readonly values: string };

/** As `surety backup --metrics` writes them, every five minutes for two days. */
function wellSeries(target: string, stores: readonly string[]): readonly Series[] {
  const of = (name: string, values: string, more = ''): Series => ({
    name: `surety_backup_${name}`,
    series: `surety_backup_${name}{environment="production",target="${target}",instance="a"${more}}`,
    values,
  });
  const each = (name: string, values: string): readonly Series[] =>
    stores.map((store) => of(name, values, `,store="${store}"`));
  const fresh = '0+300x600';
  return [
    of('interval_seconds', '86400x600'),
    of('grace_seconds', '7200x600'),
    of('objective_duration_seconds', '300x600'),
    of('last_run_timestamp_seconds', fresh),
    of('last_run_success', '1x600'),
    of('drill_timestamp_seconds', fresh),
    of('drill_interval_seconds', '7948800x600'),
    of('drill_success', '1x600'),
    ...each('newest_timestamp_seconds', fresh),
    ...each('store_reachable', '1x600'),
    ...each('duration_seconds', '10x600'),
    ...each('bytes', '1000x600'),
    ...each('rows', '1000x600'),
  ];
}

function instead(all: readonly Series[], name: string, values: string): readonly Series[] {
  return all.map((one) => (one.name === name ? { ...one, values } : one));
}

/** promtool is told that nothing fires, and says what does. */
async function firing(
  folder: string,
  series: readonly Series[],
  signal: AbortSignal,
): Promise<readonly Firing[]> {
  const test = {
    rule_files: ['rules.yaml'],
    evaluation_interval: '5m',
    tests: [
      {
        interval: '5m',
        input_series: series.map((one) => ({ series: one.series, values: one.values })),
        promql_expr_test: [{ expr: 'ALERTS{alertstate="firing"}', eval_time: '40h', exp_samples: [] }],
      },
    ],
  };
  await writeFile(join(folder, 'test.yaml'), stringify(test));
  const said = await run('promtool', ['test', 'rules', 'test.yaml'], {
    cwd: folder,
    signal,
    timeout: 60_000,
  }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: unknown) => outputOf(error),
  );
  const got = said.split('got:')[1];
  if (got !== undefined) return [...got.matchAll(/\{([^}]*)\}/g)].map(([, labels = '']) => labelsOf(labels));
  if (said.includes('SUCCESS')) return [];
  throw new BlindError('alerts/bad-rules', 'promtool cannot evaluate the rules', 'promtool check rules FILE');
}

function outputOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    throw new BlindError(
      'alerts/no-promtool',
      'there is no promtool here to evaluate rules',
      'apt-get install prometheus',
    );
  }
  if (!(error instanceof Error) || !('stdout' in error) || !('stderr' in error)) throw error;
  return `${String(error.stdout)}${String(error.stderr)}`;
}

function labelsOf(text: string): Firing {
  const labels = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  return Object.fromEntries(labels.filter(([name]) => name !== '__name__' && name !== 'alertstate'));
}
