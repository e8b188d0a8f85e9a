import assert from 'node:assert/strict';
import { access, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import repo from '../../../src/targets/repo/target.ts';
import { breakRepo, fingerprint, type RepoBreak, scratchRepo } from '../../../src/testing/scratch-repo.ts';

const files = {
  Dockerfile: 'FROM scratch\n',
  '.gitignore': '.env\n',
  'a.txt': 'one\n',
  'sub/b.txt': 'two\n',
};

/** Everything that a handle can be asked, on a checkout that would like to run `$BAIT`. */
async function readEverything(path: string): Promise<void> {
  const open = await repo.open(
    { path },
    { touch: 'nothing', signal: AbortSignal.timeout(20_000), secret: () => undefined, root: '/' },
  );
  try {
    await open.identity();
    await open.revision();
    await open.tracked();
    await open.files(() => true);
    await open.ignored(['.env', 'sub/.env', 'a.txt']);
    await open.nested();
    await open.read('a.txt');
    await open.history();
  } finally {
    await open.close();
  }
}

type Trap = {
  /** How a checkout names a program, given the program's path. */
  readonly set: (bait: string) => RepoBreak;
  /** The plain git command that does run it, where one does without a terminal or a network. */
  readonly bites?: readonly string[];
  /** What cannot be read there, and says so. */
  readonly blind?: RegExp;
};

const settings = (...pairs: readonly (readonly [string, string])[]): RepoBreak => ({
  git: pairs.map(([key, value]) => ['config', key, value]),
});
const touched: RepoBreak = { write: { 'a.txt': 'changed\n', 'new.txt': 'new\n' } };

const traps: Readonly<Record<string, Trap>> = {
  'file system monitor': {
    set: (bait) => ({ ...settings(['core.fsmonitor', bait]), next: touched }),
    bites: ['status'],
  },
  hooks: {
    set: (bait) => ({ ...settings(['core.hooksPath', dirname(bait)]), next: touched }),
    bites: ['add', 'new.txt'],
  },
  'clean, smudge and process filters': {
    set: (bait) => ({
      ...settings(['filter.x.clean', bait], ['filter.x.smudge', bait], ['filter.x.required', 'true']),
      next: { write: { '.gitattributes': '* filter=x diff=x merge=x\n', 'a.txt': 'eno\n' } },
    }),
    bites: ['status'],
  },
  'external diff': {
    set: (bait) => ({ ...settings(['diff.external', bait]), next: { write: { 'a.txt': 'eno\n' } } }),
    bites: ['diff'],
  },
  'diff driver and textconv': {
    set: (bait) => ({
      ...settings(['diff.x.command', bait], ['diff.x.textconv', bait]),
      next: { write: { '.git/info/attributes': '* diff=x\n', 'a.txt': 'eno\n' } },
    }),
    bites: ['diff'],
  },
  'an included configuration': {
    set: (bait) => ({
      write: { '.git/more': `[core]\n\tfsmonitor = ${bait}\n` },
      ...settings(['include.path', 'more']),
      next: touched,
    }),
    bites: ['status'],
  },
  'a promisor remote that fetches what is missing': {
    set: (bait) => ({
      ...settings(
        ['remote.origin.url', `ext::${bait}`],
        ['remote.origin.promisor', 'true'],
        ['remote.origin.uploadpack', bait],
        ['core.repositoryformatversion', '1'],
        ['extensions.partialClone', 'origin'],
        ['protocol.ext.allow', 'always'],
        ['credential.helper', `!${bait}`],
      ),
      next: { write: { '.git/refs/heads/lost': `${'1'.repeat(40)}\n` } },
    }),
    bites: ['log', '--all'],
    blind: /git log could not read it/,
  },
  'a submodule with settings of its own': {
    set: (bait) => ({
      git: [
        ['init', '-q', 'module'],
        ['-C', 'module', 'commit', '-q', '--allow-empty', '-m', 'x'],
        ['add', 'module'],
        ['commit', '-qm', 'module'],
        ['-C', 'module', 'config', 'core.fsmonitor', bait],
      ],
      next: { write: { 'module/new.txt': 'x' } },
    }),
    bites: ['status'],
  },
  'aliases, pagers and editors': {
    set: (bait) =>
      settings(
        ['alias.ls-files', `!${bait}`],
        ['alias.log', `!${bait}`],
        ['core.pager', bait],
        ['pager.log', bait],
        ['pager.ls-files', bait],
        ['core.editor', bait],
        ['gpg.program', bait],
        ['log.showSignature', 'true'],
      ),
  },
  'a work tree elsewhere': { set: () => settings(['core.worktree', '/etc']) },
};

/** Runs `look` beside a program that leaves a mark when it is run. */
async function withBait(look: (bait: string, mark: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bait-'));
  const bait = join(folder, 'bin', 'post-index-change');
  const mark = join(folder, 'mark');
  try {
    await mkdir(dirname(bait));
    await writeFile(bait, `#!/bin/sh\ntouch ${mark}\n`);
    await chmod(bait, 0o755);
    await look(bait, mark);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

for (const [name, { set, bites, blind }] of Object.entries(traps)) {
  test(`a checkout cannot make us run something: ${name}`, () =>
    withBait(async (bait, mark) => {
      const scene = await scratchRepo(files).scene();
      const path = String(scene.targets['scratch-repo']?.path);
      try {
        await breakRepo(path, set(bait));
        if (bites) {
          await breakRepo(path, { git: [bites] }).catch(() => undefined);
          await access(mark);
        }
        await rm(mark, { force: true });
        const before = await fingerprint(path);
        await (blind ? assert.rejects(readEverything(path), blind) : readEverything(path));
        await assert.rejects(access(mark), 'the checkout got its program run');
        assert.equal(await fingerprint(path), before, 'reading left something behind');
      } finally {
        await scene.stop();
      }
    }));
}

test('a program called git that the PATH finds first is not ours', () =>
  withBait(async (bait, mark) => {
    const scene = await scratchRepo(files).scene();
    const path = String(scene.targets['scratch-repo']?.path);
    const before = process.env.PATH;
    try {
      await rename(bait, join(dirname(bait), 'git'));
      process.env.PATH = `${dirname(bait)}:${before}`;
      await readEverything(path);
      await assert.rejects(access(mark));
    } finally {
      process.env.PATH = before;
      await scene.stop();
    }
  }));
