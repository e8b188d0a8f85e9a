import { hash } from 'node:crypto';

/** A SHA-256 node of an RFC 6962 tree. */
export type Hash = Buffer;

/** The hash of leaves `[index · 2^height, (index + 1) · 2^height)`, which must all exist. */
export type Subtree = (height: number, index: number) => Hash | Promise<Hash>;

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

export function leafHash(entry: Uint8Array): Hash {
  return hash('sha256', Buffer.concat([leafPrefix, entry]), 'buffer');
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return hash('sha256', Buffer.concat([nodePrefix, left, right]), 'buffer');
}

/** The root of the tree without leaves. */
export const emptyRoot: Hash = hash('sha256', '', 'buffer');

/** The hash of leaves `[start, end)`, where `start` is a multiple of the largest power of two below `end - start`. */
export async function rangeHash(start: number, end: number, subtree: Subtree): Promise<Hash> {
  const size = end - start;
  if (size === 0) return emptyRoot;
  const split = powerBelow(size);
  if (size === 1 || split * 2 === size) return subtree(Math.log2(size), start / size);
  return nodeHash(
    await rangeHash(start, start + split, subtree),
    await rangeHash(start + split, end, subtree),
  );
}

/** The audit path of a leaf in the tree of `size` leaves, nearest sibling first (RFC 6962, 2.1.1). */
export async function inclusionProof(index: number, size: number, subtree: Subtree): Promise<Hash[]> {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) throw outside(index, size);
  const path: Hash[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + powerBelow(end - start);
    const left = index < middle;
    path.push(await (left ? rangeHash(middle, end, subtree) : rangeHash(start, middle, subtree)));
    [start, end] = left ? [start, middle] : [middle, end];
  }
  return path.reverse();
}

/** The proof that the tree of `first` leaves is a beginning of that of `second` (RFC 6962, 2.1.2). */
export async function consistencyProof(first: number, second: number, subtree: Subtree): Promise<Hash[]> {
  if (!(Number.isSafeInteger(first) && first > 0 && first <= second)) throw outside(first, second);
  const path: Hash[] = [];
  let [start, end] = [0, second];
  // The innermost subtree needs no hash of its own as long as it is the whole first tree.
  while (first !== end) {
    const middle = start + powerBelow(end - start);
    if (first <= middle) {
      path.push(await rangeHash(middle, end, subtree));
      end = middle;
    } else {
      path.push(await rangeHash(start, middle, subtree));
      start = middle;
    }
  }
  if (start > 0) path.push(await rangeHash(start, end, subtree));
  return path.reverse();
}

/** Whether `path` proves that `leaf` is the leaf at `index` of the tree with this size and root. */
export function verifyInclusion(proof: {
  readonly leaf: Hash;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Hash[];
  readonly root: Hash;
}): boolean {
  let [node, last] = [proof.index, proof.size - 1];
  if (!(Number.isSafeInteger(node) && node >= 0 && node <= last)) return false;
  let reached = proof.leaf;
  for (const sibling of proof.path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      reached = nodeHash(sibling, reached);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      reached = nodeHash(reached, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && reached.equals(proof.root);
}

/** Whether `path` proves that the first tree is a beginning of the second. */
export function verifyConsistency(proof: {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Hash;
  readonly secondRoot: Hash;
  readonly path: readonly Hash[];
}): boolean {
  const { first, second, firstRoot, secondRoot, path } = proof;
  if (!(first > 0 && first <= second)) return false;
  if (first === second) return path.length === 0 && firstRoot.equals(secondRoot);
  const whole = powerBelow(first + 1) === first;
  const [start, ...rest] = whole ? [firstRoot, ...path] : path;
  if (start === undefined) return false;
  let [node, last] = [first - 1, second - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  let [one, two] = [start, start];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      one = nodeHash(sibling, one);
      two = nodeHash(sibling, two);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      two = nodeHash(two, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && one.equals(firstRoot) && two.equals(secondRoot);
}

/** The largest power of two below `size`, and 1 for 1. */
function powerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function half(node: number): number {
  return Math.floor(node / 2);
}

function outside(index: number, size: number): RangeError {
  return new RangeError(`no leaf or tree ${index} in a tree of ${size}`);
}
