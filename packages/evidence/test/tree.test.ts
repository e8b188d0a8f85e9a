import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { edgeRoot, emptyEdge, extend } from '../src/edge.ts';
import { decodeTile, levelSize, subtreeFromTiles, tilePath, tilesOf } from '../src/tile.ts';
import {
  consistencyProof,
  emptyRoot,
  type Hash,
  inclusionProof,
  leafHash,
  nodeHash,
  rangeHash,
  verifyConsistency,
  verifyInclusion,
} from '../src/tree.ts';

// The leaves and roots that certificate-transparency-go publishes with its Merkle tree.
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The tree as RFC 6962 defines it, word for word. */
function slowRoot(hashes: readonly Hash[]): Hash {
  const [only] = hashes;
  if (only === undefined) return createHash('sha256').digest();
  if (hashes.length === 1) return only;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(slowRoot(hashes.slice(0, split)), slowRoot(hashes.slice(split)));
}

const hashesOf = (size: number): Hash[] =>
  Array.from({ length: size }, (_, n) => leafHash(Buffer.from(`leaf ${n}`)));
const subtreeOf =
  (hashes: readonly Hash[]) =>
  (height: number, index: number): Hash =>
    slowRoot(hashes.slice(index * 2 ** height, (index + 1) * 2 ** height));

test('published roots', async () => {
  assert.equal(emptyRoot.toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  for (const [at, root] of roots.entries()) {
    const hashes = leaves.slice(0, at + 1).map(leafHash);
    assert.equal((await rangeHash(0, at + 1, subtreeOf(hashes))).toString('hex'), root);
    assert.equal(edgeRoot(extend(emptyEdge, leaves.slice(0, at + 1)).edge).toString('hex'), root);
  }
});

test('published proofs', async () => {
  const hashes = leaves.map(leafHash);
  const hex = (path: readonly Hash[]) => path.map((hash) => hash.toString('hex'));
  assert.deepEqual(hex(await inclusionProof(5, 8, subtreeOf(hashes))), [
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
  assert.deepEqual(hex(await consistencyProof(6, 8, subtreeOf(hashes))), [
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
});

test('every proof in small trees holds, and holds for nothing else', async () => {
  for (let size = 1; size <= 17; size += 1) {
    const hashes = hashesOf(size);
    const root = slowRoot(hashes);
    for (let index = 0; index < size; index += 1) {
      const leaf = hashes[index] ?? emptyRoot;
      const path = await inclusionProof(index, size, subtreeOf(hashes));
      const proof = { leaf, index, size, path, root };
      assert.ok(verifyInclusion(proof));
      assert.ok(!verifyInclusion({ ...proof, path: [...path, root] }));
      assert.ok(!verifyInclusion({ ...proof, path: path.slice(1) }) || path.length === 0);
      assert.ok(!verifyInclusion({ ...proof, leaf: emptyRoot }));
      for (let other = -1; other <= size; other += 1)
        if (other !== index) assert.ok(!verifyInclusion({ ...proof, index: other }));
    }
    for (let first = 1; first <= size; first += 1) {
      const path = await consistencyProof(first, size, subtreeOf(hashes));
      const proof = {
        first,
        second: size,
        firstRoot: slowRoot(hashes.slice(0, first)),
        secondRoot: root,
        path,
      };
      assert.ok(verifyConsistency(proof), `${first} to ${size}`);
      assert.ok(!verifyConsistency({ ...proof, firstRoot: emptyRoot }));
      assert.ok(!verifyConsistency({ ...proof, secondRoot: emptyRoot }));
      assert.ok(!verifyConsistency({ ...proof, path: [...path, root] }));
    }
  }
  await assert.rejects(inclusionProof(3, 3, subtreeOf(hashesOf(3))), RangeError);
  await assert.rejects(consistencyProof(4, 3, subtreeOf(hashesOf(3))), RangeError);
});

test('tiles have the paths of C2SP tlog-tiles', () => {
  assert.equal(tilePath({ level: 0, index: 1234067, width: 256 }), 'tile/0/x001/x234/067');
  assert.equal(tilePath({ level: 2, index: 0, width: 1 }), 'tile/2/000.p/1');
  assert.equal(tilePath({ level: 'entries', index: 999, width: 255 }), 'tile/entries/999.p/255');
  assert.equal(tilePath({ level: 1, index: 1000, width: 256 }), 'tile/1/x001/000');
});

test('a tree of 70,000 has the tiles that C2SP tlog-tiles counts', () => {
  const tiles = [...tilesOf(70_000)];
  const count = (level: number | 'entries', full: boolean) =>
    tiles.filter((tile) => tile.level === level && (tile.width === 256) === full).length;
  assert.deepEqual(
    [count(0, true), count(0, false), count(1, true), count(1, false), count(2, false)],
    [273, 1, 1, 1, 1],
  );
  assert.equal(tiles.find(({ level, width }) => level === 0 && width < 256)?.width, 112);
  assert.equal(tiles.find(({ level, width }) => level === 1 && width < 256)?.width, 17);
  assert.equal(count('entries', true), 273);
  assert.deepEqual([...tilesOf(256)].map(tilePath), ['tile/0/000', 'tile/1/000.p/1', 'tile/entries/000']);
});

test('tiles written in any steps are those of the whole tree, and proofs come out of them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
      fc.nat(),
      async (steps, seed) => {
        const size = steps.reduce((a, b) => a + b);
        const entries = Array.from({ length: size }, (_, n) => Buffer.from(`leaf ${n}`));
        const stored = new Map<string, Buffer>();
        let edge = emptyEdge;
        for (const step of steps) {
          const grown = extend(edge, entries.slice(edge.size, edge.size + step));
          for (const { tile, bytes } of grown.files) stored.set(tilePath(tile), bytes);
          edge = grown.edge;
        }
        const hashes = entries.map(leafHash);
        const root = slowRoot(hashes);
        assert.ok(edgeRoot(edge).equals(root));
        for (const tile of tilesOf(size)) assert.ok(stored.has(tilePath(tile)), tilePath(tile));
        const subtree = subtreeFromTiles(size, async (tile) => {
          assert.ok(tile.width <= levelSize(tile.level, size));
          return decodeTile(stored.get(tilePath(tile)) ?? Buffer.alloc(0), tile.width) ?? [];
        });
        const index = seed % size;
        const path = await inclusionProof(index, size, subtree);
        assert.ok(verifyInclusion({ leaf: hashes[index] ?? root, index, size, path, root }));
        const first = index + 1;
        const firstRoot = slowRoot(hashes.slice(0, first));
        const consistency = await consistencyProof(first, size, subtree);
        assert.ok(verifyConsistency({ first, second: size, firstRoot, secondRoot: root, path: consistency }));
      },
    ),
    { numRuns: 15 },
  );
});
