import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../../../src/backup/physical/config.ts';
import { readInfo } from '../../../src/backup/physical/info.ts';
import { readVerified } from '../../../src/backup/physical/verify-output.ts';

test('what is secret in pgbackrest.conf is kept for redaction only', () => {
  const text = [
    '[global]',
    'repo1-cipher-type=aes-256-cbc',
    'repo1-cipher-pass = canary-pass',
    '#repo1-retention-full=9',
    'repo1-retention-full=2',
    'repo2-type=s3',
    'repo2-s3-key-type=shared',
    'repo2-s3-key-secret=canary-secret',
    '[other]',
    'repo1-retention-full=7',
    '[main]',
    'repo2-host=vault',
  ].join('\n');
  const { repositories, secrets } = parseConfiguration(text, 'main');
  assert.deepEqual(secrets, ['canary-pass', 'canary-secret']);
  assert.ok(!JSON.stringify(repositories).includes('canary'));
  assert.deepEqual(repositories, [
    { key: 1, type: 'posix', cipher: 'aes-256-cbc', retention: { full: 2, unit: 'count' }, remote: false },
    { key: 2, type: 's3', cipher: 'none', retention: { full: null, unit: 'count' }, remote: true },
  ]);
});

const status = (code: number, message: string) => ({ code, message });
const answer = (repo: object, more: object = {}): string =>
  JSON.stringify([
    { name: 'main', status: status(0, 'ok'), backup: [], archive: [], db: [], repo: [repo], ...more },
  ]);

test('a system identifier keeps all its digits', () => {
  const db = `"db":[{"id":1,"repo-key":1,"system-id":7710971175144910797,"version":"15"}]`;
  const text = answer({ key: 1, cipher: 'none', status: status(2, 'no valid backups') }).replace(
    '"db":[]',
    db,
  );
  const info = readInfo(text, 'main');
  assert.equal(info.cluster?.systemIdentifier, '7710971175144910797');
  assert.equal(info.trouble, 'no valid backups');
});

test('a stanza that is missing is a fact; a repository that cannot be read is blindness', () => {
  const missing = answer({ key: 1, cipher: 'none', status: status(1, 'missing stanza path') });
  assert.equal(readInfo(missing, 'main').trouble, 'missing stanza path');
  assert.equal(readInfo('[]', 'main').trouble, 'pgBackRest knows no stanza main');
  const denied = answer({
    key: 1,
    cipher: 'none',
    status: status(99, "[PathOpenError] '/b': [13] Permission denied"),
  });
  assert.throws(() => readInfo(denied, 'main'), { name: 'SuretyError', code: 'physical/repository' });
});

test('what pgBackRest deciphered with a wrong key is not repeated', () => {
  const text = answer({
    key: 1,
    cipher: 'none',
    status: status(
      99,
      '[FormatError] key/value found outside of section at line 1: canary\u0007\nHINT: canary',
    ),
  });
  assert.throws(
    () => readInfo(text, 'main'),
    (error: unknown) => error instanceof Error && !error.message.includes('canary'),
  );
});

test('another answer than we know is refused, not guessed at', () => {
  assert.throws(() => readInfo('{"a":1}', 'main'), { code: 'physical/answer' });
  assert.throws(() => readInfo('', 'main'), { code: 'physical/answer' });
});

test('verify exits 0 whatever it found: each of its lines counts', () => {
  const found = readVerified(`stanza: main
status: ok
  archiveId: 15-1, total WAL checked: 7, total valid WAL: 6
    missing: 0, checksum invalid: 1, size invalid: 0, other: 0
  backup: 20261122-122625F, status: manifest missing, total files checked: 0, total valid files: 0
  backup: 20261122-122625F_20261122-122634I, status: valid, total files checked: 965, total valid files: 965
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
`);
  assert.deepEqual(
    [...found.archive, ...found.backups].map(({ what, trouble }) => [what, trouble]),
    [
      ['15-1', '1 checksum invalid'],
      ['20261122-122625F', 'manifest missing'],
      ['20261122-122625F_20261122-122634I', null],
    ],
  );
  assert.equal(
    readVerified('stanza: main\nstatus: error\n  No usable backup.info file\n').trouble,
    'No usable backup.info file',
  );
});
