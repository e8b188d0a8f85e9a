import type { LoggedRecord } from './read-log.ts';
import type { IntentRecord, VerdictRecord } from './record.ts';
import type { Dropped } from './verification.ts';

/** Which announced results have come. */
export type Owed = {
  announce(index: number, intent: IntentRecord): void;
  answer(verdict: VerdictRecord): 'owed' | 'repeated' | 'unannounced';
  /** Those that have not, in the order in which they were announced. */
  dropped(): readonly Dropped[];
};

export function createOwed(): Owed {
  const open = new Map<string, Dropped>();
  const answered = new Set<string>();
  return {
    announce(index, { run, at, owes }) {
      for (const { control, binding } of owes) {
        const key = [run, control, binding].join('\n');
        if (!answered.has(key) && !open.has(key)) open.set(key, { run, control, binding, intent: index, at });
      }
    },
    answer({ run, control, binding }) {
      const key = [run, control.id, binding].join('\n');
      if (answered.has(key)) return 'repeated';
      answered.add(key);
      return open.delete(key) ? 'owed' : 'unannounced';
    },
    dropped: () => [...open.values()],
  };
}

/** Results that were announced and never came. A runner closes such a hole by recording `unknown` for that run. */
export function droppedResults(records: readonly LoggedRecord[]): readonly Dropped[] {
  const owed = createOwed();
  for (const { index, record } of records) {
    if (record.type === 'intent') owed.announce(index, record);
    if (record.type === 'verdict') owed.answer(record);
  }
  return owed.dropped();
}
