import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDockerfile } from '../../../src/targets/repo/dockerfile.ts';
import { withNumericUser } from '../../../src/targets/repo/numeric-user.ts';
import { endOf, stageNamed } from '../../../src/targets/repo/stage-user.ts';

function told(text: string, target: string | null = null): string {
  const file = readDockerfile(text);
  if ('trouble' in file) return `trouble: ${file.trouble}`;
  const stage = stageNamed(file, target);
  if (stage === null) return 'no such stage';
  const { user } = endOf(file, stage);
  if (user.kind === 'set') return user.user;
  return user.kind === 'none' ? `none over ${user.base}` : `unknown: ${user.why}`;
}

test('what nobody can tell by reading is unknown, and says what is missing', () => {
  const base = 'FROM base\n';
  assert.equal(told(`${base}ARG UID\nUSER $UID`), 'unknown: ARG UID has no default');
  assert.equal(told(`${base}USER $APP_UID`), 'unknown: APP_UID is not set here, perhaps in base');
  assert.equal(told(`${base}USER \${APP_UID:-1001}`), 'unknown: APP_UID is not set here, perhaps in base');
  assert.equal(told(`${base}ARG A=x\nUSER \${A#x}`), `unknown: \${A#…} is not evaluated`);
  assert.equal(told(`${base}RUN cat 3<<X\nUSER 1001\nX\n`), 'trouble: X is not an instruction');
  assert.equal(
    told(`${base}RUN cat 3<<CMD\nUSER 1001\nCMD\n`),
    'trouble: a heredoc with a file descriptor is not read',
  );
  assert.equal(
    told('# syntax=example.com/own:1\nFROM base\nUSER 1001\n'),
    'trouble: its syntax is that of example.com/own:1, which is not known here',
  );
  assert.equal(told('# only a comment\n'), 'trouble: it has no FROM');
  assert.equal(told(''), 'trouble: it has no FROM');
  assert.equal(told('{{ if x }}\nFROM base\n'), 'trouble: {{ is not an instruction');
});

test('a group that is not known does not hide the user', () => {
  assert.equal(told('FROM base\nARG GID\nUSER 1001:$GID'), '1001:');
  assert.equal(told('FROM base\nARG GID\nUSER 0:$GID'), '0:');
});

test('variables are filled in as builds do', () => {
  assert.equal(told("FROM base\nARG U=7\nUSER '$U'"), '$U');
  assert.equal(told('FROM base\nARG U=7\nUSER "$U"'), '7');
  assert.equal(told('FROM base\nARG U=7\nUSER \\$U'), '$U');
  assert.equal(told('FROM base\nENV A=1 B=2\nENV A=3 B=$A\nUSER $B'), '1');
  assert.equal(told('FROM base\nENV OLD 5 6\nUSER $OLD'), '5 6');
  assert.equal(told('ARG U=8\nFROM base\nUSER $U'), 'unknown: U is not set here, perhaps in base');
  assert.equal(told(`FROM base\nARG U=\nUSER \${U:+9}1`), '1');
  assert.equal(told(`FROM base\nARG U=x\nUSER \${U:+9}1`), '91');
  assert.equal(told('ARG B=one\nFROM base AS one\nUSER 5\nFROM $B\n'), '5');
  assert.equal(told('FROM a AS one\nUSER 5\nFROM b\n', 'ONE'), '5');
  assert.equal(told('FROM a\nUSER 5\nFROM b\n', '0'), '5');
  assert.equal(told('FROM one AS one\nUSER 5\nFROM scratch\n', null), 'none over scratch');
});

test('only the meant line changes, with the number that the file itself gives', () => {
  const build = (text: string) => {
    const file = readDockerfile(text);
    assert.ok(!('trouble' in file));
    const stage = stageNamed(file, null);
    assert.ok(stage);
    return withNumericUser(text, [{ stage, args: new Map() }]);
  };
  const made = 'FROM node:24\r\nRUN addgroup -g 1001 n && \\\r\n    adduser -S -u 1001 -G n nestjs\r\n';
  assert.equal(build(`${made}USER nestjs\r\nCMD ["x"]\r\n`), `${made}USER 1001\r\nCMD ["x"]\r\n`);
  assert.equal(build(`${made}CMD ["x"]\r\n`), `${made}USER 10001:10001\r\nCMD ["x"]\r\n`);
  assert.equal(build('FROM node:24\nUSER node # why\n'), 'FROM node:24\nUSER 1000\n');
  assert.equal(
    build('FROM node:24\nUSER root\nRUN x\n# start\nCMD y'),
    'FROM node:24\nUSER root\nRUN x\n# start\nUSER 10001:10001\nCMD y',
  );
  assert.equal(build('FROM node:24\nCMD y\nRUN x'), 'FROM node:24\nCMD y\nRUN x\nUSER 10001:10001');
  assert.equal(build('FROM node:24\nARG UID\nUSER $UID\n'), 'FROM node:24\nARG UID\nUSER $UID\n');
});
