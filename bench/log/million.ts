import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateKey } from '@surety/evidence';
import { signCheckpoint } from '../../packages/evidence/src/checkpoint.ts';
import { type Edge, edgeRoot, extendLevels } from '../../packages/evidence/src/edge.ts';
import { tilePath } from '../../packages/evidence/src/tile.ts';
import { leafHash } from '../../packages/evidence/src/tree.ts';

/** Writes checkpoint and hash tiles of a log of `size` records, without the records: all that a proof is made from. */
export async function writeTilesOf(folder: string, size: number): Promise<void> {
  let levels: Edge['levels'] = [];
  const step = 65_536;
  for (let at = 0; at < size; at += step) {
    const added = Math.min(step, size - at);
    const leaves = Array.from({ length: added }, (_, n) => leafHash(Buffer.from(`record ${at + n}`)));
    const grown = extendLevels(levels, at, leaves);
    levels = grown.levels;
    for (const { tile, bytes } of grown.files) {
      const path = join(folder, tilePath(tile));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
  }
  const checkpoint = signCheckpoint('example.com/bench', size, edgeRoot({ levels }), generateKey());
  await writeFile(join(folder, 'checkpoint'), checkpoint);
}
