/**
 * Writes the registries from the folders, so that no list is kept by hand: controls (with their digests),
 * their specimens, target kinds and verbs; and the pages of the documentation that follow from them.
 *
 *   npm run generate             writes what changed
 *   npm run generate -- --check  writes nothing; exit 11 where something would change
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const source = resolve(import.meta.dirname, '../packages/surety/src');
const version = (
  JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')) satisfies { version?: string }
).version;

type Registry = { readonly file: string; readonly text: string };

const header = '// Written by `npm run generate` from the folder; edit the files it lists, not this one.\n';

function list(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: source }).sort();
}

/** `tenancy/every-table-covered` → `everyTableCovered`, with the area where two areas share a name. */
function identifiers(ids: readonly string[]): ReadonlyMap<string, string> {
  const camel = (text: string): string =>
    text.replace(/[-/](\w)/g, (_, letter: string) => letter.toUpperCase());
  const last = (id: string): string => id.slice(id.lastIndexOf('/') + 1);
  return new Map(
    ids.map((id) => {
      const shared = ids.filter((other) => last(other) === last(id)).length > 1;
      return [id, camel(shared ? id : last(id))];
    }),
  );
}

/** The control's file, what it imports at run time from its own folder tree, and its target kinds: what a proof is made with. */
function digest(control: string, kinds: readonly string[]): string {
  const files = new Set([...closure(join(source, 'controls', `${control}.ts`)), ...kinds.flatMap(kindFiles)]);
  const hash = createHash('sha256');
  for (const file of [...files].sort()) {
    const content = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${relative(source, file)}\0${createHash('sha256').update(content).digest('hex')}\n`);
  }
  return hash.digest('hex');
}

/** The engine of backups is not inside their target (decision 0015), and is what a proof of them is made with all the same. */
function kindFiles(kind: string): readonly string[] {
  const folders = kind === 'backup' ? ['targets/backup', 'backup'] : [`targets/${kind}`];
  return folders.flatMap((folder) => list(`${folder}/**/*.ts`)).map((file) => join(source, file));
}

function closure(file: string, seen: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';/gms)].map(
    ([, path]) => resolve(dirname(file), path ?? ''),
  );
  return imports.reduce<ReadonlySet<string>>((all, next) => closure(next, all), new Set([...seen, file]));
}

function wantedKinds(control: string): readonly string[] {
  const text = readFileSync(join(source, 'controls', `${control}.ts`), 'utf8');
  const kinds = list('targets/*/target.ts').map((file) => file.split('/')[1] ?? '');
  return kinds.filter((kind) => text.includes(`'${kind}'`));
}

function controls(): Registry {
  const ids = list('controls/*/*.ts')
    .filter((file) => !file.endsWith('.specimens.ts'))
    .map((file) => file.slice('controls/'.length, -'.ts'.length));
  const names = identifiers(ids);
  const imports = ids.map((id) => `import ${names.get(id)} from './${id}.ts';`);
  const entries = ids.map((id) => {
    const ref = `{ id: '${id}', version: '${version}', digest: '${digest(id, wantedKinds(id))}' }`;
    return `  { ref: ${ref}, control: ${names.get(id)} },`;
  });
  return {
    file: 'controls/registry.ts',
    text: [
      header,
      "import type { RegisteredControl } from '../core/run.ts';",
      ...imports,
      '',
      '/** Every control, with the digest of the code that a proof is made with. */',
      'export const controls: readonly RegisteredControl[] = [',
      ...entries,
      '];',
      '',
    ].join('\n'),
  };
}

function specimens(): Registry {
  const ids = list('controls/*/*.specimens.ts').map((file) =>
    file.slice('controls/'.length, -'.specimens.ts'.length),
  );
  const names = identifiers(ids);
  return {
    file: 'testing/registry.ts',
    text: [
      header,
      ...ids.map((id) => `import ${names.get(id)} from '../controls/${id}.specimens.ts';`),
      "import type { Specimens } from './specimens.ts';",
      '',
      '/** The specimens of each control, by its id. */',
      'export const specimens: ReadonlyMap<string, Specimens> = new Map<string, Specimens>([',
      ...ids.map((id) => `  ['${id}', ${names.get(id)}],`),
      ']);',
      '',
    ].join('\n'),
  };
}

function kinds(): Registry {
  const names = list('targets/*/target.ts').map((file) => file.split('/')[1] ?? '');
  return {
    file: 'targets/registry.ts',
    text: [
      header,
      "import type { Kinds } from '../core/estate.ts';",
      "import type { OpenableKind } from '../core/target.ts';",
      ...names.map((name) => `import ${name} from './${name}/target.ts';`),
      '',
      `const all: readonly OpenableKind[] = [${names.join(', ')}];`,
      '',
      '/** Every kind of target, by its name in the estate. */',
      'export const kinds: Kinds = new Map(all.map((kind) => [kind.kind, kind]));',
      '',
    ].join('\n'),
  };
}

function verbs(): Registry {
  const found = list('commands/*.ts').flatMap((file) => {
    const text = readFileSync(join(source, file), 'utf8');
    const identifier = /^export const (\w+): Verb = /m.exec(text)?.[1];
    const name = file.slice('commands/'.length, -'.ts'.length);
    const summary = /^ {2}summary:\s*'((?:[^'\\]|\\.)*)',$/m.exec(text)?.[1];
    if (identifier === undefined) return [];
    if (summary === undefined) throw new Error(`${file} has no summary in one string`);
    return [{ name, identifier, summary }];
  });
  return {
    file: 'commands/registry.ts',
    text: [
      header,
      "import type { NamedVerb } from './verb.ts';",
      '',
      '/** Every verb. Loaded one at a time: `verify` has no use for what `prove` attacks with. */',
      'export const verbs: readonly NamedVerb[] = [',
      ...found.flatMap(({ name, identifier, summary }) => [
        '  {',
        `    name: '${name}',`,
        `    summary: '${summary}',`,
        `    load: async () => (await import('./${name}.ts')).${identifier},`,
        '  },',
      ]),
      '];',
      '',
    ].join('\n'),
  };
}

const check = process.argv.includes('--check');
const docs = resolve(import.meta.dirname, '../docs');

/** Writes what differs (or only names it), and says so. */
function settle(folder: string, files: readonly Registry[]): number {
  const stale = files.filter(({ file, text }) => {
    const path = join(folder, file);
    return !existsSync(path) || readFileSync(path, 'utf8') !== text;
  });
  for (const { file, text } of stale) {
    if (!check) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    console.log(`${check ? 'stale' : 'wrote'}  ${relative(join(docs, '..'), join(folder, file))}`);
  }
  return stale.length;
}

const staleRegistries = settle(source, [controls(), specimens(), kinds(), verbs()]);
// Loaded only now: the pages are made from the registries that were just written.
const { pages } = await import('./pages.ts');
const written = pages();
const orphans = globSync('controls/*/*.md', { cwd: docs }).filter(
  (file) => !written.some((page) => page.file === file),
);
for (const file of orphans) {
  if (!check) rmSync(join(docs, file));
  console.log(`${check ? 'orphan' : 'removed'}  docs/${file}`);
}
if (settle(docs, written) + staleRegistries + orphans.length > 0 && check) {
  console.error('hint: npm run generate');
  process.exitCode = 11;
}
