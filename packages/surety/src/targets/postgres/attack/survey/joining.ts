import type { Seen } from './beyond.ts';
import type { OfTenants } from './every-tenant.ts';
import type { Kept } from './keeping.ts';
import type { Lapsed } from './lapsed.ts';
import type { Promotion } from './promotions.ts';
import type { Shadowed } from './shadows.ts';

/** Of one table in one round only: nothing is said twice. */
function joined<T>(maps: readonly ReadonlyMap<number, T>[]): ReadonlyMap<number, T> {
  return new Map(maps.flatMap((map) => [...map]));
}

export function joinSeen(all: readonly Seen[]): Seen {
  return {
    beyond: joined(all.map(({ beyond }) => beyond)),
    failed: joined(all.map(({ failed }) => failed)),
  };
}

export function joinTenants(all: readonly OfTenants[]): OfTenants {
  return { ...joinSeen(all), tenants: joined(all.map(({ tenants }) => tenants)) };
}

export function joinKept(all: readonly Kept[]): Kept {
  return {
    stale: new Set(all.flatMap(({ stale }) => [...stale])),
    failed: joined(all.map(({ failed }) => failed)),
  };
}

/** Temporary tables can be made in every round, or in none. */
export function joinShadows(all: readonly Shadowed[]): Shadowed {
  const seen = all.filter((one): one is Seen => typeof one !== 'string');
  return seen.length > 0 ? joinSeen(seen) : (all[0] ?? joinSeen([]));
}

export function joinLapsed(rounds: readonly (readonly Lapsed[])[]): readonly Lapsed[] {
  const all = rounds.flat();
  return [...new Set(all.map(({ what }) => what))].map((what) => {
    const same = all.filter((one) => one.what === what);
    return {
      what,
      members: Math.max(...same.map(({ members }) => members)),
      seen: joinTenants(same.map(({ seen }) => seen)),
    };
  });
}

/** Each round tries the same ones, in the same order. */
export function joinPromotions(rounds: readonly (readonly Promotion[])[]): readonly Promotion[] {
  const [first = []] = rounds;
  return first.map((promotion, place) => {
    const same = rounds.flatMap((round) => round[place] ?? []);
    const seen = same.flatMap((one) => one.seen ?? []);
    return seen.length === 0 ? promotion : { ...promotion, seen: joinSeen(seen) };
  });
}
