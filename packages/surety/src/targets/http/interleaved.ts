import { BlindError } from '../../core/error.ts';
import type { HttpAnswer, HttpAsk } from './answer.ts';
import type { HttpCollection, HttpProbes } from './facts.ts';
import { type HttpSession, idsIn } from './session.ts';
import type { RequestPart } from './slow-client.ts';
import type { HttpTarget } from './target.ts';

/** What one party does in the mix. */
export type Move =
  /** Lists the collection. `party` is an actor's number, or `null` for nobody, who may show a made-up token. */
  | { readonly kind: 'list'; readonly party: number | null; readonly forged: boolean }
  /** Sends a request that the service cannot carry out. */
  | { readonly kind: 'wrong'; readonly party: number; readonly ask: HttpAsk }
  /** Lists the collection and hangs up so many milliseconds later. */
  | { readonly kind: 'hang up'; readonly party: number; readonly after: number }
  /** Lists it as a client on a bad line: sends a body in pieces, and reads the answer late. */
  | { readonly kind: 'slow'; readonly party: number; readonly pause: number }
  /** Sends a part of the request, waits so many milliseconds and is gone. */
  | {
      readonly kind: 'break off';
      readonly party: number;
      readonly part: RequestPart;
      readonly after: number;
    };

/** What a listing in the mix showed, to whom. */
export type Listing = {
  readonly party: number | null;
  /** `null`: it was turned down, or something came in between. */
  readonly ids: readonly string[] | null;
  /** `200`, `401`; `null` where no answer came. */
  readonly status: number | null;
  /** Why nobody can say what the service would have shown: `http/429: … answered 429`. */
  readonly trouble: string | null;
};

export type Mix = {
  readonly collection: HttpCollection;
  readonly moves: readonly Move[];
  /** How many moves are made at the same time. */
  readonly atOnce: number;
};

/** A mix is broken off after so many listings that nobody could judge: the service is not well, or does not want us. */
const patience = 20;

/** Makes the moves, in order and `atOnce` at a time, and gives what each listing showed. */
export async function interleave(
  api: Pick<HttpTarget, 'request'>,
  sessions: readonly HttpSession[],
  { collection, moves, atOnce }: Mix,
): Promise<readonly Listing[]> {
  const listings: Listing[] = [];
  const left = moves.values();
  let troubles = 0;
  const work = async () => {
    for (const move of left) {
      if (troubles >= patience) return;
      const listing = await make(api, sessions, collection, move);
      if (listing === null) continue;
      if (listing.trouble !== null) troubles += 1;
      listings.push(listing);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return listings;
}

async function make(
  api: Pick<HttpTarget, 'request'>,
  sessions: readonly HttpSession[],
  collection: HttpCollection,
  move: Move,
): Promise<Listing | null> {
  const who = move.party === null ? null : sessions[move.party];
  if (who === undefined) throw new Error(`there is no party ${move.party}`);
  switch (move.kind) {
    case 'list':
      return list(who ?? api, collection, move);
    case 'wrong':
      // What it answers is no concern of ours, only what it leaves behind.
      await who?.request({ ...move.ask, accept: fromBetween }).catch(tolerate);
      return null;
    case 'hang up':
      await who?.hangUp({ path: collection.path, accept: fromBetween }, move.after).catch(tolerate);
      return null;
    case 'break off':
      await who?.breakOff({ path: collection.path }, move.part, move.after).catch(tolerate);
      return null;
    case 'slow': {
      const ask = { path: collection.path, accept: fromBetween };
      const answer = await who?.slowly(ask, move.pause).catch(tolerate);
      // A service may turn a GET with a body down, or have no patience. What it shows is a listing like any other.
      return answer?.status === 200 ? listingOf(move.party, collection, answer) : null;
    }
  }
}

/** Statuses that mean that nobody looked, where that bears on nothing. */
const fromBetween = [429, 502, 503, 504];

async function list(
  who: Pick<HttpTarget, 'request'>,
  collection: HttpCollection,
  { party, forged }: { readonly party: number | null; readonly forged: boolean },
): Promise<Listing> {
  const headers = forged ? { authorization: 'Bearer surety-made-up' } : {};
  try {
    return listingOf(party, collection, await who.request({ path: collection.path, headers }));
  } catch (error) {
    return notListed(party, error);
  }
}

function listingOf(party: number | null, collection: HttpCollection, answer: HttpAnswer): Listing {
  const { status } = answer;
  if (status >= 300 && status < 500) return { party, ids: null, status, trouble: null };
  try {
    return { party, ids: idsIn(collection, answer), status, trouble: null };
  } catch (error) {
    return notListed(party, error);
  }
}

function notListed(party: number | null, error: unknown): Listing {
  if (!(error instanceof BlindError)) throw error;
  return { party, ids: null, status: null, trouble: error.message };
}

function tolerate(error: unknown): null {
  if (!(error instanceof BlindError)) throw error;
  return null;
}

/**
 * Requests on a collection that pass the session and then fail: in the parser, in a validation, in the query.
 * All are GETs, so that none can change anything, but the one that the estate vouches for.
 */
export function wrongAsks(
  { path }: HttpCollection,
  { failing, violating }: Pick<HttpProbes, 'failing' | 'violating'>,
): readonly HttpAsk[] {
  const bare = path.split('?', 1)[0] ?? path;
  return [
    { path: `${bare}/surety-no-such-id` },
    { path: `${bare}/%00` },
    { path: `${bare}/%27` },
    { path: `${bare}?limit=-1` },
    { path: `${bare}?limit=surety&offset=surety&page=surety` },
    { path: `${bare}?cursor=%00%27&after=%00%27&sort=%27&filter=%7B` },
    { path, body: '{', headers: { 'content-type': 'application/json' } },
    { path, headers: { accept: 'application/x-surety-unknown', 'accept-encoding': 'surety' } },
    ...(failing === undefined ? [] : [{ path: failing }]),
    ...(violating === undefined ? [] : [violatingAsk(violating)]),
  ];
}

/** The request that the database refuses, as it is sent. */
export function violatingAsk({ method, path, body }: NonNullable<HttpProbes['violating']>): HttpAsk {
  if (body === undefined || body === null) return { method, path };
  return { method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
