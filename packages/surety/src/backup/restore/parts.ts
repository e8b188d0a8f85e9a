import { createHash } from 'node:crypto';
import { SuretyError } from '../../core/error.ts';
import { type Manifest, type Part, partKey } from '../manifest.ts';
import { unseal } from '../seal.ts';
import type { BackupSet } from '../sets.ts';
import { type SourceFacts, sourceFacts } from '../source-facts.ts';
import type { Store } from '../stores/store.ts';

/** So many bytes hold the header of an age file with hundreds of recipients, and the nonce behind it. */
const headBytes = 64 * 1024;

/** A part that was read to its end and is what the manifest says. */
export type CheckedPart = { readonly part: Part; readonly head: string };

/** A part on its way out of the store, decrypted. */
export type OpenPart = {
  readonly plain: AsyncIterable<Uint8Array>;
  /** Of what came out so far. */
  bytes(): number;
  /** Reads what nobody took, and sees that all of it is still what the manifest says. @throws {SuretyError} `restore/altered` */
  finish(): Promise<void>;
};

export type LogicalParts<P> = {
  readonly globals: P;
  readonly outline: P;
  readonly facts: P;
  readonly rows: readonly P[];
};

/**
 * The parts of a logical backup, by what they are.
 *
 * @throws {SuretyError} `restore/not-logical`, `restore/odd-parts`
 */
export function logicalParts(manifest: Manifest): LogicalParts<Part> {
  if (manifest.engine !== 'logical')
    throw new SuretyError(
      'restore/not-logical',
      `${manifest.backup} is a physical backup`,
      'restore it by its own engine; docs/runbooks say how',
    );
  const named = new Map(manifest.parts.map((part) => [part.part, part]));
  const find = (name: string): Part => {
    const found = named.get(name);
    if (found === undefined) throw oddParts(manifest, `it has no part ${name}`);
    return found;
  };
  const rows = manifest.parts.filter(({ part }) => /^data-\d+$/.test(part));
  const known = new Set(['globals', 'outline', 'facts', ...rows.map(({ part }) => part)]);
  const odd = manifest.parts.find(
    ({ part, key }) => !known.has(part) || key !== partKey(manifest.backup, part),
  );
  if (odd !== undefined) throw oddParts(manifest, `nobody knows what its part ${odd.part} is`);
  if (named.size !== manifest.parts.length) throw oddParts(manifest, 'it names a part twice');
  return {
    globals: find('globals'),
    outline: find('outline'),
    facts: find('facts'),
    rows: rows.map((_, index) => find(`data-${index}`)),
  };
}

/**
 * Reads a part to its end without opening it.
 *
 * @throws {SuretyError} `restore/altered` where it is not, bit by bit, what the manifest says
 */
export async function checkPart(store: Store, part: Part, signal: AbortSignal): Promise<CheckedPart> {
  const whole = createHash('sha256');
  const head = createHash('sha256');
  let bytes = 0;
  for await (const chunk of store.read(part.key, part.version, signal)) {
    signal.throwIfAborted();
    if (bytes < headBytes) head.update(chunk.subarray(0, headBytes - bytes));
    whole.update(chunk);
    bytes += chunk.length;
    if (bytes > part.bytes) throw altered(part, `it is longer than ${part.bytes} bytes`);
  }
  if (bytes < part.bytes) throw altered(part, `it is ${bytes} of ${part.bytes} bytes`);
  if (whole.digest('hex') !== part.sha256) throw altered(part, 'its SHA-256 is another one');
  return { part, head: head.digest('hex') };
}

/** Reads every part of a logical backup as it is stored. @throws {SuretyError} `restore/…`, `store/…` naming the first that is not what was signed */
export async function checkParts(
  { manifest }: Pick<BackupSet, 'manifest'>,
  store: Store,
  signal: AbortSignal,
): Promise<LogicalParts<CheckedPart>> {
  const parts = logicalParts(manifest);
  const check = (part: Part): Promise<CheckedPart> => checkPart(store, part, signal);
  const rows: CheckedPart[] = [];
  for (const part of parts.rows) rows.push(await check(part));
  return {
    globals: await check(parts.globals),
    outline: await check(parts.outline),
    facts: await check(parts.facts),
    rows,
  };
}

/**
 * Opens a part that was checked. Should somebody exchange it between the two readings, nothing of theirs comes out: its head, which holds the key that
 * authenticates every chunk behind it, has to be the one that was checked.
 */
export function openPart(
  store: Store,
  checked: CheckedPart,
  identity: string,
  signal: AbortSignal,
): OpenPart {
  const sealed = sameAgain(store, checked, signal);
  let failure: unknown = null;
  let bytes = 0;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      return await sealed.next();
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  // Without `return`: who takes only the beginning of the plain bytes must not end the reading.
  const source = { [Symbol.asyncIterator]: () => ({ next }) };
  async function* plain(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of unseal(source, identity)) {
        bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw failure ?? error;
    }
  }
  return {
    plain: plain(),
    bytes: () => bytes,
    async finish() {
      while ((await next()).done !== true);
    },
  };
}

async function* sameAgain(
  store: Store,
  { part, head }: CheckedPart,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const whole = createHash('sha256');
  let held: Uint8Array[] | null = [];
  let bytes = 0;
  for await (const chunk of store.read(part.key, part.version, signal)) {
    signal.throwIfAborted();
    whole.update(chunk);
    bytes += chunk.length;
    held?.push(chunk);
    if (held !== null && bytes < headBytes) continue;
    if (held !== null) {
      yield sameHead(part, held, head);
      held = null;
    } else yield chunk;
  }
  if (held !== null) yield sameHead(part, held, head);
  if (bytes !== part.bytes || whole.digest('hex') !== part.sha256)
    throw altered(part, 'it was changed while it was restored');
}

function sameHead(part: Part, held: readonly Uint8Array[], head: string): Uint8Array {
  const begin = Buffer.concat(held);
  const digest = createHash('sha256').update(begin.subarray(0, headBytes)).digest('hex');
  if (digest !== head) throw altered(part, 'it was exchanged after it had been checked');
  return begin;
}

const factsLimit = 256 * 1024 * 1024;
/** Bytes of roles and tablespaces, as `pg_dumpall` writes them. */
export const globalsLimit = 64 * 1024 * 1024;

/** The part `facts`. @throws {SuretyError} `restore/odd-parts` */
export async function readFacts(part: OpenPart): Promise<SourceFacts> {
  const text = (await wholePart(part, factsLimit)).toString('utf8');
  const source = sourceFacts.safeParse(JSON.parse(text));
  if (source.success) return source.data;
  throw new SuretyError(
    'restore/odd-parts',
    `the part facts is not what it should be at ${source.error.issues[0]?.path.join('.')}`,
    'take the version of surety that made the backup',
  );
}

/** A small part in one piece. @throws {SuretyError} `restore/odd-parts` where it is not small */
export async function wholePart(open: OpenPart, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of open.plain) {
    chunks.push(chunk);
    if (open.bytes() > limit)
      throw new SuretyError('restore/odd-parts', 'a part is larger than any of its kind', 'look what it is');
  }
  await open.finish();
  return Buffer.concat(chunks);
}

function altered({ part, key }: Part, how: string): SuretyError {
  return new SuretyError(
    'restore/altered',
    `part ${part} (${key}) is not what the signed manifest says: ${how}`,
    'nothing was restored: take another copy, with --store or --backup',
  );
}

function oddParts({ backup }: Manifest, fact: string): SuretyError {
  return new SuretyError(
    'restore/odd-parts',
    `${backup}: ${fact}`,
    'take the version of surety that made it',
  );
}
