import type { Attempt } from '@surety/evidence';
import { control, supports } from '../../core/control.ts';
import { BlindError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import type { HttpCollection } from '../../targets/http/facts.ts';
import { interleave, type Listing, wrongAsks } from '../../targets/http/interleaved.ts';
import { mixes } from '../../targets/http/mixes.ts';
import type { HttpSession } from '../../targets/http/session.ts';
import type { HttpTarget } from '../../targets/http/target.ts';
import type { Ownership } from '../../targets/postgres/tenancy/whose.ts';
import type { PostgresTarget } from '../../targets/postgres/types.ts';

/** Answers to nobody that show nothing: turned down, sent to the sign-in page, or an empty list. */
const nothingShown = ['401', '403', '302', '303', '307', '0 rows'];

export default control({
  claim: 'Every request runs as the tenant who sent it, whatever runs beside and before it',
  why: 'A context that sticks to a pooled connection, or that the API never sets, makes perfect policies worthless.',
  requirements: [
    supports('tsc:CC6.1', 'limits access to own data, on the way through the API as well'),
    supports(
      'phase7:rls.context-per-request',
      'requests of several tenants, mixed in every way, each see their own rows',
    ),
    supports('phase7:checklist.rls.context-middleware', 'nobody could see a row if the API did not set it'),
    supports('phase7:rls.isolation', 'the API sets the variable that the policies read, for each request'),
    supports('phase7:isolation.spaces', 'where spaces are among the collections'),
    supports('phase7:isolation.accounts', 'where accounts are among the collections'),
  ],
  targets: { api: 'http', db: 'postgres' },
  touch: 'nothing',
  timeout: 300_000,
  async prove({ api, db }, see) {
    const collections = await see.population('collections', {
      items: api.collections,
      how: 'the estate',
      recount: { how: 'their paths', count: new Set(api.collections.map(({ path }) => path)).size },
    });
    const parties = await see.population('actors', {
      items: await Promise.all(api.actors.map(({ name }) => api.as(name))),
      how: 'actors who signed in',
      recount: { how: 'the estate', count: api.actors.length },
    });
    const share = Math.floor(api.requests / Math.max(1, collections.length));
    for (const collection of collections) await proveCollection({ api, db, parties, see, collection, share });
  },
});

type Scope = {
  readonly api: HttpTarget;
  readonly db: PostgresTarget;
  readonly parties: readonly HttpSession[];
  readonly see: See;
  readonly collection: HttpCollection;
  /** How many requests this collection may cost. */
  readonly share: number;
};

async function proveCollection(scope: Scope): Promise<void> {
  const { api, db, parties, see, collection, share } = scope;
  const { path, table } = collection;
  if (table === undefined) {
    see.blind(path, 'the estate does not say which table is behind it', {
      hint: `add table to the collection ${path}`,
    });
    return;
  }
  try {
    const truth = await db.ownership(table);
    const alone = await lookAlone(scope, truth);
    if (alone === null) return;
    const wrong = wrongAsks(collection, api.probes.failing);
    const blend = { collection, requests: share, parties: parties.length, latency: alone.latency, wrong };
    for (const [when, mix] of Object.entries(mixes(blend))) {
      await judgeMix(scope, truth, `${path} ${when}`, await interleave(api, parties, mix), alone.withRows);
    }
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    see.blind(path, error.message, { hint: error.hint });
  }
}

type Alone = {
  /** Milliseconds that the slowest answer took. */
  readonly latency: number;
  /** Numbers of the parties who have rows, and saw them. */
  readonly withRows: ReadonlySet<number>;
};

/**
 * The witness: each party by itself sees its own rows and no others. `null` when there is nothing more to learn,
 * because that failed or because the rows do not tell tenants apart.
 */
async function lookAlone({ parties, see, collection }: Scope, truth: Ownership): Promise<Alone | null> {
  const seen: { session: HttpSession; ids: readonly string[]; latency: number; count: number }[] = [];
  for (const session of parties) {
    const began = performance.now();
    const ids = await session.list(collection);
    seen.push({ session, ids, latency: performance.now() - began, count: await truth.count(session.tenant) });
  }
  const { path } = collection;
  let crossed = 0;
  let blank = 0;
  let unmatched = 0;
  for (const { session, ids, count } of seen) {
    const { rows, own, foreign } = await truth.sort(session.tenant, ids);
    if (foreign.size > 0) crossed += 1;
    const strange = ids.filter((id) => !rows.has(id)).length;
    unmatched += strange;
    // Ids that cannot be looked up show neither own rows nor that there are none.
    if (count === 0 || strange > 0) continue;
    if (own.size === 0) blank += 1;
    see.must(`${path}: ${session.actor} sees own rows`, ownRows(collection, session.actor, own.size, count), {
      hint: 'set the tenant with set_config(…, true) in the transaction of each query',
    });
  }
  seeNone(see, `${path} alone: rows of other tenants`, crossed, seen.length);
  if (unmatched > 0) {
    see.blind(
      `${path}: ids`,
      `${unmatched} of ${seen.flatMap(({ ids }) => ids).length} are no row of ${truth.table}`,
      {
        hint: 'mend the collection: id must be the field with the key, table the table behind it',
      },
    );
  }
  if (crossed > 0 || blank > 0 || unmatched > 0) return null;
  const tellApart = await tellingApart(
    seen.filter(({ count }) => count > 0),
    truth,
  );
  if (tellApart.size < 2) {
    see.blind(
      `${path}: actors`,
      `${tellApart.size} tenants have rows of their own in ${truth.table}, 2 are needed`,
      {
        hint: 'add an actor of another tenant who has rows, or seed some',
      },
    );
    return null;
  }
  return {
    latency: Math.max(...seen.map(({ latency }) => latency)),
    withRows: new Set(seen.flatMap(({ count }, party) => (count > 0 ? [party] : []))),
  };
}

function ownRows({ path }: HttpCollection, actor: string, own: number, count: number): Attempt {
  return {
    act: `GET ${path}`,
    actor,
    result: own > 0 ? 'done' : 'refused',
    detail: own > 0 ? `${own} own rows` : `0 of ${count} own rows`,
    method: 'attack',
  };
}

/** Tenants who were shown a row that another of them does not have. Without two, a mix-up would not show. */
async function tellingApart(
  seen: readonly { readonly session: HttpSession; readonly ids: readonly string[] }[],
  truth: Ownership,
): Promise<ReadonlySet<string>> {
  const tenants = new Set<string>();
  for (const { session, ids } of seen) {
    for (const { session: other } of seen) {
      if (other.tenant === session.tenant || ids.length === 0) continue;
      if ((await truth.sort(other.tenant, ids)).foreign.size > 0) tenants.add(session.tenant);
    }
  }
  return tenants;
}

async function judgeMix(
  { parties, see, collection }: Scope,
  truth: Ownership,
  subject: string,
  listings: readonly Listing[],
  withRows: ReadonlySet<number>,
): Promise<void> {
  let [answers, crossed, expected, blank] = [0, 0, 0, 0];
  for (const [party, { tenant }] of parties.entries()) {
    const shown = listings.flatMap((one) => (one.party === party && one.ids !== null ? [one.ids] : []));
    const { own, foreign } = await truth.sort(tenant, shown.flat());
    answers += shown.length;
    crossed += shown.filter((ids) => ids.some((id) => foreign.has(id))).length;
    if (!withRows.has(party)) continue;
    expected += shown.length;
    blank += shown.filter((ids) => !ids.some((id) => own.has(id))).length;
  }
  if (answers === 0) see.blind(subject, 'no answer at all');
  else seeNone(see, `${subject}: rows of other tenants`, crossed, answers);
  if (expected > 0) seeNone(see, `${subject}: own rows missing`, blank, expected);
  seeNobody(see, collection, subject, listings);
  seeTroubles(see, subject, listings);
}

function seeNone(see: See, subject: string, found: number, of: number): void {
  see.must(subject, found === 0, {
    method: 'attack',
    want: `in 0 of ${of} answers`,
    got: `in ${found} of ${of} answers`,
    hint: 'take one connection per request, and set the tenant on it with set_config(…, true) in its transaction',
  });
}

/** What was shown to nobody, each kind of answer once. */
function seeNobody(see: See, { path }: HttpCollection, subject: string, listings: readonly Listing[]): void {
  const answers = listings.filter(({ party, trouble }) => party === null && trouble === null);
  const leaks = answers.filter(({ ids }) => ids !== null && ids.length > 0);
  const tried = { act: `GET ${path}`, actor: 'nobody', method: 'attack' } as const;
  if (leaks.length > 0) {
    const detail = `rows in ${leaks.length} of ${answers.length} answers`;
    see.refused(
      `${subject}: nobody signed in`,
      { ...tried, result: 'done', detail },
      { because: nothingShown },
    );
    return;
  }
  const details = new Set(answers.map(({ ids, status }) => (ids === null ? String(status) : '0 rows')));
  for (const detail of details) {
    see.refused(
      `${subject}: nobody signed in`,
      { ...tried, result: 'refused', detail },
      { because: nothingShown },
    );
  }
  if (details.size === 0) see.blind(`${subject}: nobody signed in`, 'no answer at all');
}

/** Listings that show neither that contexts are kept apart nor that they are not. */
function seeTroubles(see: See, subject: string, listings: readonly Listing[]): void {
  const troubled = listings.flatMap(({ party, status, ids, trouble }) => {
    if (trouble !== null) return [trouble];
    return party !== null && ids === null ? [`answered ${status}`] : [];
  });
  const [first] = troubled;
  if (first === undefined) return;
  see.blind(subject, `${troubled.length} of ${listings.length} answers were none: ${first}`, {
    hint: 'run it when the service is well and lets us through, or lower requests of the http target',
  });
}
