import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Touch } from '../../../src/core/target.ts';
import repo from '../../../src/targets/repo/target.ts';
import { sha256 } from '../../../src/targets/repo/write.ts';
import { breakRepo, fingerprint, type RepoBreak, scratchRepo } from '../../../src/testing/scratch-repo.ts';

type Open = Awaited<ReturnType<typeof repo.open>>;

const files = { '.gitignore': '.env\nbuild/\n', 'a.txt': 'one\n', 'apps/api/b.txt': 'two\n' };

async function inRepo(
  edit: RepoBreak,
  look: (open: Open, path: string) => Promise<void>,
  { touch = 'nothing', folder = '' }: { touch?: Touch; folder?: string } = {},
): Promise<void> {
  const scene = await scratchRepo(files).scene(edit);
  const path = String(scene.targets['scratch-repo']?.path);
  try {
    const signal = AbortSignal.timeout(20_000);
    const open = await repo.open(
      { path: join(path, folder) },
      { touch, signal, secret: () => undefined, root: '/' },
    );
    try {
      await look(open, path);
    } finally {
      await open.close();
    }
  } finally {
    await scene.stop();
  }
}

const run = promisify(execFile);
const everything = () => true;

test('files are counted twice: tracked ones and new ones, without what is ignored', () =>
  inRepo(
    {
      write: {
        'new.txt': 'x',
        'build/c.txt': 'x',
        '.env': 'x',
        'apps/.gitignore': '*.log',
        'apps/x.log': 'x',
      },
    },
    async (open) => {
      const { items, recount, doubt } = await open.files(everything);
      assert.deepEqual([...items].sort(), [
        '.gitignore',
        'a.txt',
        'apps/.gitignore',
        'apps/api/b.txt',
        'new.txt',
      ]);
      assert.equal(recount.count, 5);
      assert.equal(doubt, null);
      assert.equal((await open.tracked()).recount.count, 3);
    },
  ));

test('a tracked file inside an ignored folder still belongs to the project', () =>
  inRepo({ write: { 'build/kept.txt': 'x' }, git: [['add', '-f', 'build/kept.txt']] }, async (open) => {
    const { items, recount } = await open.files((path) => path.startsWith('build/'));
    assert.deepEqual(items, ['build/kept.txt']);
    assert.equal(recount.count, 1);
  }));

test('what a sparse checkout leaves out is in doubt, not absent', () =>
  inRepo({ git: [['sparse-checkout', 'set', 'nothing']] }, async (open) => {
    assert.match(String((await open.files(everything)).doubt), /1 tracked files that are not checked out/);
  }));

test('odd names stay distinct, printable and readable', () =>
  inRepo({}, async (open, path) => {
    const names = [
      Buffer.from('new\nline'),
      Buffer.from('back\\x0aslash'),
      Buffer.from([0x66, 0xff]),
      Buffer.from(':colon'),
      Buffer.from('\u001b[31mred'),
      Buffer.from('-x'),
      Buffer.from('st*r'),
    ];
    for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${path}/`), name]), name);
    const { items, recount } = await open.files((name) => !name.endsWith('txt') && name !== '.gitignore');
    assert.equal(recount.count, names.length);
    assert.deepEqual([...items].sort(), [
      '-x',
      ':colon',
      '\\x1b[31mred',
      'back\\x5cx0aslash',
      'f\\xff',
      'new\\x0aline',
      'st*r',
    ]);
    const contents = await Promise.all(items.map((item) => open.read(item)));
    assert.deepEqual(contents.map(String).sort(), names.map(String).sort());
    await open.ignored(items);
    await open.revision();
  }));

test('links are followed inside the tree only, and pipes do not hang us', () =>
  inRepo(
    { links: { in: 'a.txt', out: '/etc/hostname', up: '../x', git: '.git/config', loop: 'loop' } },
    async (open, path) => {
      await run('mkfifo', [join(path, 'pipe')]);
      assert.equal(await open.text('in'), 'one\n');
      await assert.rejects(open.read('out'), { code: 'repo/outside' });
      await assert.rejects(open.read('git'), { code: 'repo/outside' });
      await assert.rejects(open.read('../a'), { code: 'repo/outside' });
      await assert.rejects(open.read('.git/config'), { code: 'repo/outside' });
      await assert.rejects(open.read('up'), { code: 'repo/unreadable' });
      await assert.rejects(open.read('loop'), { code: 'repo/unreadable' });
      await assert.rejects(open.read('pipe'), { code: 'repo/unreadable' });
      assert.equal(await open.has('out'), false);
      assert.equal(await open.has('in'), true);
    },
  ));

test('large files and other encodings are refused by name', () =>
  inRepo({ write: { big: Buffer.alloc(5_000_000), 'latin1.txt': Buffer.from([0xe9]) } }, async (open) => {
    await assert.rejects(open.read('big'), { code: 'repo/too-large', message: /^big has 5000000 bytes/ });
    await assert.rejects(open.text('latin1.txt'), {
      code: 'repo/not-text',
      message: 'latin1.txt is not UTF-8',
    });
  }));

test('the revision is the commit, and moves with every change that is not ignored', async () => {
  const seen = new Set<string | null>();
  const edits: readonly RepoBreak[] = [
    {},
    { write: { 'a.txt': 'other\n' } },
    { write: { 'a.txt': 'other\n' }, git: [['add', 'a.txt']] },
    { write: { 'a.txt': null } },
    { write: { 'new.txt': '' } },
    { links: { 'a.txt': 'apps/api/b.txt' } },
    { write: { '.env': 'ignored' } },
  ];
  for (const edit of edits) await inRepo(edit, async (open) => void seen.add(await open.revision()));
  // Staging does not change what is there, and ignored files do not count.
  assert.equal(seen.size, edits.length - 2);
  const [clean] = seen;
  assert.match(String(clean), /^[0-9a-f]{40}$/);
});

test('a file that was only touched is not a change', () =>
  inRepo({ write: { 'a.txt': 'one\n' } }, async (open) =>
    assert.match(String(await open.revision()), /^[0-9a-f]{40}$/),
  ));

test('history knows what is gone: other branches, tags, merges, trees without a commit', () =>
  inRepo(
    {
      write: { 'gone.txt': 'x' },
      git: [
        ['add', '-A'],
        ['commit', '-qm', '2'],
        ['rm', '-q', 'gone.txt'],
        ['commit', '-qm', '3'],
        ['checkout', '-qb', 'side'],
      ],
      next: {
        write: { 'side.txt': 'x' },
        git: [
          ['add', '-A'],
          ['commit', '-qm', 'side'],
          ['tag', 'kept'],
          ['checkout', '-q', 'main'],
          ['branch', '-qD', 'side'],
          ['merge', '-q', '--no-commit', '--no-ff', 'kept'],
        ],
        next: {
          write: { 'evil.txt': 'in the merge' },
          git: [
            ['add', '-A'],
            ['commit', '-qm', 'merge'],
          ],
          next: { write: { 'tree.txt': 'x' }, git: [['add', 'tree.txt']] },
        },
      },
    },
    async (open, path) => {
      const { stdout } = await run('git', ['-C', path, 'write-tree']);
      await breakRepo(path, {
        git: [
          ['tag', 'tree', stdout.trim()],
          ['rm', '-q', '--cached', 'tree.txt'],
        ],
      });
      const history = await open.history();
      const names = history.added.map((one) => one.path).sort();
      assert.deepEqual(names, [
        '.gitignore',
        'a.txt',
        'apps/api/b.txt',
        'evil.txt',
        'gone.txt',
        'side.txt',
        'tree.txt',
      ]);
      assert.equal(history.commits.items.length, history.commits.recount.count);
      assert.equal(history.incomplete, null);
    },
  ));

test('a folder inside a checkout is looked at on its own', () =>
  inRepo(
    { write: { 'apps/api/.env': 'x', 'other.txt': 'x' } },
    async (open) => {
      assert.deepEqual((await open.files(everything)).items, ['b.txt']);
      assert.equal((await open.files(everything)).recount.count, 1);
      const { items, recount } = await open.tracked();
      assert.deepEqual([items.map(({ path }) => path), recount.count], [['b.txt'], 1]);
      assert.deepEqual(
        (await open.history()).added.map(({ path }) => path),
        ['b.txt'],
      );
      assert.deepEqual(
        (await open.ignored(['.env', 'b.txt'])).map(({ ignored }) => ignored),
        [true, false],
      );
      assert.equal((await open.identity()).folder, 'apps/api');
      assert.match(String(await open.revision()), /^[0-9a-f]{40}$/);
    },
    { folder: 'apps/api' },
  ));

test('rules that only this machine has do not count as ignored', () =>
  inRepo({ write: { '.git/info/exclude': 'secret\n' } }, async (open) => {
    const [local, shared] = await open.ignored(['secret', '.env']);
    assert.equal(local?.ignored, false);
    assert.deepEqual(shared?.source, { file: '.gitignore', line: 1, pattern: '.env', tracked: true });
  }));

test('the origin is told in one form, without credentials and paths of this machine', async () => {
  const told: Readonly<Record<string, string | null>> = {
    'https://bot:hunter2@example.com/a/b.git': 'example.com/a/b',
    'git@example.com:a/b.git': 'example.com/a/b',
    'ssh://git:hunter2@Example.com:22/a/b?token=hunter2': 'example.com/a/b',
    'hunter2@example.com:a/b': 'example.com/a/b',
    'https://example.com/a/b/': 'example.com/a/b',
    '/home/alice/a.git': null,
    '../a.git': null,
    'file:///home/alice/a.git': null,
  };
  for (const [url, origin] of Object.entries(told))
    await inRepo({ git: [['remote', 'add', 'origin', url]] }, async (open) =>
      assert.equal((await open.identity()).origin, origin),
    );
});

test('writing evidence down, or changing another folder, makes no proof stale', () =>
  inRepo({}, async (open, path) => {
    const before = await open.revision();
    await breakRepo(path, { write: { '.surety/log/x/checkpoint': 'x', 'apps/api/.surety/log/y': 'y' } });
    assert.equal(await open.revision(), before);
    await breakRepo(path, {
      git: [
        ['add', '-A'],
        ['commit', '-qm', 'evidence'],
      ],
    });
    assert.equal(await open.revision(), before);
    const signal = AbortSignal.timeout(20_000);
    const context = { touch: 'nothing', signal, secret: () => undefined, root: '/' } as const;
    const folder = await repo.open({ path: join(path, 'apps/api') }, context);
    await breakRepo(path, { write: { 'a.txt': 'other' }, git: [['commit', '-qam', 'elsewhere']] });
    assert.notEqual(await open.revision(), before);
    assert.equal(await folder.revision(), before);
    await folder.close();
  }));

test('a linked work tree, a sha256 repository and one of another owner can be read', async () => {
  await inRepo({ git: [['worktree', 'add', '-q', 'linked']] }, async (open, path) => {
    assert.deepEqual(await open.nested(), ['linked']);
    const signal = AbortSignal.timeout(20_000);
    const linked = await repo.open(
      { path: join(path, 'linked') },
      { touch: 'nothing', signal, secret: () => undefined, root: '/' },
    );
    assert.equal((await linked.tracked()).recount.count, 3);
    assert.equal(await linked.revision(), await open.revision());
    await linked.close();
  });
  await inRepo(
    {
      write: { '.git': null },
      git: [
        ['init', '-q', '--object-format=sha256'],
        ['add', '-A'],
        ['commit', '-qm', 'x'],
      ],
    },
    async (open) => assert.match(String(await open.revision()), /^[0-9a-f]{64}$/),
  );
  if (process.getuid?.() === 0)
    await inRepo({}, async (open, path) => {
      await chown(path, 65_534, 65_534);
      await chown(join(path, '.git'), 65_534, 65_534);
      assert.equal((await open.tracked()).items.length, 3);
    });
});

test('before the first commit there is a revision, and no history', () =>
  inRepo(
    {
      write: { '.git': null },
      git: [
        ['init', '-q'],
        ['add', '-A'],
      ],
    },
    async (open) => {
      assert.match(String(await open.revision()), /^no-commit\+/);
      assert.deepEqual(await open.identity(), { git: true, origin: null, roots: [] });
      assert.equal((await open.history()).commits.items.length, 0);
    },
  ));

test('without git, files are read in doubt and the rest is blind', () =>
  inRepo({ write: { '.git': null, 'node_modules/x/index.js': 'x' } }, async (open) => {
    const { items, doubt } = await open.files(everything);
    assert.equal(items.length, 3);
    assert.match(String(doubt), /there is no git folder/);
    assert.equal(await open.text('a.txt'), 'one\n');
    assert.equal(await open.revision(), null);
    await assert.rejects(open.history(), { code: 'repo/no-git' });
    await assert.rejects(open.ignored(['.env']), { code: 'repo/no-git' });
  }));

test('files are changed whole or not at all', () =>
  inRepo(
    {
      write: { 'run.sh': 'x' },
      links: { link: 'a.txt', folder: 'apps' },
      git: [['update-index', '--chmod=+x', '--add', 'run.sh']],
    },
    async (open, path) => {
      const { carryOut } = open;
      assert.ok(carryOut);
      const before = sha256('one\n');
      await run('chmod', ['755', join(path, 'run.sh')]);
      await carryOut([
        { file: 'a.txt', before, content: 'ONE\n' },
        { file: 'deep/er/new.txt', before: null, content: 'new\n' },
        { file: 'run.sh', before: sha256('x'), content: 'y' },
      ]);
      assert.equal(await readFile(join(path, 'deep/er/new.txt'), 'utf8'), 'new\n');
      assert.equal((await stat(join(path, 'run.sh'))).mode & 0o777, 0o755);
      await carryOut([{ file: 'deep/er/new.txt', before: sha256('new\n'), content: null }]);
      assert.equal(await open.has('deep/er/new.txt'), false);

      const is = await fingerprint(path);
      const refused: Readonly<Record<string, string>> = {
        'a.txt': 'repo/changed-meanwhile',
        '../out': 'repo/outside',
        '/etc/x': 'repo/outside',
        link: 'repo/outside',
        'folder/b.txt': 'repo/outside',
        '.git/hooks/x': 'repo/outside',
        '.GIT/config': 'repo/outside',
        apps: 'repo/outside',
        'a.txt/x': 'repo/outside',
      };
      const good = { file: 'apps/api/b.txt', before: sha256('two\n'), content: 'TWO\n' };
      for (const [file, code] of Object.entries(refused))
        await assert.rejects(
          carryOut([good, { file, before: file === 'a.txt' ? before : null, content: 'x' }]),
          { code },
          file,
        );
      await assert.rejects(carryOut([{ sql: 'select 1' }]), { code: 'repo/not-a-file-step' });
      assert.equal(await fingerprint(path), is);
    },
    { touch: 'writes' },
  ));

test('a write that fails half-way is put back', () =>
  inRepo(
    {},
    async (open, path) => {
      const is = await fingerprint(path);
      const long = 'x'.repeat(300);
      await assert.rejects(
        async () =>
          open.carryOut?.([
            { file: 'a.txt', before: sha256('one\n'), content: 'ONE\n' },
            { file: `apps/${long}`, before: null, content: 'x' },
          ]),
        { code: 'repo/not-written' },
      );
      assert.equal(await fingerprint(path), is);
    },
    { touch: 'writes' },
  ));

test('reading only does not write', () =>
  inRepo({}, async (open) => {
    await assert.rejects(async () => open.carryOut?.([{ file: 'n', before: null, content: '' }]), {
      code: 'repo/read-only',
    });
  }));

test('a repository that moved away under us is blind, not empty', () =>
  inRepo({}, async (open, path) => {
    await rename(join(path, '.git'), join(path, 'elsewhere'));
    await assert.rejects(open.tracked(), { name: 'SuretyError' });
    await rename(join(path, 'elsewhere'), join(path, '.git'));
    await mkdir(join(path, 'x'));
    await symlink('x', join(path, 'y'));
    assert.equal((await open.files(everything)).recount.count, (await open.files(everything)).items.length);
  }));
