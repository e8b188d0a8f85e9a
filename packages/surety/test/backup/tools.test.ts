import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findTools } from '../../src/backup/tools.ts';

describe('finding the dump programs', () => {
  let home = '';
  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'surety-tools-'));
  });
  after(() => rm(home, { recursive: true }));

  async function folder(versions: readonly string[]): Promise<string> {
    const made = await mkdtemp(path.join(home, 'bin-'));
    for (const [n, name] of ['pg_dump', 'pg_dumpall', 'pg_restore'].entries()) {
      const version = versions[n] ?? versions[0];
      if (version === '') continue;
      const file = path.join(made, name);
      await writeFile(file, `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`);
      await chmod(file, 0o755);
    }
    return made;
  }

  it('takes a release without known holes that is not older than the server', async () => {
    for (const [version, server] of [
      ['15.20', 15],
      ['15.21 (Debian 15.21-0+deb12u1)', 14],
      ['18.7', 15],
      ['14.25', 14],
      ['19.0', 18],
    ] as const) {
      const { pgRestore } = await findTools(await folder([version]), server, {});
      assert.ok(version.startsWith(pgRestore.version.text));
    }
  });

  it('refuses every other, and says what to install', async () => {
    const refused: readonly (readonly [readonly string[], number, string])[] = [
      [['15.19'], 15, 'tools/unsafe'],
      [['18.4'], 15, 'tools/unsafe'],
      [['13.23'], 13, 'tools/unsafe'],
      [['19beta1'], 15, 'tools/unsafe'],
      [['nonsense'], 15, 'tools/unsafe'],
      [['15.20'], 16, 'tools/older'],
      [['15.20', '15.20', '15.21'], 15, 'tools/mixed'],
      [['15.20', '', '15.20'], 15, 'tools/missing'],
    ];
    for (const [versions, server, code] of refused)
      await assert.rejects(findTools(await folder(versions), server, {}), (error: Error) => {
        assert.ok('code' in error && 'hint' in error);
        assert.equal(error.code, code, `${versions}: ${error.message}`);
        assert.match(String(error.hint), /client/);
        return true;
      });
  });

  it('prefers the server’s own major on the PATH', async () => {
    const [newer, same] = [await folder(['99.1']), await folder(['98.3'])];
    const { pgDump } = await findTools(undefined, 98, { PATH: `${newer}:${same}` });
    assert.equal(pgDump.version.text, '98.3');
  });
});
