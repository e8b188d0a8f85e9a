import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { EvidenceError } from './error.ts';
import { type Files, folderFiles } from './files.ts';
import { checkpointFile } from './layout.ts';
import { altered } from './log-state.ts';
import type { Sha256 } from './record.ts';
import { decodeTile, subtreeFromTiles, tilePath } from './tile.ts';
import {
  consistencyProof,
  type Hash,
  inclusionProof,
  rangeHash,
  verifyConsistency,
  verifyInclusion,
} from './tree.ts';

/** That a record is in the log of a checkpoint. Hashes in hexadecimal, nearest sibling first. */
export type InclusionProof = {
  readonly index: number;
  readonly size: number;
  readonly leaf: Sha256;
  readonly path: readonly Sha256[];
  readonly root: Sha256;
};

/** That the log of the first checkpoint is a beginning of that of the second. */
export type ConsistencyProof = {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Sha256;
  readonly secondRoot: Sha256;
  readonly path: readonly Sha256[];
};

/** Makes proofs from the tiles of a log, of which it reads only the few that a proof needs. */
export type Prover = {
  readonly checkpoint: Checkpoint;
  /** @throws {EvidenceError} `log/no-record` or `log/altered`. */
  inclusion(index: number): Promise<InclusionProof>;
  /** From the tree of the first `size` records to the whole. @throws {EvidenceError} likewise. */
  consistency(size: number): Promise<ConsistencyProof>;
};

// 8 KiB each: a proof in a log of 16 million records reads three.
const cachedTiles = 64;

/** @throws {EvidenceError} `log/missing` or `log/altered`. */
export async function openProver(folder: string): Promise<Prover> {
  const files = await folderFiles(folder);
  const checkpoint = parseCheckpoint((await files.read(checkpointFile))?.toString('utf8') ?? '');
  if (checkpoint === null) throw altered(folder, 'its checkpoint is missing or unreadable');
  const { size, root } = checkpoint;
  const subtree = subtreeFromTiles(size, tileReader(files));
  return {
    checkpoint,
    async inclusion(index) {
      const leaf = await subtree(0, within(index, 0, size - 1));
      const path = await inclusionProof(index, size, subtree);
      if (!verifyInclusion({ leaf, index, size, path, root }))
        throw altered(folder, 'its tiles do not add up to its checkpoint');
      return { index, size, leaf: hex(leaf), path: path.map(hex), root: hex(root) };
    },
    async consistency(first) {
      const path = await consistencyProof(within(first, 1, size), size, subtree);
      const firstRoot = await rangeHash(0, first, subtree);
      if (!verifyConsistency({ first, second: size, firstRoot, secondRoot: root, path }))
        throw altered(folder, 'its tiles do not add up to its checkpoint');
      return { first, second: size, firstRoot: hex(firstRoot), secondRoot: hex(root), path: path.map(hex) };
    },
  };
}

/** Whether a proof shows that the record with this leaf hash is in the log with this root. */
export function checkInclusion(proof: InclusionProof): boolean {
  const [leaf, root] = [bytes(proof.leaf), bytes(proof.root)];
  return verifyInclusion({ ...proof, leaf, root, path: proof.path.map(bytes) });
}

/** Whether a proof shows that the first log is a beginning of the second. */
export function checkConsistency(proof: ConsistencyProof): boolean {
  const [firstRoot, secondRoot] = [bytes(proof.firstRoot), bytes(proof.secondRoot)];
  return verifyConsistency({ ...proof, firstRoot, secondRoot, path: proof.path.map(bytes) });
}

function tileReader(files: Files): Parameters<typeof subtreeFromTiles>[1] {
  const cache = new Map<string, readonly Hash[]>();
  return async (tile) => {
    const path = tilePath(tile);
    const cached = cache.get(path);
    if (cached !== undefined) return cached;
    const hashes = decodeTile((await files.read(path)) ?? Buffer.alloc(0), tile.width);
    if (hashes === null) throw altered(files.where, `${path} is missing or damaged`);
    const oldest = cache.size < cachedTiles ? undefined : cache.keys().next().value;
    if (oldest !== undefined) cache.delete(oldest);
    cache.set(path, hashes);
    return hashes;
  };
}

function within(index: number, least: number, most: number): number {
  if (Number.isSafeInteger(index) && index >= least && index <= most) return index;
  throw new EvidenceError(
    'log/no-record',
    `there is no ${index} in a log of ${most - least + 1}`,
    `give ${least} to ${most}`,
  );
}

const hex = (hash: Hash): Sha256 => hash.toString('hex');
const bytes = (hash: Sha256): Hash => Buffer.from(hash, 'hex');
