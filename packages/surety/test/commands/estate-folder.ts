import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generateKey, privateKeyToPem } from '@surety/evidence';
import { type Exit, nobodyHere, type Terminal } from '../../src/commands/verb.ts';
import { command } from '../../src/main.ts';

/** The folder of a user: a repository with an estate, and a terminal in it. */
export type EstateFolder = {
  readonly path: string;
  write(file: string, content: string): void;
  read(file: string): string;
  /** Runs one command line there; what it printed is what a user would see. */
  surety(
    ...argv: readonly string[]
  ): Promise<{ readonly exit: Exit; readonly out: string; readonly err: string }>;
  /** The clock that commands see. */
  now: Date;
  /** What a person would answer. Nobody is here unless a test says so. */
  answer: (question: string) => Promise<string>;
  remove(): void;
};

/** A repository with these files committed, and keys as `surety init` makes them. */
export function estateFolder(files: Readonly<Record<string, string>>): EstateFolder {
  const path = mkdtempSync(join(tmpdir(), 'surety-estate-'));
  const write = (file: string, content: string): void => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), content);
  };
  for (const [file, content] of Object.entries({
    '.gitignore': '.env\n.env.*\n!.env.example\n.surety/keys/\n',
    ...files,
  }))
    write(file, content);
  for (const name of ['log', 'prober']) write(`.surety/keys/${name}.pem`, privateKeyToPem(generateKey()));
  git(path, 'init', '--quiet');
  git(path, 'add', '.');
  git(path, '-c', 'user.name=ann', '-c', 'user.email=ann@example.com', 'commit', '--quiet', '-m', 'first');
  const folder: EstateFolder = {
    path,
    write,
    read: (file) => readFileSync(join(path, file), 'utf8'),
    now: new Date('2026-05-04T03:02:01.000Z'),
    answer: async (question) => {
      throw nobodyHere(question);
    },
    surety: async (...argv) => {
      const printed = { out: '', err: '' };
      const terminal: Terminal = {
        cwd: path,
        env: { PATH: process.env.PATH, HOME: path },
        interactive: false,
        columns: 100,
        signal: new AbortController().signal,
        now: () => folder.now,
        out: (text) => {
          printed.out += text;
        },
        err: (text) => {
          printed.err += text;
        },
        ask: (question) => folder.answer(question),
      };
      const exit = await command(argv, terminal);
      return { exit, ...printed };
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  return folder;
}

function git(cwd: string, ...argv: readonly string[]): void {
  execFileSync('git', argv, { cwd, stdio: 'ignore' });
}

/** A new SSH key; gives the path of its private half and the line of its public one. */
export function sshKey(folder: string, name: string): { readonly file: string; readonly line: string } {
  const file = join(folder, `.ssh-${name}`);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
  return { file, line: readFileSync(`${file}.pub`, 'utf8').trim() };
}

/** A configuration with one repository, and people where given. */
export function config(people: Readonly<Record<string, string>> = {}): string {
  const entries = Object.entries(people).map(([id, key]) => `    ${id}: { name: '${id}', key: '${key}' },`);
  return [
    'export default () => ({',
    "  name: 'shop',",
    "  environment: 'test',",
    "  writer: 'laptop',",
    "  targets: { code: { kind: 'repo', path: '.' } },",
    `  people: {\n${entries.join('\n')}\n  },`,
    '});',
    '',
  ].join('\n');
}
