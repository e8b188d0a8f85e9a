import { canonicalize } from './canonical.ts';
import { type Attempt, type Method, methods, type Observation } from './observation.ts';

/** What a run of a control can come to. */
export const verdicts = ['pass', 'fail', 'unknown', 'not-applicable'] as const;
export type Verdict = (typeof verdicts)[number];

/** What one observation says of the claim. `neutral` says nothing: a note, a witness that held. */
export type Bearing = 'holds' | 'breaks' | 'blind' | 'excepted' | 'neutral' | 'not-applicable';

/** One observation, with what it says of the claim and why. */
export type Judged = {
  readonly observation: Observation;
  readonly bearing: Bearing;
  /** What was wanted and what was got, for people. */
  readonly want: string;
  readonly got: string;
};

/** What observations say of a claim, taken together. */
export type Judgement = {
  readonly verdict: Verdict;
  /** The weakest method among the observations that the verdict rests on; `null` where it rests on none. */
  readonly method: Method | null;
  readonly standIn: boolean;
  readonly judged: readonly Judged[];
  /** How many breaks an exception covers. A pass with one is `excepted`, never `proven`. */
  readonly excepted: number;
};

/** The subjects that accepted risks cover, as the exception records name them. */
export type ExceptedSubjects = ReadonlySet<string>;

const noExceptions: ExceptedSubjects = new Set();

/**
 * Judges observations: `fail` over `unknown` over `pass`.
 *
 * An attack that was refused counts only beside the same act done by the rightful party, and only when
 * it was refused for an expected reason; otherwise nobody knows what refused it. No observation that
 * bears on the claim is `unknown`, because nothing was examined.
 */
export function judge(
  observations: readonly Observation[],
  excepted: ExceptedSubjects = noExceptions,
): Judgement {
  const witnessed = new Set(
    observations.flatMap((seen) =>
      (seen.check === 'allowed' || seen.check === 'required') && seen.attempt.result === 'done'
        ? [seen.attempt.act]
        : [],
    ),
  );
  const judged = observations.map((observation): Judged => {
    const { bearing, want, got } = weigh(observation, witnessed);
    const forgiven = bearing === 'breaks' && excepted.has(observation.subject);
    return { observation, bearing: forgiven ? 'excepted' : bearing, want, got };
  });
  const verdict = conclude(judged.map(({ bearing }) => bearing));
  const bearings = restsOn(verdict);
  const basis = judged.filter(({ bearing }) => bearings.has(bearing)).map(({ observation }) => observation);
  return {
    verdict,
    method: weakest(basis),
    standIn: basis.some(({ standIn }) => standIn === true),
    judged,
    excepted: judged.filter(({ bearing }) => bearing === 'excepted').length,
  };
}

function conclude(bearings: readonly Bearing[]): Verdict {
  if (bearings.includes('breaks')) return 'fail';
  if (bearings.includes('blind')) return 'unknown';
  if (bearings.includes('holds') || bearings.includes('excepted')) return 'pass';
  if (bearings.includes('not-applicable')) return 'not-applicable';
  return 'unknown';
}

function restsOn(verdict: Verdict): ReadonlySet<Bearing> {
  switch (verdict) {
    case 'pass':
      return new Set<Bearing>(['holds', 'excepted']);
    case 'fail':
      return new Set<Bearing>(['breaks']);
    case 'unknown':
      return new Set<Bearing>(['blind']);
    case 'not-applicable':
      return new Set<Bearing>(['not-applicable']);
  }
}

function weakest(basis: readonly Observation[]): Method | null {
  return methods.find((method) => basis.some((seen) => seen.method === method)) ?? null;
}

function weigh(seen: Observation, witnessed: ReadonlySet<string>): Weight {
  switch (seen.check) {
    case 'equal': {
      const [want, got] = [canonicalize(seen.want), canonicalize(seen.got)];
      return { bearing: want === got ? 'holds' : 'breaks', want: plain(want), got: plain(got) };
    }
    case 'must':
      return { bearing: seen.holds ? 'holds' : 'breaks', want: seen.want, got: seen.got };
    case 'allowed':
      return {
        bearing: seen.attempt.result === 'done' ? 'neutral' : 'blind',
        want: 'done (the witness)',
        got: describe(seen.attempt),
      };
    case 'required':
      return {
        bearing: requiredBearing[seen.attempt.result],
        want: 'done',
        got: describe(seen.attempt),
      };
    case 'refused':
      return weighRefusal(seen, witnessed);
    case 'population':
      return weighPopulation(seen);
    case 'attestation':
      return weighAttestation(seen);
    case 'blind':
      return { bearing: 'blind', want: 'to look', got: seen.missing };
    case 'not-applicable':
      return { bearing: 'not-applicable', want: 'something to examine', got: seen.reason };
    case 'note':
      return { bearing: 'neutral', want: '', got: seen.got };
  }
}

const requiredBearing: Readonly<Record<Attempt['result'], Bearing>> = {
  done: 'holds',
  refused: 'breaks',
  broken: 'blind',
};

type Weight = Omit<Judged, 'observation'>;
type Of<C extends Observation['check']> = Extract<Observation, { check: C }>;

function weighRefusal(seen: Of<'refused'>, witnessed: ReadonlySet<string>): Weight {
  const { attempt, because } = seen;
  const want = because.join(' or ');
  const got = describe(attempt);
  if (attempt.result === 'done') return { bearing: 'breaks', want, got };
  if (attempt.result === 'broken') return { bearing: 'blind', want, got };
  if (!because.includes(attempt.detail))
    return { bearing: 'blind', want, got: `refused for another reason: ${attempt.detail}` };
  if (!witnessed.has(attempt.act))
    return { bearing: 'blind', want, got: `${got}, but no witness did the same act` };
  return { bearing: 'holds', want, got };
}

function weighPopulation(seen: Of<'population'>): Weight {
  const got = `${seen.count} by ${seen.how}, ${seen.recount.count} by ${seen.recount.how}`;
  if (seen.count !== seen.recount.count) return { bearing: 'blind', want: 'the same count twice', got };
  if (seen.emptyIsTheClaim) return { bearing: seen.count === 0 ? 'holds' : 'breaks', want: 'none', got };
  return { bearing: seen.count === 0 ? 'blind' : 'neutral', want: 'at least one', got };
}

function weighAttestation(seen: Of<'attestation'>): Weight {
  const want = 'a person who vouches for it';
  const { statement, at } = seen;
  if (statement === null) return { bearing: 'blind', want, got: 'waiting for a person' };
  const now = Date.parse(at);
  const valid = Date.parse(statement.from) <= now && now < Date.parse(statement.until);
  return {
    bearing: valid ? 'holds' : 'blind',
    want,
    got: `${statement.by}, ${statement.from} to ${statement.until}`,
  };
}

function describe({ result, detail }: Attempt): string {
  if (result === 'broken') return `could not be tried: ${detail}`;
  return detail;
}

/** Strings without their JSON quotes, everything else as JSON. */
function plain(canonical: string): string {
  const value: unknown = JSON.parse(canonical);
  return typeof value === 'string' ? value : canonical;
}
