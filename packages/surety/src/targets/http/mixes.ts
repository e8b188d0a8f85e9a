import type { HttpAsk } from './answer.ts';
import type { HttpCollection } from './facts.ts';
import type { Mix, Move } from './interleaved.ts';

export type Blend = {
  readonly collection: HttpCollection;
  /** How many requests all mixes of this collection send together, about. */
  readonly requests: number;
  /** How many actors take part. */
  readonly parties: number;
  /** Milliseconds that one undisturbed answer took: hang-ups and slow clients are spread over it. */
  readonly latency: number;
  /** Requests that fail, to be sent among the sound ones. */
  readonly wrong: readonly HttpAsk[];
  /** A request that the service breaks off, and the milliseconds that this takes it; `null` where none is known. */
  readonly timingOut: { readonly ask: HttpAsk; readonly latency: number } | null;
};

/** One party in so many is nobody: it must see nothing, whatever those before it left behind. */
const nobodyEvery = 6;
const atOnce = 8;
/** One after the other is slow, and after so many it has nothing new to say. */
const mostInTurn = 150;
const atOnceDisturbed = 4;
/** So few that they need not queue for a connection, where they would be slow at nobody's cost. And so many in all. */
const atOnceSlow = 3;
const mostSlow = 40;
/** Milliseconds that a slow client takes for each piece, and that all requests that time out may take together. */
const slow = { least: 5, most: 40 };
const timeForTimeouts = 4_000;

/**
 * Requests of several actors and of nobody, mixed in every way that makes a context stick to the wrong request:
 * in turn, at once, among requests that fail or time out, among clients that hang up or are slow. Always the same for
 * the same blend.
 */
export function mixes(blend: Blend): Readonly<Record<string, Mix>> {
  const { collection, requests, parties, timingOut } = blend;
  const random = sequence(parties * 7919 + requests);
  const pick = (count: number) => Math.floor(random() * count);
  const anyone = (): Move => listing(pick(nobodyEvery) === 0 ? null : pick(parties), random() < 0.5);
  const times = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: Math.max(1, Math.round(count)) }, (_, index) => make(index));
  const inTurn = Math.min(mostInTurn, requests * 0.15);
  const slowClients = Math.min(mostSlow, requests * 0.05);
  const disturbed = (share: number, disturb: (index: number) => Move) =>
    times((requests * share) / 2, (index) => [disturb(index), anyone()]).flat();
  return {
    'in turn': {
      collection,
      atOnce: 1,
      moves: times(inTurn, (index) =>
        listing(turn(index, parties), Math.floor(index / (parties + 1)) % 2 === 0),
      ),
    },
    'at once': { collection, atOnce, moves: times(requests * 0.65 - inTurn - 2 * slowClients, anyone) },
    'among failing requests': {
      collection,
      atOnce: atOnceDisturbed,
      moves: disturbed(0.2, (index) => ({
        kind: 'wrong',
        party: pick(parties),
        ask: blend.wrong[index % blend.wrong.length] ?? { path: collection.path },
      })),
    },
    'among clients that hang up': {
      collection,
      atOnce: atOnceDisturbed,
      moves: disturbed(0.15, () => ({
        kind: 'hang up',
        party: pick(parties),
        after: Math.floor(random() * 1.5 * blend.latency),
      })),
    },
    'among slow clients': {
      collection,
      atOnce: atOnceSlow,
      moves: times(slowClients, (index) => [
        slowClient(index, pick(parties), blend.latency),
        anyone(),
      ]).flat(),
    },
    ...(timingOut !== null && {
      'among requests that time out': {
        collection,
        atOnce: atOnceDisturbed,
        moves: times(timeouts(timingOut.latency), () => [
          { kind: 'wrong' as const, party: pick(parties), ask: timingOut.ask },
          ...times(3, anyone),
        ]).flat(),
      },
    }),
  };
}

/** Half of them come through in the end; the others are gone within the head, or within the body. */
function slowClient(index: number, party: number, latency: number): Move {
  const pause = Math.max(slow.least, Math.min(slow.most, Math.ceil(latency) * (1 + (index % 3))));
  if (index % 2 === 0) return { kind: 'slow', party, pause };
  return { kind: 'break off', party, part: index % 4 === 1 ? 'head' : 'body', after: pause };
}

function timeouts(latency: number): number {
  return Math.max(2, Math.min(10, Math.floor(timeForTimeouts / Math.max(1, latency))));
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
