import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { decrypt, encrypt } from '../../src/backup/age.ts';
import { seal, unseal } from '../../src/backup/seal.ts';

const canary = 'canary-Ada-Lovelace';

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

describe('sealing', () => {
  let identity = '';
  let other = '';
  let recipients: readonly string[] = [];
  before(async () => {
    identity = await generateX25519Identity();
    other = await generateX25519Identity();
    recipients = [await identityToRecipient(identity), await identityToRecipient(other)];
  });

  it('gives the same bytes back, to each recipient, whatever their number and pieces', async () => {
    const chunk = 64 * 1024;
    const sizes = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 300_001];
    for (const size of sizes) {
      const plain = randomBytes(size);
      const sealed = await whole(seal(pieces(plain, 10_007), recipients));
      for (const one of [identity, other])
        assert.ok(plain.equals(await whole(unseal(pieces(sealed, 9_001), one))), `${size} bytes`);
    }
  });

  it('writes what the age library reads, and reads what that writes', async () => {
    for (const size of [0, 5, 65_536, 131_072, 200_000]) {
      const plain = randomBytes(size);
      const theirs = new Decrypter();
      theirs.addIdentity(identity);
      const ours = await whole(encrypt(pieces(plain, 7_777), recipients));
      assert.ok(plain.equals(await theirs.decrypt(ours)));
      const encrypter = new Encrypter();
      for (const recipient of recipients) encrypter.addRecipient(recipient);
      const sealed = await encrypter.encrypt(new Uint8Array(plain));
      assert.ok(plain.equals(await whole(decrypt(pieces(sealed, 1_000), other))));
    }
  });

  it('can be opened with the programs of any Debian', async (t) => {
    if (!has('age') || !has('zstd')) return t.skip('age and zstd are not installed');
    const folder = await mkdtemp(path.join(tmpdir(), 'surety-seal-'));
    after(() => rm(folder, { recursive: true, force: true }));
    const plain = Buffer.from(`${canary}\n`.repeat(20_000));
    const sealed = await whole(seal(pieces(plain, 50_000), recipients));
    await writeFile(path.join(folder, 'identity'), `${identity}\n`);
    const opened = spawnSync('age', ['-d', '-i', path.join(folder, 'identity')], { input: sealed });
    assert.equal(opened.status, 0, String(opened.stderr));
    const unpacked = spawnSync('zstd', ['-d', '-c'], { input: opened.stdout, maxBuffer: 1e8 });
    assert.ok(plain.equals(unpacked.stdout));
    const listed = spawnSync('zstd', ['-lv', '/dev/stdin'], { input: opened.stdout });
    assert.doesNotMatch(String(listed.stdout), /Check: None/);
    assert.ok(!sealed.includes(canary));
  });

  it('refuses every flipped bit and every cut', async () => {
    const plain = Buffer.from(`${canary} `.repeat(30_000));
    const sealed = await whole(seal(pieces(plain, 50_000), recipients));
    const refused = { code: /^seal\/(altered|no-key)$/ };
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length * 8 - 1), async (bit) => {
        const flipped = Buffer.from(sealed);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await assert.rejects(whole(unseal(pieces(flipped, 4_096), identity)), hasCode(refused.code));
      }),
      { numRuns: 200 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), async (length) => {
        const cut = sealed.subarray(0, length);
        await assert.rejects(whole(unseal(pieces(cut, 4_096), identity)), hasCode(refused.code));
      }),
      { numRuns: 100 },
    );
  });

  it('says that it is the wrong key where it is', async () => {
    const sealed = await whole(seal(pieces(Buffer.from('x'), 1), recipients));
    const stranger = await generateX25519Identity();
    await assert.rejects(whole(unseal(pieces(sealed, 100), stranger)), hasCode(/^seal\/no-key$/));
  });

  it('has no end where its source has none', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield randomBytes(500_000);
      throw new Error('the dump broke off');
    };
    await assert.rejects(whole(seal(broken(), recipients)), /the dump broke off/);
  });

  it('lets go of its source when nobody reads on', async () => {
    let closed = false;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield randomBytes(100_000);
      } finally {
        closed = true;
      }
    };
    let read = 0;
    for await (const _ of seal(endless(), recipients)) if (++read > 5) break;
    assert.ok(closed);
  });
});

function hasCode(code: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && code.test(String(error.code));
}
