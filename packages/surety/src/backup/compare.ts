import { quoted } from '../targets/postgres/name.ts';
import type { SourceFacts } from './source-facts.ts';

/** One thing that is not as it was. `null`: it is not there at all. */
export type Difference = {
  readonly kind: string;
  readonly name: string;
  readonly want: string | null;
  readonly got: string | null;
};

/** Kinds that belong to the whole server, and not to one database of it. */
const roleKinds: ReadonlySet<string> = new Set([
  'role',
  'role setting',
  'role password',
  'role comment',
  'membership',
  'parameter grants',
]);

/**
 * What of `want` is otherwise in `got`, and what `got` has besides. Both were read with the same seed.
 *
 * A restore rightly makes some differences, which are none here: roles that the server has besides, and all that is said of whoever
 * restores; an extension that is newer; sequences that are further on; passwords that could not be read; and how PostgreSQL writes
 * casts of arrays, once it has read what it wrote. Never read at all are tablespaces, owners of extensions, whether a subscription is on, rows
 * of materialized views and, below a parent in an inheritance, the order of columns.
 */
export function compareSource(want: SourceFacts, got: SourceFacts): readonly Difference[] {
  if (want.seed !== got.seed) throw new Error('both sides have to be read with the same seed');
  return [
    ...compareCatalog(want, got),
    ...compareRows(want.tables, got.tables),
    ...compareSequences(want, got),
    ...compareLargeObjects(want.largeObjects, got.largeObjects),
  ];
}

type Line = SourceFacts['catalog'][number];

function compareCatalog(want: SourceFacts, got: SourceFacts): readonly Difference[] {
  const isRightly = legitimate(want, got);
  const wanted = byName(want.catalog.filter(({ kind }) => kind !== 'reader'));
  const found = byName(got.catalog.filter(({ kind }) => kind !== 'reader'));
  const differences: Difference[] = [];
  for (const key of new Set([...wanted.keys(), ...found.keys()])) {
    const left = wanted.get(key);
    const right = found.get(key);
    const { kind = '', name = '' } = left ?? right ?? {};
    const difference = { kind, name, want: left?.is ?? null, got: right?.is ?? null };
    if (difference.want !== difference.got && !isRightly(difference)) differences.push(difference);
  }
  return differences;
}

/** Lines of one kind and name belong together: triggers and the like may be called alike. */
function byName(lines: readonly Line[]): ReadonlyMap<string, Line> {
  const found = new Map<string, Line>();
  for (const { kind, name, is } of lines) {
    const key = JSON.stringify([kind, name]);
    const before = found.get(key);
    const text = asRewritten(is);
    found.set(key, { kind, name, is: before === undefined ? text : `${before.is} and ${text}` });
  }
  return found;
}

const literal = String.raw`'(?:[^']|'')*'::[a-z" .]+(?:\(\d+\))?(?:\[\])?`;
const castArray = new RegExp(String.raw`\(ARRAY\[(${literal}(?:, ${literal})*)\]\)::([a-z" .]+)\[\]`, 'g');

/** `(ARRAY['a'::varchar])::text[]` is written `ARRAY[('a'::varchar)::text]` by a server that has read it. */
function asRewritten(text: string): string {
  if (!text.includes('(ARRAY[')) return text;
  return text.replace(castArray, (_, items: string, type: string) => {
    const each = items.match(new RegExp(literal, 'g')) ?? [];
    return `ARRAY[${each.map((item) => `(${item})::${type}`).join(', ')}]`;
  });
}

function legitimate(want: SourceFacts, got: SourceFacts): (difference: Difference) => boolean {
  const named = (facts: SourceFacts, kind: string): ReadonlySet<string> =>
    new Set(facts.catalog.filter((line) => line.kind === kind).map(({ name }) => name));
  const roles = named(want, 'role');
  const restorers = named(got, 'reader');
  const otherVersion = otherVersions(want, got);
  const unread = new Set([...named(want, 'unread'), ...named(got, 'unread')]);
  return ({ kind, name, want: wanted, got: found }) => {
    if (kind === 'unread') return true;
    if (kind === 'extension version') return wanted !== null && found !== null && !isOlder(found, wanted);
    if (kind === 'extension member')
      return otherVersion.some((extension) => name.startsWith(`${extension}: `));
    if (!roleKinds.has(kind)) return false;
    if (kind === 'role password' && unread.has('role passwords')) return true;
    const [whose = ''] = kind === 'membership' ? memberOf(name) : [name];
    return restorers.has(whose) || (wanted === null && !roles.has(whose));
  };
}

/** `"a in b" in c`: the first role ends where its quotes do. */
function memberOf(name: string): readonly string[] {
  const [member = name] = /^(?:"(?:[^"]|"")*"|[^" ]+)(?= in )/.exec(name) ?? [];
  return [member];
}

/** Extensions that are there in another version, and so may have other members. */
function otherVersions(want: SourceFacts, got: SourceFacts): readonly string[] {
  const of = ({ catalog }: SourceFacts): readonly Line[] =>
    catalog.filter(({ kind }) => kind === 'extension version');
  const found = new Map(of(got).map(({ name, is }) => [name, is]));
  return of(want)
    .filter(({ name, is }) => found.has(name) && found.get(name) !== is)
    .map(({ name }) => name);
}

/** `1.10` is newer than `1.9`. */
function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}

function compareRows(want: SourceFacts['tables'], got: SourceFacts['tables']): readonly Difference[] {
  const found = new Map(got.map((table) => [nameOf(table), table]));
  const wanted = new Set(want.map(nameOf));
  const changed = want.flatMap((table): readonly Difference[] => {
    const copy = found.get(nameOf(table));
    if (copy?.rows === table.rows && copy.hash === table.hash) return [];
    const other = copy?.rows === table.rows ? `${counted(copy.rows)}, not the same` : undefined;
    const text = copy === undefined ? null : (other ?? counted(copy.rows));
    return [{ kind: 'rows', name: nameOf(table), want: counted(table.rows), got: text }];
  });
  const added = got.filter((table) => !wanted.has(nameOf(table)));
  return [
    ...changed,
    ...added.map((table) => ({
      kind: 'rows',
      name: nameOf(table),
      want: null,
      got: counted(table.rows),
    })),
  ];
}

function compareSequences(want: SourceFacts, got: SourceFacts): readonly Difference[] {
  const found = new Map(got.sequences.map((sequence) => [nameOf(sequence), sequence]));
  const downward = new Set(
    want.catalog
      .filter(({ kind, is }) => kind === 'sequence' && is.includes('increment -'))
      .map(({ name }) => name),
  );
  return want.sequences.flatMap((sequence) => {
    const name = nameOf(sequence);
    const copy = found.get(name);
    if (copy !== undefined && !isBehind(copy, sequence, downward.has(name))) return [];
    return [
      {
        kind: 'sequence value',
        name,
        want: standsAt(sequence),
        got: copy === undefined ? null : standsAt(copy),
      },
    ];
  });
}

type Sequence = SourceFacts['sequences'][number];

function isBehind(copy: Sequence, was: Sequence, downward: boolean): boolean {
  if (copy.last === null || was.last === null) return copy.last !== was.last;
  const ahead = (BigInt(copy.last) - BigInt(was.last)) * (downward ? -1n : 1n);
  return ahead < 0n || (ahead === 0n && was.called && !copy.called);
}

function standsAt({ last, called }: Sequence): string {
  return called ? `at ${last}` : `before ${last}`;
}

function compareLargeObjects(
  want: SourceFacts['largeObjects'],
  got: SourceFacts['largeObjects'],
): readonly Difference[] {
  if (want.count === got.count && want.hash === got.hash) return [];
  const same = want.count === got.count ? ', not the same' : '';
  return [{ kind: 'large objects', name: '', want: String(want.count), got: `${got.count}${same}` }];
}

function counted(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

/** As `quote_ident` writes it, but for keywords. */
function nameOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return [schema, name].map((one) => (/^[a-z_][a-z0-9_]*$/.test(one) ? one : quoted(one))).join('.');
}
