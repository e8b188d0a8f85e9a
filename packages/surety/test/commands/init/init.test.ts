import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateKey, privateKeyFromPem, publicKeyText } from '@surety/evidence';
import { Command } from 'commander';
import { type InitResult, init } from '../../../src/commands/init.ts';
import { loadEstate } from '../../../src/commands/load-estate.ts';
import type { Terminal } from '../../../src/commands/verb.ts';
import { breakRepo, fingerprint, type RepoBreak } from '../../../src/testing/scratch-repo.ts';
import { sampleRecipients } from '../../backup/sample-sets.ts';

const project: RepoBreak = {
  write: {
    'package.json': JSON.stringify({ name: '@acme/budget', packageManager: 'pnpm@10.1.0' }),
    'apps/api/package.json': JSON.stringify({
      dependencies: { '@nestjs/core': '1', '@prisma/client': '7', pg: '8' },
    }),
    'apps/web/package.json': JSON.stringify({ dependencies: { next: '16' } }),
    'infra/docker/Dockerfile.api': 'FROM node:24\n',
    '.github/workflows/ci.yml': 'on: push\n',
    'compose.yml': 'services:\n  db: { image: postgres:18 }\n',
    'infra/db/rls.sql':
      "create policy p on t using (owner = current_setting('app.current_space_id', true));\n",
    '.env.example': 'POSTGRES_URL=\n',
    '.gitignore': 'node_modules/',
  },
  git: [['init', '-q']],
};

type Ran = { readonly out: string; readonly err: unknown; readonly questions: readonly string[] };

async function inFolder(
  edit: RepoBreak,
  look: (folder: string, run: (...argv: string[]) => Promise<Ran>) => Promise<void>,
  answers: readonly string[] = [],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-init-'));
  try {
    await breakRepo(folder, edit);
    await look(folder, (...argv) => runInit(folder, argv, answers));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runInit(cwd: string, argv: readonly string[], answers: readonly string[]): Promise<Ran> {
  let out = '';
  const questions: string[] = [];
  const terminal: Terminal = {
    cwd,
    env: { API_URL: 'https://api.example.com' },
    interactive: answers.length > 0,
    columns: 100,
    signal: new AbortController().signal,
    now: () => new Date(0),
    out: (text) => {
      out += text;
    },
    err: () => undefined,
    ask: async (question) => answers[questions.push(question) - 1] ?? '',
  };
  const command = new Command('init').exitOverride();
  init.define(command, terminal, () => undefined);
  const err = await command.parseAsync([...argv], { from: 'user' }).then(
    () => null,
    (error: unknown) => error,
  );
  return { out, err, questions };
}

test('a project is understood, and the configuration that comes out loads', () =>
  inFolder(project, async (folder, run) => {
    const { out, err } = await run();
    assert.equal(err, null);
    assert.match(
      out,
      /^written {3}surety.config.ts\nwritten {3}.surety\/keys\/log.pem\nwritten {3}.surety\/keys\/prober.pem\nchanged {3}.gitignore\n/,
    );
    assert.match(out, /POSTGRES_URL \(not set\): connection string of the role/);
    assert.match(out, /API_URL \(set\)/);
    const text = await readFile(join(folder, 'surety.config.ts'), 'utf8');
    assert.match(
      text,
      /Seen here: pnpm, nestjs, next, prisma, pg, 1 Dockerfile, 1 workflow, 1 compose service\./,
    );
    const env = {
      POSTGRES_URL: 'postgres://app:secret@localhost/b',
      DATABASE_INSPECTOR_URL: 'postgres://i:secret@localhost/b',
      API_URL: 'https://api.example.com',
    };
    const estate = await loadEstate(undefined, { cwd: folder, env }, () => undefined);
    assert.equal(estate.name, 'budget');
    assert.deepEqual(
      estate.targets.map(({ name, kind }) => `${name} ${kind}`),
      ['budget-repo repo', 'budget-db postgres', 'budget-api http'],
    );
    assert.match(JSON.stringify(estate.targets[1]?.facts), /app\.current_space_id/);
    // Every variable that a call names is one that is read; remarks name what may be filled in later.
    const lines = text.split('\n').filter((line) => !/^\s*\/\//.test(line));
    const named = new Set(
      [...lines.join('\n').matchAll(/\b[A-Z][A-Z0-9]*_[A-Z_]+\b/g)].map(([name]) => name),
    );
    assert.deepEqual([...named].sort(), Object.keys(env).sort());
  }));

test('keys are for this user only, valid, and left out by git, the log is not', () =>
  inFolder(project, async (folder, run) => {
    await run();
    assert.equal((await stat(join(folder, '.surety/keys'))).mode & 0o777, 0o700);
    for (const name of ['log', 'prober']) {
      const path = join(folder, '.surety/keys', `${name}.pem`);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.equal(privateKeyFromPem(await readFile(path, 'utf8')).asymmetricKeyType, 'ed25519');
    }
    assert.deepEqual((await readdir(join(folder, '.surety/keys'))).sort(), ['log.pem', 'prober.pem']);
    assert.equal(
      await readFile(join(folder, '.gitignore'), 'utf8'),
      'node_modules/\n.surety/keys/\n.surety/cache/\n',
    );
  }));

test('a second run says what is there and changes nothing', () =>
  inFolder(project, async (folder, run) => {
    await run();
    const is = await fingerprint(folder);
    const { out, err } = await run();
    assert.equal(err, null);
    assert.match(
      out,
      /^exists {4}surety.config.ts\nexists {4}.surety\/keys\/log.pem\nexists {4}.surety\/keys\/prober.pem\nexists {4}.gitignore\n/,
    );
    assert.match(out, /hint: surety.config.ts was kept; surety init --force/);
    assert.equal(await fingerprint(folder), is);
  }));

test('force writes the configuration anew and keeps the keys', () =>
  inFolder(project, async (folder, run) => {
    await run();
    const key = await readFile(join(folder, '.surety/keys/log.pem'), 'utf8');
    await writeFile(join(folder, 'surety.config.ts'), 'export default () => ({');
    const { out, err } = await run('--force');
    assert.equal(err, null);
    assert.match(out, /^changed {3}surety.config.ts/);
    assert.match(await readFile(join(folder, 'surety.config.ts'), 'utf8'), /satisfies SuretyConfig;\n$/);
    assert.equal(await readFile(join(folder, '.surety/keys/log.pem'), 'utf8'), key);
  }));

test('one JSON document, whatever is there', () =>
  inFolder({}, async (folder, run) => {
    const { out } = await run('--json');
    const result: InitResult = JSON.parse(out);
    assert.deepEqual(
      result.files.map(({ outcome }) => outcome),
      ['written', 'written', 'written', 'written'],
    );
    assert.deepEqual(result.needs, []);
    assert.match(String(result.notes), /there is no git folder/);
    const estate = await loadEstate(undefined, { cwd: folder, env: {} }, () => undefined);
    assert.deepEqual(
      estate.targets.map(({ kind }) => kind),
      ['repo'],
    );
  }));

test('a person is asked, and an answer that does not fit is refused before anything is written', async () => {
  await inFolder(
    project,
    async (folder, run) => {
      const { questions } = await run();
      assert.equal(questions.length, 6);
      const text = await readFile(join(folder, 'surety.config.ts'), 'utf8');
      assert.match(text, /name: 'ledger',\n {2}environment: 'staging'/);
      assert.match(text, /url: env\('APP_DB'\)/);
    },
    ['Ledger', 'staging', 'APP_DB', '', '', ''],
  );
  await inFolder(
    project,
    async (folder, run) => {
      const is = await fingerprint(folder);
      const { err } = await run();
      assert.match(String(err), /"postgres:\/\/x" does not fit/);
      assert.equal(await fingerprint(folder), is);
    },
    ['', '', 'postgres://x'],
  );
});

test('what is half-written, misplaced or unwritable is named, and nothing is lost', async () => {
  const cases: readonly [RepoBreak, string][] = [
    [{ write: { 'surety.config.ts': 'export default (() => ({ name: ' } }, 'init/half-written'],
    [{ write: { 'surety.config.ts': '' } }, 'init/half-written'],
    [{ write: { '.surety': 'a file' } }, 'init/not-written'],
    [{ write: { '.surety/keys/log.pem': 'no key' } }, 'init/bad-key'],
    [{ links: { '.gitignore': '/etc/hostname' } }, 'init/not-written'],
  ];
  for (const [edit, code] of cases)
    await inFolder(edit, async (folder, run) => {
      const { err } = await run();
      assert.equal(err instanceof Error && 'code' in err ? err.code : err, code);
      const config = await readFile(join(folder, 'surety.config.ts'), 'utf8').catch(() => null);
      assert.equal(config, edit.write?.['surety.config.ts'] ?? null);
    });
  await inFolder({}, async (folder, run) => {
    await mkdir(join(folder, 'surety.config.ts'));
    assert.match(String((await run()).err), /surety.config.ts cannot be written: EISDIR/);
  });
});

test('a project cannot write its own code into the configuration', () =>
  inFolder(
    {
      write: {
        'package.json': JSON.stringify({
          name: "x'}));\nevil(); //",
          packageManager: 'npm\nevil();@1',
          dependencies: { 'pg\nevil()': '1', pg: '8' },
        }),
        '.env.example': "DATABASE_URL'\nevil()=1\nDB_URL=x\n",
        'x.sql': "current_setting('app.x\nevil()')",
      },
    },
    async (folder, run) => {
      await run();
      assert.doesNotMatch(await readFile(join(folder, 'surety.config.ts'), 'utf8'), /evil\(/);
    },
  ));

test('a log that git would not take is said', () =>
  inFolder({ write: { '.gitignore': '.surety/\n' }, git: [['init', '-q']] }, async (_folder, run) => {
    assert.match((await run()).out, /note: .gitignore:1 ignores .surety\/log, which is the evidence/);
  }));

test('where no client of a database is seen, that is said, and what one would take stands there as a remark', () =>
  inFolder(
    { write: { 'package.json': '{ "name": "plain" }' }, git: [['init', '-q']] },
    async (folder, run) => {
      const { out, err } = await run();
      assert.equal(err, null);
      assert.match(out, /^note: no database was written: no client of PostgreSQL/m);
      const text = await readFile(join(folder, 'surety.config.ts'), 'utf8');
      assert.match(text, /^ {4}\/\/ {3}inspector: env\('DATABASE_INSPECTOR_URL'\),$/m);
      await loadEstate(undefined, { cwd: folder, env: {} }, () => undefined);
    },
  ));

test('the migrator stands there as a remark, with an example', () =>
  inFolder(project, async (folder, run) => {
    await run();
    const text = await readFile(join(folder, 'surety.config.ts'), 'utf8');
    assert.match(text, /^ {6}\/\/ migrator: env\('DATABASE_MIGRATOR_URL'\), \/\/ postgresql:\/\/migrator/m);
  }));

test('what its backups take stands there as a remark, and loads once it is filled in', () =>
  inFolder(project, async (folder, run) => {
    await run();
    const path = join(folder, 'surety.config.ts');
    const text = await readFile(path, 'utf8');
    const [remark = ''] = /^ *\/\/ 'budget-backups': \{\n[\s\S]*?^ *\/\/ \},\n/m.exec(text) ?? [];
    assert.match(remark, /BACKUP_DATABASE_URL/);
    await writeFile(path, text.replace(remark, remark.replaceAll(/^( *)\/\/ /gm, '$1')));
    const env = {
      POSTGRES_URL: 'postgresql://api@localhost/budget',
      DATABASE_INSPECTOR_URL: 'postgresql://inspector@localhost/budget',
      API_URL: 'https://api.example.com',
      BACKUP_DATABASE_URL: 'postgresql://backup@localhost/budget',
      BACKUP_RECIPIENT: sampleRecipients[0],
      BACKUP_RECIPIENT_ESCROW: sampleRecipients[1],
      BACKUP_SIGNER: publicKeyText(generateKey()),
    };
    const { targets } = await loadEstate(undefined, { cwd: folder, env }, () => undefined);
    assert.ok(targets.some(({ name, kind }) => name === 'budget-backups' && kind === 'backup'));
  }));
