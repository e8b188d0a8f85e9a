/** Numbers that look random and are the same for the same seed. */
export type Random = {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  below(limit: number): number;
  /** One of them, which may not be empty. */
  pick<T>(of: readonly T[]): T;
  shuffled<T>(of: readonly T[]): readonly T[];
};

/** Mulberry32, by Tommy Ettinger: 32 bits of state are plenty for choosing moments. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick(of) {
      const found = of[below(of.length)];
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
    shuffled(of) {
      const rest = [...of];
      return of.flatMap(() => rest.splice(below(rest.length), 1));
    },
  };
}
