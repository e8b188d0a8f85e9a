import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { tee } from '../../src/backup/tee.ts';

async function* counted(count: number, told: { at: number; ended: boolean }): AsyncGenerator<Uint8Array> {
  try {
    for (; told.at < count; told.at += 1) yield Uint8Array.of(told.at % 256);
  } finally {
    told.ended = true;
  }
}

async function all(bytes: AsyncIterable<Uint8Array>): Promise<number[]> {
  const got: number[] = [];
  for await (const piece of bytes) got.push(...piece);
  return got;
}

describe('the same bytes for several readers', () => {
  it('gives each of them all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.integer({ min: 1, max: 4 }), async (count, readers) => {
        const { outputs, done } = tee(counted(count, { at: 0, ended: false }), readers);
        const got = await Promise.all(outputs.map(({ bytes }) => all(bytes)));
        const want = Array.from({ length: count }, (_, n) => n % 256);
        for (const one of got) assert.deepEqual(one, want);
        assert.equal(await done, null);
      }),
    );
  });

  it('goes no faster than the slowest, and on without one that stops', async () => {
    const told = { at: 0, ended: false };
    const { outputs, done } = tee(counted(1_000, told), 2);
    const [quick, slow] = outputs;
    assert.ok(quick && slow);
    const reading = all(quick.bytes);
    await new Promise((go) => setImmediate(go));
    assert.ok(told.at < 20, `${told.at} pieces ahead`);
    slow.stop();
    assert.equal((await reading).length, 1_000);
    assert.equal(await done, null);
  });

  it('lets the source go when nobody is left', async () => {
    const told = { at: 0, ended: false };
    const { outputs, done } = tee(counted(1_000, told), 2);
    for (const one of outputs) one.stop();
    assert.equal(await done, null);
    assert.ok(told.ended);
    assert.ok(told.at < 20);
  });

  it('gives what the source threw to every reader, and an end to none', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(1);
      throw new Error('the dump broke');
    };
    const { outputs, done } = tee(broken(), 2);
    const got = await Promise.allSettled(outputs.map(({ bytes }) => all(bytes)));
    for (const one of got) assert.ok(one.status === 'rejected' && /the dump broke/.test(String(one.reason)));
    assert.match(String((await done)?.error), /the dump broke/);
  });
});
