import type { Attempt } from '@surety/evidence';
import { control, supports } from '../../core/control.ts';
import { BlindError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import type { HttpAsk } from '../../targets/http/answer.ts';
import type { HttpCollection, HttpProbes } from '../../targets/http/facts.ts';
import { interleave, type Listing, violatingAsk, wrongAsks } from '../../targets/http/interleaved.ts';
import { type Blend, mixes } from '../../targets/http/mixes.ts';
import type { HttpSession } from '../../targets/http/session.ts';
import type { HttpTarget } from '../../targets/http/target.ts';
import { atRest } from '../../targets/postgres/tenancy/at-rest.ts';
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
  // `probes.violating`, where the estate names one, is rolled back by the service itself. All else is read.
  touch: 'rollback',
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
    const common = { api, db, parties, see, share, disturbances: await tryDisturbances(api, parties, see) };
    const shown: Shown[] = [];
    for (const collection of collections) shown.push(await proveCollection({ ...common, collection }));
    await seeUnset(db, see, shown);
    const [first] = collections;
    if (first !== undefined) await seeAtRest(common, first.path);
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
  readonly disturbances: Disturbances;
};

type Disturbances = Pick<HttpProbes, 'failing' | 'violating'> & Pick<Blend, 'timingOut'>;

/** What a collection showed to those who have rows in it. */
type Shown = {
  readonly table: string | null;
  /** Parties who have rows, and how many of them saw one. */
  readonly owners: number;
  readonly served: number;
};

/** Sends once what the estate says of itself that it fails, so that nothing is relied on that does not. */
async function tryDisturbances(
  { probes: { failing, slow, violating } }: HttpTarget,
  [party]: readonly HttpSession[],
  see: See,
): Promise<Disturbances> {
  const refusal = await tryOnce(party, violating && violatingAsk(violating));
  if (refusal !== null && refusal.status < 400) {
    see.blind('probes.violating', `answered ${refusal.status}: the database was to refuse it`, {
      hint: 'name a request that breaks a constraint whoever sends it, and undo what this one did',
    });
  }
  const late = await tryOnce(party, slow === undefined ? undefined : { path: slow });
  if (late !== null && late.status < 400) {
    see.blind('probes.slow', `answered ${late.status}: the service was to break it off`, {
      hint: 'name a GET that takes longer than the service lets a statement take, or leave it out',
    });
  }
  if (late === null)
    see.note('requests that time out', 'not tried: the estate names no GET that does (probes.slow)');
  const times = slow !== undefined && late !== null && late.status >= 400;
  return {
    ...(failing !== undefined && { failing }),
    ...(violating !== undefined && refusal !== null && refusal.status >= 400 && { violating }),
    timingOut: times ? { ask: { path: slow }, latency: late.latency } : null,
  };
}

async function tryOnce(party: HttpSession | undefined, ask: HttpAsk | undefined) {
  if (party === undefined || ask === undefined) return null;
  const began = performance.now();
  const { status } = await party.request({ ...ask, accept: [429, 502, 503, 504] });
  return { status, latency: performance.now() - began };
}

/**
 * The state that looks like safety: policies on, and nobody says who asks. Everything is empty for everybody, and no
 * row is lacking in the database.
 */
async function seeUnset(db: PostgresTarget, see: See, shown: readonly Shown[]): Promise<void> {
  const tried = shown.filter(({ owners }) => owners > 0);
  const tables = tried.flatMap(({ table }) => table ?? []);
  if (tried.length === 0 || tried.some(({ served }) => served > 0)) return;
  const { items } = await db.relations();
  const guarded = items.filter(
    ({ schema, name, rowSecurity, policies }) =>
      tables.some((table) => table === `${schema}.${name}` || table === name) &&
      rowSecurity.enabled &&
      policies.some(({ asksForTenant }) => asksForTenant),
  );
  see.must('the tenant of a request', false, {
    method: 'attack',
    want: 'everybody sees own rows',
    got:
      guarded.length > 0
        ? `every list is empty for everybody, though there are rows: policies wait for ${db.setting()}, and the API does not set it where it asks`
        : 'every list is empty for everybody, though there are rows and no policy hides them: the API shows nothing',
    hint: `set it for each request, in the transaction of its queries: select set_config('${db.setting()}', $1, true)`,
  });
}

/** A client hangs up halfway, and then nothing may be left: no transaction, and so no context, on any connection. */
async function seeAtRest({ db, parties, see }: Omit<Scope, 'collection'>, path: string): Promise<void> {
  const subject = 'connections at rest';
  const [party] = parties;
  const whole = await tryOnce(party, { path });
  if (party === undefined || whole === null) return;
  const { user } = await db.session();
  let connections = 0;
  let leftOpen = 0;
  let sent = 0;
  try {
    for (const share of [0.2, 0.4, 0.6, 0.8, 1, 1.5]) {
      await party
        .hangUp({ path, accept: [429, 502, 503, 504] }, Math.ceil(whole.latency * share))
        .then(() => (sent += 1), ignoreBlindness);
      const rest = await atRest(db, user, whole.latency);
      connections = Math.max(connections, rest.connections);
      leftOpen = Math.max(leftOpen, rest.leftOpen);
      if (leftOpen > 0) break;
    }
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    return see.blind(subject, error.message, { method: 'attack', hint: error.hint });
  }
  if (sent === 0)
    return see.blind(subject, 'no request went out that a client could hang up', { method: 'attack' });
  if (connections === 0) {
    // Of a service that connects anew for each request nothing rests, and it looks the same.
    return see.blind(subject, `none of ${user} in this database`, {
      method: 'attack',
      hint: 'let url of the database name the role and the database that the service connects with, and let it keep its connections',
    });
  }
  see.must(`${subject}: transactions left open`, leftOpen === 0, {
    method: 'attack',
    want: `in none of ${connections}`,
    got: leftOpen === 0 ? `in none of ${connections}` : `in ${leftOpen} of ${connections}`,
    hint: 'end the transaction however the request ends: its tenant is still set for whoever gets the connection next',
  });
}

function ignoreBlindness(error: unknown): void {
  if (!(error instanceof BlindError)) throw error;
}

async function proveCollection(scope: Scope): Promise<Shown> {
  const { api, db, parties, see, collection, share, disturbances } = scope;
  const { path, table } = collection;
  const nothing = { table: table ?? null, owners: 0, served: 0 };
  if (table === undefined) {
    see.blind(path, 'the estate does not say which table is behind it', {
      hint: `add table to the collection ${path}`,
    });
    return nothing;
  }
  try {
    const truth = await db.ownership(table);
    const alone = await lookAlone(scope, truth);
    if (!alone.tellsApart) return { ...nothing, ...alone };
    const { latency, withRows } = alone;
    const wrong = wrongAsks(collection, disturbances);
    const { timingOut } = disturbances;
    const blend = { collection, requests: share, parties: parties.length, latency, wrong, timingOut };
    for (const [when, mix] of Object.entries(mixes(blend))) {
      await judgeMix(scope, truth, `${path} ${when}`, await interleave(api, parties, mix), withRows);
    }
    return { ...nothing, ...alone };
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    see.blind(path, error.message, { hint: error.hint });
    return nothing;
  }
}

type Alone = Pick<Shown, 'owners' | 'served'> & {
  /** Milliseconds that the slowest answer took. */
  readonly latency: number;
  /** Numbers of the parties who have rows, and saw them. */
  readonly withRows: ReadonlySet<number>;
  /** Whether there is more to learn: each saw its own rows and no others, and a mix-up of any two would show. */
  readonly tellsApart: boolean;
};

type Seen = {
  readonly session: HttpSession;
  readonly ids: readonly string[];
  readonly latency: number;
  /** How many rows the database has for this party. */
  readonly count: number;
};

/** The witness: each party by itself sees its own rows and no others. */
async function lookAlone({ parties, see, collection }: Scope, truth: Ownership): Promise<Alone> {
  const seen: Seen[] = [];
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
  const owners = seen.filter(({ count }) => count > 0).length;
  const sound = crossed === 0 && blank === 0 && unmatched === 0;
  return {
    owners,
    served: owners - blank,
    latency: Math.max(...seen.map(({ latency }) => latency)),
    withRows: new Set(seen.flatMap(({ count }, party) => (count > 0 ? [party] : []))),
    tellsApart: sound && (await tellsApart(seen, truth, path, see)),
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

/**
 * Whether a mix-up of any two tenants would show: one of them was shown a row that the other does not have. One of two
 * may have no rows at all: then rows show with the wrong one, and are missing with the other.
 */
async function tellsApart(seen: readonly Seen[], truth: Ownership, path: string, see: See): Promise<boolean> {
  const subject = `${path}: actors`;
  if (seen.every(({ count }) => count === 0)) {
    see.blind(subject, `no actor has rows in ${truth.table}: that lists are empty shows nothing`, {
      hint: 'seed rows for an actor, or name actors who have some',
    });
    return false;
  }
  const differs = async (one: Seen, other: Seen) =>
    one.ids.length > 0 && (await truth.sort(other.session.tenant, one.ids)).foreign.size > 0;
  let [apart, alike] = [0, 0];
  for (const [index, one] of seen.entries()) {
    for (const other of seen.slice(index + 1)) {
      if (one.session.tenant === other.session.tenant || one.count + other.count === 0) continue;
      if ((await differs(one, other)) || (await differs(other, one))) apart += 1;
      else alike += 1;
    }
  }
  if (apart > 0 && alike === 0) return true;
  see.blind(subject, `${alike} of ${apart + alike} pairs of tenants see the same rows of ${truth.table}`, {
    hint: 'add an actor of another tenant, who shares nothing with the others',
  });
  return false;
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
