import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import type { StoreFacts } from '../../../src/backup/facts.ts';
import { startS3Fake } from '../../../src/testing/s3-fake.ts';

const mib = 1024 * 1024;
const open = JSON.stringify(import.meta.resolve('../../../src/backup/stores/open.ts'));

/** What a process of its own needs, at most, to put so many MiB; in MiB. */
async function peak(facts: StoreFacts, size: number): Promise<number> {
  const script = `
    import { openStore } from ${open};
    const { facts, size } = JSON.parse(process.env.TEST_FACTS);
    const signal = new AbortController().signal;
    const store = await openStore('store', facts, { root: '/', signal, secret() {} });
    async function* body() { for (let n = 0; n < size * 16; n += 1) yield Buffer.alloc(${mib / 16}, n); }
    const { bytes } = await store.put('large/data-0', body(), { expect: size * ${mib} });
    if (bytes !== size * ${mib}) throw new Error('bytes are missing');
    await store.close();
    process.stdout.write(String(process.resourceUsage().maxRSS));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TEST_FACTS: JSON.stringify({ facts, size }) },
  });
  return Number(await text(child.stdout)) / 1024;
}

describe('memory stays flat, however large the object', () => {
  it('in S3', async (test) => {
    const fake = await startS3Fake({ sumsOnly: true, minPart: 5 * mib });
    try {
      const few = await peak(fake.facts(), 64);
      for (const { key } of fake.versions()) fake.lose(key);
      const many = await peak(fake.facts(), 1024);
      test.diagnostic(`64 MiB: ${few.toFixed()} MiB, 1 GiB: ${many.toFixed()} MiB`);
      assert.equal(fake.versions()[0]?.bytes, 1024 * mib);
      assert.ok(few > 0 && many < few + 100 && many < 300, `${many.toFixed()} MiB`);
    } finally {
      await fake.stop();
    }
  });

  it('in a folder', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'surety-large-'));
    try {
      const many = await peak({ folder }, 512);
      test.diagnostic(`512 MiB: ${many.toFixed()} MiB`);
      assert.ok(many > 0 && many < 250, `${many.toFixed()} MiB`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
