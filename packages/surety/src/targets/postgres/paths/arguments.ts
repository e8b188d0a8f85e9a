import { randomInt, randomUUID } from 'node:crypto';
import type { Callable, Input } from './functions.ts';
import type { Marks, OwnedKey } from './marks.ts';

/** What somebody has to know to make a call: nothing, a key that the API hands about, or what a tenant is called. */
export type Knowledge = 'nothing' | 'key' | 'name';

/** The arguments of one call, as text. */
export type Call = {
  readonly values: readonly string[];
  readonly knows: Knowledge;
  /** The same for things that nobody has: a call that is answered otherwise tells that the owner's exist. */
  stranger(): readonly string[];
};

type Choice = { readonly value: string; readonly knows: Knowledge };

const most = 16;

/** Calls that ask for the owner's things, `null` where an input cannot be filled. */
export function callsOf(
  { inputs, defaults }: Callable,
  marks: Marks,
  tenant: string,
): readonly Call[] | null {
  const required = inputs.length - defaults;
  const choices: (readonly Choice[])[] = [];
  for (const [place, input] of inputs.entries()) {
    const found = choicesFor(input, marks, tenant);
    if (found.length > 0) choices.push(found);
    else if (place >= required) break;
    else return null;
  }
  return combined(choices)
    .slice(0, most)
    .map((picked) => ({
      values: picked.map(({ value }) => value),
      knows: hardest(picked.map(({ knows }) => knows)),
      stranger: () => picked.map(({ value, knows }) => (knows === 'nothing' ? value : unlike(value))),
    }));
}

/** All pairs of the first choices before rarer ones: `is_member(space, user)` wants the two that belong together. */
function combined(choices: readonly (readonly Choice[])[]): readonly (readonly Choice[])[] {
  const all = choices.reduce<readonly { readonly picked: readonly Choice[]; readonly depth: number }[]>(
    (made, next) =>
      made
        .flatMap(({ picked, depth }) =>
          next.map((choice, rank) => ({ picked: [...picked, choice], depth: depth + rank })),
        )
        .sort((a, b) => a.depth - b.depth)
        .slice(0, most * 4),
    [{ picked: [], depth: 0 }],
  );
  return all.map(({ picked }) => picked);
}

function hardest(all: readonly Knowledge[]): Knowledge {
  return all.includes('name') ? 'name' : all.includes('key') ? 'key' : 'nothing';
}

const whole = new Set(['int2', 'int4', 'int8']);
const texts = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);

function choicesFor(input: Input, marks: Marks, tenant: string): readonly Choice[] {
  const { base, category } = input;
  const element = category === 'A' ? base.replace(/^_/, '') : null;
  if (element !== null) {
    const inner = choicesFor(
      { ...input, base: element, category: element === 'uuid' ? 'U' : 'S' },
      marks,
      tenant,
    );
    return inner
      .filter(({ value }) => /^[\w@.-]+$/.test(value))
      .map(({ value, knows }) => ({ value: `{"${value}"}`, knows }));
  }
  if (base === 'uuid') return keysFor(input, marks, (key) => key.column.base === 'uuid');
  if (whole.has(base)) return numbersFor(input, marks);
  if (texts.has(base)) return textsFor(input, marks, tenant);
  const plain = plainOf(input);
  return plain === null ? [] : [{ value: plain, knows: 'nothing' }];
}

/** Keys of the owner, those of the table that the input is named after first; one table gives one. */
function keysFor({ name }: Input, { keys }: Marks, fits: (key: OwnedKey) => boolean): readonly Choice[] {
  const fitting = keys.filter(fits);
  const first = fitting.filter(
    ({ table }, place) => fitting.findIndex((other) => other.table.oid === table.oid) === place,
  );
  const meant = first.filter(({ table }) => isNamedAfter(name, table.name));
  return [...new Set([...meant, ...first].map(({ value }) => value))]
    .slice(0, 6)
    .map((value) => ({ value, knows: 'key' }));
}

/** `p_account_id` is named after `accounts`. */
function isNamedAfter(input: string, table: string): boolean {
  const words = input
    .toLowerCase()
    .split(/_+/)
    .filter((word) => word.length > 2);
  const name = table.toLowerCase();
  return words.some((word) => name === word || name === `${word}s` || name === `${word}es`);
}

const amount = /limit|size|count|max|days|number|page|top|_n$|^n$/i;

function numbersFor(input: Input, marks: Marks): readonly Choice[] {
  if (amount.test(input.name)) return [{ value: '100', knows: 'nothing' }];
  if (/offset|skip/i.test(input.name)) return [{ value: '0', knows: 'nothing' }];
  const keys = keysFor(input, marks, ({ column }) => whole.has(column.base));
  return [...keys, { value: '100', knows: 'nothing' }];
}

/** What the tenant is called; its keys as text; and what somebody tries who knows nothing: everything, or the beginning. */
function textsFor(input: Input, { names, keys }: Marks, tenant: string): readonly Choice[] {
  const [name] = names;
  const own = keys.filter(
    ({ column, value }) =>
      column.category === 'S' && !names.includes(value) && isNamedAfter(input.name, column.name),
  );
  const part = name === undefined ? [] : [name.slice(0, Math.ceil(name.length / 2))];
  return [
    ...names.slice(0, 2).map((value): Choice => ({ value, knows: 'name' })),
    { value: '%', knows: 'nothing' },
    { value: '', knows: 'nothing' },
    ...part.flatMap((value): readonly Choice[] => [
      { value, knows: 'nothing' },
      { value: `${value}%`, knows: 'nothing' },
    ]),
    { value: tenant, knows: 'key' },
    ...[...new Set(own.map(({ value }) => value))]
      .slice(0, 2)
      .map((value): Choice => ({ value, knows: 'key' })),
  ];
}

function plainOf({ name, base, category }: Input): string | null {
  if (base === 'json' || base === 'jsonb') return '{}';
  if (category === 'B') return 'true';
  if (category === 'N') return '100';
  if (base === 'date' || base.startsWith('timestamp')) {
    return /to|until|end|before/i.test(name) ? '2999-01-01' : '2000-01-01';
  }
  return base === 'interval' ? '1000 years' : null;
}

/** A value of the same form that nobody has. */
function unlike(value: string): string {
  if (/^\{".*"\}$/.test(value)) return `{"${unlike(value.slice(2, -2))}"}`;
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)) return randomUUID();
  if (/^\d+$/.test(value)) return String(randomInt(1_500_000_000, 2_100_000_000));
  const [local = '', ...domain] = value.split('@');
  const letters = local.replaceAll(/[a-z]/gi, () => String.fromCharCode(97 + randomInt(26)));
  return [letters.replaceAll(/\d/g, () => String(randomInt(10))), ...domain].join('@');
}
