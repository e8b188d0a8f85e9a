import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DrillRecord, Timestamp } from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import { newest } from './sets.ts';
import { backupStanding, drillDue, type StandingInput, slotStates } from './standing.ts';

export type MetricsInput = StandingInput & {
  /** The name of the backup target in the estate, and its environment: labels of every sample. */
  readonly target: string;
  readonly environment: string;
  /** By records or receipts, in any order. */
  readonly drills: readonly Pick<DrillRecord, 'at' | 'outcome'>[];
};

type Labels = Readonly<Record<string, string>>;
type Sample = { readonly labels: Labels; readonly value: number };
type Metric = { readonly name: string; readonly help: string; readonly samples: readonly Sample[] };

/**
 * What the stores and the log say of the backups, in Prometheus' text format: times in seconds since 1970, sizes in bytes. A
 * store without a backup that verifies has time 0, so that its age is over every limit; one that could not be
 * read has none, and `surety_backup_store_reachable` 0.
 */
export function backupMetrics(input: MetricsInput): string {
  const labels = { target: input.target, environment: input.environment };
  const metrics = [
    ...storeMetrics(input, labels),
    ...runMetrics(input, labels),
    ...drillMetrics(input, labels),
  ];
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(printed)
    .join('');
}

function storeMetrics({ stores }: MetricsInput, labels: Labels): readonly Metric[] {
  const all = Object.entries(stores).map(([store, inventory]) => ({
    labels: { ...labels, store },
    reachable: inventory !== null,
    manifest: newest(inventory?.sets ?? [])?.manifest ?? null,
    others: inventory?.others.length ?? 0,
  }));
  const read = all.filter(({ reachable }) => reachable);
  const whole = all.flatMap(({ labels: store, manifest }) =>
    manifest === null ? [] : [{ labels: store, manifest }],
  );
  const ofNewest = (
    name: string,
    help: string,
    value: (manifest: (typeof whole)[number]['manifest']) => number,
  ): Metric => ({
    name: `surety_backup_${name}`,
    help: `${help} the newest backup that verifies`,
    samples: whole.map(({ labels: store, manifest }) => ({ labels: store, value: value(manifest) })),
  });
  return [
    {
      name: 'surety_backup_store_reachable',
      help: 'Whether the store could be read',
      samples: all.map(({ labels: store, reachable }) => ({ labels: store, value: reachable ? 1 : 0 })),
    },
    {
      name: 'surety_backup_newest_timestamp_seconds',
      help: 'Snapshot of the newest backup that verifies, 0 where there is none',
      samples: read.map(({ labels: store, manifest }) => ({
        labels: store,
        value: manifest === null ? 0 : seconds(manifest.snapshot),
      })),
    },
    {
      name: 'surety_backup_not_verified',
      help: 'What lies where backups are and does not verify',
      samples: read.map(({ labels: store, others }) => ({ labels: store, value: others })),
    },
    ofNewest('bytes', 'Stored size of', ({ parts }) => parts.reduce((sum, { bytes }) => sum + bytes, 0)),
    ofNewest('source_bytes', 'Size of the database in', ({ source }) => source.size),
    ofNewest('tables', 'Tables in', ({ source }) => source.tables),
    ofNewest('rows', 'Rows in', ({ source }) => source.rows),
    ofNewest(
      'duration_seconds',
      'From beginning to signature of',
      ({ started, finished }) => (Date.parse(finished) - Date.parse(started)) / 1000,
    ),
  ];
}

function runMetrics(input: MetricsInput, labels: Labels): readonly Metric[] {
  const { facts, now } = input;
  const standing = backupStanding(input);
  const one = (name: string, help: string, value: number | null): Metric => ({
    name: `surety_backup_${name}`,
    help,
    samples: value === null ? [] : [{ labels, value }],
  });
  const { lastRun } = standing;
  const ended = lastRun === null || lastRun.outcome === 'started' ? null : lastRun;
  return [
    one(
      'last_run_success',
      'Whether the last run that ended stored everything everywhere',
      ended === null ? null : Number(ended.outcome === 'done'),
    ),
    one(
      'last_run_timestamp_seconds',
      'When the last run said something last',
      lastRun === null ? null : seconds(lastRun.at),
    ),
    {
      name: 'surety_backup_slots',
      help: 'Slots of the schedule within the window, by what became of them',
      samples:
        standing.window === null
          ? []
          : slotStates.map((state) => ({
              labels: { ...labels, state },
              value: standing.slots.filter((slot) => slot.state === state).length,
            })),
    },
    one('interval_seconds', 'From one scheduled backup to the next', facts.schedule.every * 3600),
    one('grace_seconds', 'After which a backup that did not come is missing', facts.schedule.grace * 3600),
    one('objective_duration_seconds', 'How long a backup may take', facts.objectives.backupMinutes * 60),
    one('metrics_timestamp_seconds', 'When this was written', seconds(now.toISOString())),
  ];
}

function drillMetrics({ drills, facts, now }: MetricsInput, labels: Labels): readonly Metric[] {
  const { last } = drillDue(drills, facts.objectives, now);
  const ended = drills
    .filter(({ outcome }) => outcome !== 'started')
    .toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const outcome = ended[0]?.outcome;
  return [
    {
      name: 'surety_backup_drill_timestamp_seconds',
      help: 'The last drill whose every rung passed, 0 where none did',
      samples: [{ labels, value: last === null ? 0 : seconds(last) }],
    },
    {
      name: 'surety_backup_drill_success',
      help: 'Whether every rung of the last drill passed',
      samples: outcome === undefined ? [] : [{ labels, value: Number(outcome === 'pass') }],
    },
    {
      name: 'surety_backup_drill_interval_seconds',
      help: 'How old the last drill that passed may be',
      samples: [{ labels, value: facts.objectives.drillDays * 86_400 }],
    },
  ];
}

const seconds = (at: Timestamp): number => Date.parse(at) / 1000;

function printed({ name, help, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}{${pairs.join(',')}} ${value}\n`;
  });
  return `# HELP ${name} ${help}.\n# TYPE ${name} gauge\n${lines.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/**
 * Puts `text` where node_exporter's textfile collector finds it, whole or not at all; anybody may read it.
 *
 * @throws {SuretyError} `metrics/not-written`
 */
export async function writeMetrics(file: string, text: string): Promise<void> {
  // The collector reads *.prom: what is not finished must have another ending.
  const draft = join(dirname(file), `.surety-${randomBytes(8).toString('hex')}.tmp`);
  try {
    const handle = await open(draft, 'wx', 0o644);
    try {
      await handle.chmod(0o644);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await unlink(draft).catch(() => {});
    const why = error instanceof Error ? error.message : String(error);
    throw new SuretyError(
      'metrics/not-written',
      `the metrics could not be written: ${why}`,
      `make the folder of ${file}, and let this user write to it`,
      { cause: error },
    );
  }
}
