/** What a recovery goes through, from the declaration to the first answer of the application. */
const recoveryPhases = ['fetch', 'decrypt', 'restore', 'verify', 'smoke'] as const;
export type RecoveryPhase = (typeof recoveryPhases)[number];

export type Stopwatch = {
  <T>(phase: RecoveryPhase, work: () => Promise<T>): Promise<T>;
  /** Moves milliseconds that were measured within one phase to another. */
  move(from: RecoveryPhase, to: RecoveryPhase, milliseconds: number): void;
  /** Milliseconds so far. */
  phases(): Record<RecoveryPhase, number>;
};

export function stopwatch(): Stopwatch {
  const took: Record<RecoveryPhase, number> = { fetch: 0, decrypt: 0, restore: 0, verify: 0, smoke: 0 };
  const watch = async <T>(phase: RecoveryPhase, work: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    try {
      return await work();
    } finally {
      took[phase] += performance.now() - from;
    }
  };
  return Object.assign(watch, {
    move(from: RecoveryPhase, to: RecoveryPhase, milliseconds: number) {
      took[from] -= milliseconds;
      took[to] += milliseconds;
    },
    phases: () => ({
      fetch: Math.round(took.fetch),
      decrypt: Math.round(took.decrypt),
      restore: Math.max(0, Math.round(took.restore)),
      verify: Math.round(took.verify),
      smoke: Math.round(took.smoke),
    }),
  });
}
