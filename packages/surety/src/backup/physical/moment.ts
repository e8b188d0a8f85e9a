/** A transaction that was made final, as the WAL has it. */
export type Commit = {
  /** 32 bits, as in the WAL. */
  readonly xid: number;
  /** Microseconds since 1970, by the clock of the database. */
  readonly at: number;
};

/** A moment that can be recovered to, and what shows that it was: `before` has to be there, `after` must not. */
export type Moment = {
  /** Microseconds since 1970. */
  readonly at: number;
  readonly before: Commit;
  readonly after: Commit;
};

const second = 1_000_000;

/**
 * The newest whole second between two transactions, `earliest` or later; where transactions come too thickly for one, the newest
 * moment between two. Sessions write their commits a little out of order: only a moment that parts all before it
 * from all after it is taken. `null` where there is none.
 *
 * @param commits in the order of the WAL
 */
export function chooseMoment(commits: readonly Commit[], earliest: number): Moment | null {
  const latestUpTo = running(commits, Math.max, Number.NEGATIVE_INFINITY);
  const earliestFrom = running(commits.toReversed(), Math.min, Number.POSITIVE_INFINITY).toReversed();
  const gaps = commits.flatMap((before, index) => {
    const after = commits[index + 1];
    const [past, next] = [latestUpTo[index], earliestFrom[index + 1]];
    if (after === undefined || past === undefined || next === undefined) return [];
    return next - past < 2 ? [] : [{ before, after, past: Math.max(past, earliest), next }];
  });
  const moments = gaps.flatMap(({ before, after, past, next }) => {
    const whole = Math.ceil(past / second) * second;
    const at = whole < next ? whole : past + Math.floor((next - past) / 2);
    return at < next && at >= earliest ? [{ at, before, after, whole: whole < next }] : [];
  });
  const chosen = moments.findLast(({ whole }) => whole) ?? moments.at(-1);
  return chosen === undefined ? null : { at: chosen.at, before: chosen.before, after: chosen.after };
}

/** What shows that `at` was recovered to; `null` where the WAL has no transaction on both sides of it. */
export function momentAt(commits: readonly Commit[], at: number): Moment | null {
  const next = commits.findIndex((commit) => commit.at > at);
  const before = commits[next - 1];
  const after = commits[next];
  return before === undefined || after === undefined ? null : { at, before, after };
}

function running(
  commits: readonly Commit[],
  pick: (a: number, b: number) => number,
  from: number,
): readonly number[] {
  let value = from;
  return commits.map(({ at }) => {
    value = pick(value, at);
    return value;
  });
}

/** `2026-11-22 12:26:31.000000+00`, as PostgreSQL and pgBackRest take it. */
export function timeText(micros: number): string {
  const whole = new Date(Math.floor(micros / 1000)).toISOString();
  const fraction = String(micros % second).padStart(6, '0');
  return `${whole.slice(0, 10)} ${whole.slice(11, 19)}.${fraction}+00`;
}

/** The lines of `pg_waldump -r Transaction` (in UTC) that make a transaction final. */
export function readCommits(text: string): readonly Commit[] {
  return text.split('\n').flatMap((line) => {
    const [, xid, date, time, fraction] =
      /\btx:\s*(\d+),.* desc: COMMIT (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) UTC/.exec(line) ?? [];
    if (xid === undefined) return [];
    return [{ xid: Number(xid), at: Date.parse(`${date}T${time}Z`) * 1000 + Number(fraction) }];
  });
}
