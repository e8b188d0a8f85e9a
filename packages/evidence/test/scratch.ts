import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type Entry,
  generateKey,
  type IntentRecord,
  judge,
  type Observation,
  type OpenLog,
  observationsDigest,
  type VerdictRecord,
} from '../src/index.ts';

/** A folder that is gone after the test. */
export function scratchFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'surety-evidence-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const origin = 'example.com/surety/test';
export const keys = { logKey: generateKey(), proberKey: generateKey() };

export const day = 86_400_000;
export const noon = Date.parse('2026-03-01T12:00:00.000Z');
/** A moment, in milliseconds after noon of 1 March 2026. */
export const at = (offset = 0): string => new Date(noon + offset).toISOString();

/** How a writer opens its log in a scratch folder. */
export function writer(folder: string, more: Partial<OpenLog> = {}): OpenLog {
  return { folder: join(folder, 'log'), origin, ...keys, now: () => new Date(noon), ...more };
}

export const passing = (subject: string): Observation[] => [
  { check: 'equal', subject, method: 'read', want: 'on', got: 'on' },
];
export const failing = (subject: string): Observation[] => [
  { check: 'equal', subject, method: 'read', want: 'on', got: 'off', hint: 'turn it on' },
];

export function intent(run: string, controls: readonly string[], more: Partial<IntentRecord> = {}): Entry {
  return {
    record: {
      type: 'intent',
      run,
      at: at(),
      scheduled: false,
      owes: controls.map((control) => ({ control, binding: 'db', touch: 'nothing' })),
      ...more,
    },
  };
}

/** A verdict that its observations bear out. */
export function verdict(
  run: string,
  control: string,
  observations: readonly Observation[] = passing(control),
  more: Partial<VerdictRecord> = {},
): Entry & { readonly record: VerdictRecord } {
  const judgement = judge(observations);
  return {
    observations,
    record: {
      type: 'verdict',
      run,
      control: { id: control, version: '1', digest: 'c'.repeat(64) },
      binding: 'db',
      targets: {
        db: {
          name: 'db',
          kind: 'postgres',
          environment: 'test',
          identity: { system: '7' },
          revision: 'r1',
          principal: 'app',
        },
      },
      touch: 'nothing',
      parameters: {},
      intended: at(),
      started: at(1),
      finished: at(2),
      verdict: judgement.verdict,
      method: judgement.method,
      standIn: judgement.standIn,
      observations: { sha256: observationsDigest(observations), count: observations.length },
      exceptions: [],
      redactions: 0,
      tools: {},
      ...more,
    },
  };
}

/** A run with nothing missing: its intent and one passing verdict for each control. */
export function run(name: string, controls: readonly string[]): Entry[] {
  return [
    intent(name, controls),
    ...controls.map((control) => verdict(name, control, passing(`${name} ${control}`))),
  ];
}
