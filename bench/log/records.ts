import { type Entry, judge, type Observation, observationsDigest } from '@surety/evidence';

/** Runs of 32 controls as `surety prove` writes them: an intent and its verdicts, each with observations of its own. */
export function* runsOf(verdicts: number): Generator<Entry> {
  for (let made = 0; made < verdicts; ) {
    const size = Math.min(31, verdicts - made);
    const run = `run-${made}`;
    const controls = Array.from({ length: size }, (_, n) => `area/control-${n}`);
    const owes = controls.map((control) => ({ control, binding: 'budget-db', touch: 'rollback' }));
    yield { record: { type: 'intent', run, at: time(made), scheduled: true, owes } };
    for (const control of controls) yield verdictOf(run, control, made);
    made += size;
  }
}

function verdictOf(run: string, control: string, at: number): Entry {
  const observations = ['accounts', 'transactions', 'budgets'].map(
    (table): Observation => ({
      check: 'equal',
      subject: `${table}: row security of ${control} in ${run}`,
      method: 'read',
      want: 'forced',
      got: 'forced',
    }),
  );
  const { verdict, method, standIn } = judge(observations);
  const target = {
    name: 'budget-db',
    kind: 'postgres',
    environment: 'production',
    identity: { systemIdentifier: '7426', database: 'budget', version: '18.4' },
    revision: 'schema 5f3a',
    principal: 'budget_app (not superuser)',
  };
  return {
    observations,
    record: {
      type: 'verdict',
      run,
      control: { id: control, version: '1.0.0', digest: '5'.repeat(64) },
      binding: 'budget-db',
      targets: { db: target },
      touch: 'rollback',
      parameters: {},
      intended: time(at),
      started: time(at),
      finished: time(at),
      verdict,
      method,
      standIn,
      observations: { sha256: observationsDigest(observations), count: observations.length },
      exceptions: [],
      redactions: 0,
      tools: { node: process.versions.node },
    },
  };
}

function time(at: number): string {
  return new Date(Date.parse('2026-01-01T00:00:00.000Z') + at * 1000).toISOString();
}
