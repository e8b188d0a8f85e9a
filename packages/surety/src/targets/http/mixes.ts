import type { HttpAsk } from './answer.ts';
import type { HttpCollection } from './facts.ts';
import type { Mix, Move } from './interleaved.ts';

export type Blend = {
  readonly collection: HttpCollection;
  /** How many requests all mixes of this collection send together, about. */
  readonly requests: number;
  /** How many actors take part. */
  readonly parties: number;
  /** Milliseconds that one undisturbed answer took: hang-ups are spread over it. */
  readonly latency: number;
  /** Requests that fail, to be sent among the sound ones. */
  readonly wrong: readonly HttpAsk[];
};

/** One party in so many is nobody: it must see nothing, whatever those before it left behind. */
const nobodyEvery = 6;
const atOnce = 8;
const atOnceDisturbed = 4;

/**
 * Requests of several actors and of nobody, mixed in every way that makes a context stick to the wrong request:
 * in turn, at once, among requests that fail, among clients that hang up. Always the same for the same blend.
 */
export function mixes(blend: Blend): Readonly<Record<string, Mix>> {
  const { collection, requests, parties } = blend;
  const random = sequence(parties * 7919 + requests);
  const pick = (count: number) => Math.floor(random() * count);
  const anyone = (): Move => listing(pick(nobodyEvery) === 0 ? null : pick(parties), random() < 0.5);
  const times = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: Math.max(1, Math.round(count)) }, (_, index) => make(index));
  const disturbed = (disturb: (index: number) => Move) =>
    times(requests / 8, (index) => [disturb(index), anyone()]).flat();
  return {
    'in turn': {
      collection,
      atOnce: 1,
      moves: times(requests / 5, (index) =>
        listing(turn(index, parties), Math.floor(index / (parties + 1)) % 2 === 0),
      ),
    },
    'at once': { collection, atOnce, moves: times(requests * 0.3, anyone) },
    'among failing requests': {
      collection,
      atOnce: atOnceDisturbed,
      moves: disturbed((index) => ({
        kind: 'wrong',
        party: pick(parties),
        ask: blend.wrong[index % blend.wrong.length] ?? { path: collection.path },
      })),
    },
    'among clients that hang up': {
      collection,
      atOnce: atOnceDisturbed,
      moves: disturbed(() => ({
        kind: 'hang up',
        party: pick(parties),
        after: Math.floor(random() * 1.5 * blend.latency),
      })),
    },
  };
}

/** Rounds of every actor and then nobody; each actor is the last before nobody in turn. */
function turn(index: number, parties: number): number | null {
  const place = index % (parties + 1);
  const round = Math.floor(index / (parties + 1));
  return place === parties ? null : (place + round) % parties;
}

function listing(party: number | null, forged: boolean): Move {
  return { kind: 'list', party, forged: party === null && forged };
}

/** Numbers from 0 to below 1 that look random and are the same for the same seed: mulberry32. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
