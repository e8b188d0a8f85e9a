import type { Json } from './json.ts';
import type { Attempt, Observation } from './observation.ts';
import { everywhereLength, secretForms, shortestLength } from './secret-forms.ts';
import { secretShapes } from './secret-shapes.ts';

/** What stands where a secret was. */
export const redactedMark = '[redacted]';

/** Blacks out secrets before anything is hashed, logged, stored or printed. */
export type Redactor = {
  /**
   * Registers a secret. Six characters and more are found anywhere, also in base64, URL, JSON, HTML and hex
   * form; four and five as a whole word, as they are; fewer are not looked for, so that the caller can refuse
   * such a secret.
   */
  secret(value: string): 'anywhere' | 'whole-word' | 'too-short';
  /** The text without secrets, and how many places were blacked out. */
  redact(text: string): { readonly text: string; readonly count: number };
  /** The same for every string, key and number in a value. */
  redactJson(value: Json): { readonly value: Json; readonly count: number };
  /** The same for what was seen; what a verdict is judged by (check, method, result) stays. */
  redactObservations(observations: readonly Observation[]): {
    readonly observations: readonly Observation[];
    readonly count: number;
  };
};

type Span = readonly [start: number, end: number];

/** A redactor that knows no secret yet; texts of the shape of well-known secrets it finds by itself. */
export function createRedactor(): Redactor {
  const forms = new Set<string>();
  const words = new Map<string, RegExp>();

  const spansIn = (text: string): Span[] => {
    const spans: Span[] = [];
    for (const form of forms)
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1))
        spans.push([at, at + form.length]);
    for (const shape of [...words.values(), ...secretShapes])
      for (const match of text.matchAll(shape)) {
        const [start, end] = match.indices?.[1] ?? match.indices?.[0] ?? [0, 0];
        if (text.slice(start, end) !== redactedMark) spans.push([start, end]);
      }
    return merge(spans);
  };
  const redact = (text: string, from = 0): { text: string; count: number } => {
    const spans = spansIn(text).filter(([, end]) => end > from);
    let [clean, at] = ['', from];
    for (const [start, end] of spans) {
      clean += text.slice(at, Math.max(start, at)) + redactedMark;
      at = end;
    }
    // A shape of bounded length may end between the two halves of a character.
    return { text: (clean + text.slice(at)).toWellFormed(), count: spans.length };
  };

  return {
    secret(value) {
      const length = value.trim().length;
      if (length < shortestLength) return 'too-short';
      if (length >= everywhereLength) {
        for (const form of secretForms(value)) forms.add(form);
        return 'anywhere';
      }
      words.set(value, wholeWord(value.trim()));
      return 'whole-word';
    },
    redact: (text) => redact(text),
    redactJson(value) {
      const counter = counted(redact);
      return { value: redactValue(value, '', counter.redact), count: counter.count() };
    },
    redactObservations(observations) {
      const counter = counted(redact);
      return {
        observations: observations.map((seen) =>
          counter.sameOr(seen, () => redactObservation(seen, counter.redact)),
        ),
        count: counter.count(),
      };
    },
  };
}

/** Redacts `text` from `from` on; what stands before it only says what it is (`cookie: `). */
type Redact = (text: string, from?: number) => string;

type Counter = {
  redact: Redact;
  count: () => number;
  /** Gives `value` itself where making it clean changed nothing, so that what nobody has to black out is held once. */
  sameOr: <T>(value: T, clean: () => T) => T;
};

function counted(redact: (text: string, from?: number) => { text: string; count: number }): Counter {
  let [count, changes] = [0, 0];
  // Hints, reasons and acts come back thousands of times in what one run saw. `null`: it stays as it is.
  const known = new Map<number, Map<string, { text: string; count: number } | null>>();
  return {
    redact(text, from = 0) {
      const before = known.get(from) ?? new Map<string, { text: string; count: number } | null>();
      known.set(from, before);
      let done = before.get(text);
      if (done === undefined) {
        const clean = redact(text, from);
        done = clean.count === 0 && clean.text === text.slice(from) ? null : clean;
        before.set(text, done);
      }
      if (done === null) return from === 0 ? text : text.slice(from);
      changes += 1;
      count += done.count;
      return done.text;
    },
    count: () => count,
    sameOr(value, clean) {
      const before = changes;
      const made = clean();
      return changes === before ? value : made;
    },
  };
}

/** `key` is the name that the value stands under: a header's value is known by it. */
function redactValue(value: Json, key: string, redact: Redact): Json {
  if (typeof value === 'string') return redact(`${key}: ${value}`, key.length + 2);
  if (typeof value === 'number') {
    const text = String(value);
    const clean = redact(text);
    return clean === text ? value : clean;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((item) => redactValue(item, key, redact));
  const members: { [key: string]: Json } = {};
  for (const [name, member] of Object.entries(value)) {
    let clean = redact(name);
    while (Object.hasOwn(members, clean)) clean += '+';
    Object.defineProperty(members, clean, {
      value: redactValue(member, name, redact),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return members;
}

function redactObservation(seen: Observation, redact: Redact): Observation {
  const subject = redact(seen.subject);
  const hint = seen.hint === undefined ? {} : { hint: redact(seen.hint) };
  const json = (value: Json): Json => redactValue(value, '', redact);
  switch (seen.check) {
    case 'equal':
      return { ...seen, subject, ...hint, want: json(seen.want), got: json(seen.got) };
    case 'must':
      return { ...seen, subject, ...hint, want: redact(seen.want), got: redact(seen.got) };
    case 'allowed':
    case 'required':
      return { ...seen, subject, ...hint, attempt: redactAttempt(seen.attempt, redact) };
    case 'refused':
      return {
        ...seen,
        subject,
        ...hint,
        attempt: redactAttempt(seen.attempt, redact),
        because: seen.because.map((reason) => redact(reason)),
      };
    case 'population': {
      const recount = { how: redact(seen.recount.how), count: seen.recount.count };
      return { ...seen, subject, ...hint, how: redact(seen.how), recount };
    }
    case 'attestation':
      return { ...seen, subject, ...hint };
    case 'blind':
      return { ...seen, subject, ...hint, missing: redact(seen.missing) };
    case 'not-applicable':
      return { ...seen, subject, ...hint, reason: redact(seen.reason) };
    case 'note':
      return { ...seen, subject, ...hint, got: redact(seen.got) };
  }
}

function redactAttempt(attempt: Attempt, redact: Redact): Attempt {
  return {
    ...attempt,
    act: redact(attempt.act),
    actor: redact(attempt.actor),
    detail: redact(attempt.detail),
  };
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

function wholeWord(value: string): RegExp {
  const literal = value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`, 'dgu');
}

function merge(spans: Span[]): Span[] {
  const merged: Span[] = [];
  for (const [start, end] of spans.sort(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) merged[merged.length - 1] = [last[0], Math.max(last[1], end)];
    else merged.push([start, end]);
  }
  return merged;
}
