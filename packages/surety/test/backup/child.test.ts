import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { databaseArgument, finish, type RunOptions, runTool } from '../../src/backup/child.ts';
import { connectionFolderPrefix, passwordLine } from '../../src/backup/connection-files.ts';
import type { Tool } from '../../src/backup/tools.ts';

const secret = 'canary:pass\\word/42';
const url = `postgresql://ann:${encodeURIComponent(secret)}@127.0.0.1:5999/shop`;
const never = new AbortController().signal;

describe('running a dump program', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'surety-child-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** A shell script in the place of pg_dump. */
  async function fake(body: string): Promise<Tool> {
    const file = path.join(folder, 'pg_dump');
    await writeFile(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${body}\n`);
    await chmod(file, 0o755);
    return { path: file, version: { major: 15, minor: 20, text: '15.20' } };
  }
  async function read(tool: Tool, options: Partial<RunOptions> = {}): Promise<string> {
    let text = '';
    const { stdout } = runTool(tool, ['--flag'], { url, signal: never, ...options });
    for await (const bytes of stdout) text += Buffer.from(bytes).toString();
    return text;
  }
  const folders = async (): Promise<readonly string[]> =>
    (await readdir(tmpdir())).filter((name) => name.startsWith(connectionFolderPrefix));

  it('hands the password over in a file that only we may read, and nowhere else', async () => {
    const text = await read(
      await fake(
        'stat -c %a "$PGPASSFILE"; cat "$PGPASSFILE"; env | grep -v PGPASSFILE; tr "\\0" " " </proc/$$/cmdline',
      ),
    );
    const [mode, line, ...rest] = text.split('\n');
    assert.equal(mode, '600');
    assert.equal(`${line}\n`, passwordLine(secret));
    assert.match(rest.join('\n'), /PGHOST=127.0.0.1/);
    assert.ok(!rest.join('\n').includes('canary'));
    assert.doesNotMatch(rest.join('\n'), /PGPASSWORD|NODE_|HOME=\/root/);
  });

  it('throws at the end where the program failed, whatever came before', async () => {
    const failures: Readonly<Record<string, RegExp>> = {
      'echo rows; exit 1': /pg_dump ended with exit code 1/,
      'echo rows; kill -9 $$': /pg_dump was ended by SIGKILL/,
      'echo rows; echo "pg_dump: error: permission denied for table t" >&2; exit 1':
        /permission denied for table t/,
      'echo rows > /dev/full || exit 1': /exit code 1/,
    };
    for (const [script, said] of Object.entries(failures))
      await assert.rejects(read(await fake(script)), said);
  });

  it('says that a program is not there', async () => {
    const tool = { path: '/nowhere/pg_dump', version: { major: 15, minor: 20, text: '15.20' } };
    await assert.rejects(read(tool), /could not be started \(ENOENT\)/);
  });

  it('repeats neither secrets nor rows nor control characters', async () => {
    const said = [
      `pg_dump: error: connection failed for ${secret}\u001b[31m`,
      'DETAIL:  Key (name)=(Ada) exists',
      'CONTEXT:  COPY people, line 1: "Ada"',
      'pg_dump: error: query failed: ERROR:  invalid input syntax for type integer: "Lovelace"',
      'DETAIL:  Key (name)=(first line',
      'error: Ada is on the second) exists',
      'pg_restore: error: could not execute query: ERROR:  no account for Ada',
      'of Lovelace',
      'CONTEXT:  PL/pgSQL function app.checked(text) line 3 at RAISE',
    ];
    await writeFile(path.join(folder, 'said'), said.join('\n'));
    const script = `cat ${path.join(folder, 'said')} >&2; exit 1`;
    await assert.rejects(read(await fake(script)), ({ message }: Error) => {
      for (const word of ['canary', 'Ada', 'Lovelace', '\u001b']) assert.ok(!message.includes(word), message);
      assert.match(message, /\[secret\].*invalid input syntax/);
      assert.match(message, /ERROR: {1,2}PL\/pgSQL function app\.checked\(text\) refused it/);
      return true;
    });
  });

  it('ends the program and all it started when nobody reads on, or the run is stopped, or it takes too long', async () => {
    const pidFile = path.join(folder, 'pid');
    const hangs = await fake(`sleep 1000 & echo $! > ${pidFile}; echo begun; trap '' TERM; wait; sleep 1000`);
    const gone = async (): Promise<boolean> => {
      const pid = (await readFile(pidFile, 'utf8')).trim();
      const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      return status === '' || status.includes(') Z ');
    };
    for await (const _ of runTool(hangs, [], { url, signal: never }).stdout) break;
    assert.ok(await gone());
    const stop = new AbortController();
    const run = runTool(hangs, [], { url, signal: stop.signal });
    await assert.rejects(
      async () => {
        for await (const _ of run.stdout) stop.abort();
      },
      { name: 'AbortError' },
    );
    assert.ok(await gone());
    await assert.rejects(read(hangs, { limit: 300 }), /did not end within 0.3 s/);
    assert.ok(await gone());
  });

  it('feeds it as fast as it reads, and reads its input to the end all the same', async () => {
    let given = 0;
    const input = async function* (): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 200; n += 1) {
        given += 1;
        yield Buffer.alloc(65_536, 'x');
      }
    };
    assert.equal((await read(await fake('wc -c'), { stdin: input() })).trim(), String(200 * 65_536));
    given = 0;
    assert.equal(await read(await fake('head -c 10'), { stdin: input() }), 'xxxxxxxxxx');
    assert.equal(given, 200);
    given = 0;
    await assert.rejects(read(await fake('head -c 10; exit 3'), { stdin: input() }), /exit code 3/);
  });

  it('fails for what its input threw', async () => {
    const input = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x');
      throw new Error('the seal is broken');
    };
    await assert.rejects(
      finish(runTool(await fake('cat'), [], { url, signal: never, stdin: input() })),
      /the seal is broken/,
    );
  });

  it('leaves no password behind', async () => {
    const before = new Set(await folders());
    await read(await fake('exit 0'));
    await assert.rejects(read(await fake('exit 1')));
    // Others on this machine run programs as well.
    for (const name of (await folders()).filter((one) => !before.has(one))) {
      const line = await readFile(path.join(tmpdir(), name, 'password'), 'utf8').catch(() => '');
      assert.notEqual(line, passwordLine(secret));
    }
  });

  it('quotes names of databases that look like connection strings', () => {
    assert.equal(databaseArgument("host=evil o'clock\\"), "dbname='host=evil o\\'clock\\\\'");
  });
});
