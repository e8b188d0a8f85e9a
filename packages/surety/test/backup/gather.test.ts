import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import fc from 'fast-check';
import { newGatherer } from '../../src/backup/gather.ts';

const tap = { pause: () => undefined, resume: () => undefined, destroy: () => undefined };

describe('gathering small pieces', () => {
  it('gives the same bytes in their order, whatever pieces they come in', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 700_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const gatherer = newGatherer();
        const given = lengths.map((length, n) => Buffer.alloc(length, n + 1));
        for (const piece of given) gatherer.take(piece);
        gatherer.end();
        const got: Buffer[] = [];
        for await (const piece of gatherer.pieces(tap)) got.push(Buffer.from(piece));
        assert.ok(Buffer.concat(got).equals(Buffer.concat(given)));
      }),
      { numRuns: 40 },
    );
  });

  it('uses its memory again, and lets the source stand while nobody reads', async () => {
    const source = new PassThrough();
    const gatherer = newGatherer();
    const pieces = gatherer.pieces(source);
    source.on('data', gatherer.take);
    source.on('close', gatherer.end);
    let written = 0;
    const writing = (async () => {
      for (; written < 40_000_000; written += 65_536) {
        if (!source.write(Buffer.alloc(65_536, 1))) await new Promise((go) => source.once('drain', go));
      }
      source.end();
    })();
    const memory = new Set<ArrayBufferLike>();
    let read = 0;
    let first = true;
    for await (const piece of pieces) {
      if (first) {
        await after(50);
        assert.ok(written < 8_000_000, `${written} bytes are ahead`);
        first = false;
      }
      memory.add(piece.buffer);
      read += piece.length;
    }
    await writing;
    assert.equal(read, written);
    assert.ok(memory.size < 8, `${memory.size} pieces of memory`);
  });

  it('hands on what there is when no more comes', async () => {
    const gatherer = newGatherer();
    gatherer.take(Buffer.from('rows'));
    const pieces = gatherer.pieces(tap);
    const { value } = await pieces.next();
    assert.equal(Buffer.from(value ?? []).toString(), 'rows');
  });

  it('throws what the source failed with, after what came before', async () => {
    const gatherer = newGatherer();
    gatherer.take(Buffer.from('rows'));
    gatherer.fail(new Error('cut'));
    gatherer.end();
    const pieces = gatherer.pieces(tap);
    assert.equal((await pieces.next()).done, false);
    await assert.rejects(pieces.next(), /cut/);
  });

  it('ends the source when nobody reads any more', async () => {
    let ended = false;
    const gatherer = newGatherer();
    gatherer.take(Buffer.from('rows'));
    for await (const _ of gatherer.pieces({ ...tap, destroy: () => (ended = true) })) break;
    assert.ok(ended);
  });
});
