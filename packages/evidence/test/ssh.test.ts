import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sshFault } from '../src/index.ts';
import { scratchFolder } from './scratch.ts';

// `ssh-keygen` prints its usage and fails, where there is one.
const installed = spawnSync('ssh-keygen', ['-?']).error === undefined;
const skip = installed ? false : 'ssh-keygen is not installed';

const kinds: readonly (readonly [string, readonly string[]])[] = [
  ['ed25519', []],
  ['ecdsa', ['-b', '256']],
  ['ecdsa', ['-b', '384']],
  ['ecdsa', ['-b', '521']],
  ['rsa', ['-b', '2048']],
];

function signWith(folder: string, type: string, options: readonly string[], namespace = 'surety') {
  mkdirSync(folder, { recursive: true });
  const key = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', type, ...options, '-N', '', '-C', 'eve', '-f', key]);
  const message = 'what they claim\n';
  writeFileSync(join(folder, 'message'), message);
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', key, join(folder, 'message')], {
    stdio: 'ignore',
  });
  return {
    message,
    publicKey: readFileSync(`${key}.pub`, 'utf8').trim(),
    signature: readFileSync(join(folder, 'message.sig'), 'utf8'),
  };
}

for (const [type, options] of kinds)
  test(`what ssh-keygen signs with ${[type, ...options].join(' ')} is accepted, and nothing near it`, {
    skip,
  }, (t) => {
    // Several signatures: the numbers of an ECDSA signature differ in length.
    for (const turn of [1, 2, 3]) {
      const signed = signWith(join(scratchFolder(t), `${turn}`), type, options);
      assert.equal(sshFault(signed), null);
      assert.equal(sshFault({ ...signed, message: 'what they claim' }), 'it does not fit what is signed');
    }
    const [mine, others] = [1, 2].map((n) => signWith(join(scratchFolder(t), `o${n}`), type, options));
    assert.ok(mine && others);
    assert.equal(sshFault({ ...mine, publicKey: others.publicKey }), 'another key made it');
    const elsewhere = signWith(join(scratchFolder(t), 'n'), type, options, 'git');
    assert.equal(sshFault(elsewhere), 'it was made for "git"');
  });

test('a signature with any changed byte is refused', { skip }, (t) => {
  const signed = signWith(join(scratchFolder(t), 'k'), 'ed25519', []);
  const lines = signed.signature.trimEnd().split('\n');
  const blob = Buffer.from(lines.slice(1, -1).join(''), 'base64');
  for (let at = 0; at < blob.length; at += 1) {
    const changed = Buffer.from(blob);
    changed[at] = (changed[at] ?? 0) ^ 0x20;
    const signature = `${lines[0]}\n${changed.toString('base64')}\n${lines.at(-1)}\n`;
    assert.notEqual(sshFault({ ...signed, signature }), null, `byte ${at}`);
  }
});

test('the example in the SSHSIG specification, which lacks the hash, is refused', () => {
  const signature = [
    '-----BEGIN SSH SIGNATURE-----',
    'U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgJKxoLBJBivUPNTUJUSslQTt2hD',
    'jozKvHarKeN8uYFqgAAAADZm9vAAAAAAAAAFMAAAALc3NoLWVkMjU1MTkAAABAKNC4IEbt',
    'Tq0Fb56xhtuE1/lK9H9RZJfON4o6hE9R4ZGFX98gy0+fFJ/1d2/RxnZky0Y7GojwrZkrHT',
    'FgCqVWAQ==',
    '-----END SSH SIGNATURE-----',
  ].join('\n');
  const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICSsaCwSQYr1DzU1CVErJUE7doQ46Myrx2qynjfLmBao';
  assert.equal(sshFault({ publicKey, signature, message: '' }), 'it is not an SSH signature');
});
