import { withoutComments } from './document.ts';

/** What a word in a status column or a box says. */
export type Meaning = 'done' | 'in-progress' | 'todo' | 'not-applicable' | 'unrecognised';

const words: ReadonlyMap<string, Exclude<Meaning, 'unrecognised'>> = new Map([
  ...named(
    'done',
    'done, complete, completed, closed, yes, implemented, finished, pass, passed, x, ✅, ✓, ✔, ☑',
  ),
  ...named('in-progress', 'in progress, wip, started, ongoing, partial, partly, partially done, 🚧, 🟡, ⏳'),
  ...named(
    'todo',
    'todo, to do, open, pending, not started, not done, planned, backlog, missing, incomplete, no',
  ),
  ...named('todo', '❌, ☐, ✗, 🔴'),
  ...named('not-applicable', 'n/a, na, not applicable'),
]);

function named(
  meaning: Exclude<Meaning, 'unrecognised'>,
  list: string,
): [string, Exclude<Meaning, 'unrecognised'>][] {
  return list.split(', ').map((word) => [word, meaning]);
}

/** What a status says, whatever its emphasis, case, sign in front and dashes. */
export function meaningOf(status: string): Meaning {
  if (status.length > 100) return 'unrecognised';
  const bare = withoutComments(status)
    .replace(/[*~`_]/g, '')
    .replace(/\uFE0F/g, '')
    .trim()
    .toLowerCase();
  const box = /^\[(.)\]$/u.exec(bare);
  if (box !== null) return box[1] === ' ' ? 'todo' : (words.get(box[1] ?? '') ?? 'unrecognised');
  const spaced = bare
    .replace(/(?<=\p{L})[-\s]+(?=\p{L})/gu, ' ')
    .replace(/[.!:]+$/, '')
    .trim();
  const known = words.get(spaced);
  if (known !== undefined) return known;
  return words.get(spaced.replace(/^[^\p{L}\p{N}]+/u, '')) ?? 'unrecognised';
}

/** Claims counted. */
export type ClaimCounts = {
  readonly lines: number;
  readonly done: number;
  readonly inProgress: number;
  readonly todo: number;
  readonly notApplicable: number;
  readonly unrecognised: number;
  /** Whole percent that is done, of all lines. */
  readonly percent: number;
};

export function countClaims(claims: readonly Meaning[]): ClaimCounts {
  const of = (meaning: Meaning): number => claims.filter((claim) => claim === meaning).length;
  return {
    lines: claims.length,
    done: of('done'),
    inProgress: of('in-progress'),
    todo: of('todo'),
    notApplicable: of('not-applicable'),
    unrecognised: of('unrecognised'),
    percent: percent(of('done'), claims.length),
  };
}

export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((100 * part) / whole);
}
