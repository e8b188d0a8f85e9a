import { createHash } from 'node:crypto';
import { SuretyError } from '../core/error.ts';
import { manifestKey, type Part, partKey } from './manifest.ts';
import { seal } from './seal.ts';
import type { Put, Store } from './stores/store.ts';
import { tee } from './tee.ts';

/** What one store has of a backup that is being made. */
export type Copy = {
  readonly store: Store;
  readonly parts: readonly Part[];
  /** Why it will have none of it; `null` as long as it has all. */
  readonly failed: string | null;
};

export type Copies = {
  /**
   * Seals what `plain` yields and stores it everywhere at once. A store that fails is left out from then on, and the others go on.
   *
   * @returns bytes as sealed
   * @throws what `plain` throws; {SuretyError} `backup/no-store` when no store is left
   */
  put(part: string, plain: AsyncIterable<Uint8Array>): Promise<number>;
  /** Leaves a store out. */
  fail(name: string, fact: string): void;
  all(): readonly Copy[];
  /** Removes what was stored, where `from` says so and nothing locks it. Where a manifest may still be, its parts stay as well. */
  clear(from: (copy: Copy) => boolean): Promise<void>;
};

type State = { readonly store: Store; parts: Part[]; failed: string | null; readonly stop: AbortController };

export type CopiesOptions = {
  readonly backup: string;
  readonly stores: readonly Store[];
  readonly recipients: readonly string[];
  /** For stores that lock. */
  readonly lockUntil: Date;
  /** Bytes that no part will be larger than, a high guess: stores choose by it how they cut. Default: theirs. */
  readonly expect?: number | undefined;
  readonly signal: AbortSignal;
};

/** The copies of one backup, a store each. */
export function copiesIn(options: CopiesOptions): Copies {
  const states: State[] = options.stores.map((store) => ({
    store,
    parts: [],
    failed: null,
    stop: new AbortController(),
  }));
  const leaveOut = (state: State, fact: string): void => {
    state.failed ??= fact;
    state.stop.abort();
  };
  return {
    async put(part, plain) {
      const key = partKey(options.backup, part);
      const open = states.filter(({ failed }) => failed === null);
      const measure = measured(seal(plain, options.recipients));
      const { outputs, done } = tee(measure.bytes, open.length);
      const puts = open.map(async (state, index) => {
        const output = outputs[index];
        if (output === undefined) throw new Error('a store has no output');
        try {
          return { state, put: await putInto(state, key, output.bytes, options) };
        } catch (error) {
          return { state, error };
        } finally {
          output.stop();
        }
      });
      const results = await Promise.all(puts);
      const broken = await done;
      for (const result of results) {
        if ('put' in result) result.state.parts.push(partOf(part, result.put));
        if (broken !== null || options.signal.aborted) continue;
        if ('error' in result) leaveOut(result.state, factOf(result.error));
        else if (result.put.sha256 !== measure.sha256() || result.put.bytes !== measure.count())
          leaveOut(result.state, `${part} arrived as something else than was sent`);
      }
      if (broken !== null) throw broken.error;
      options.signal.throwIfAborted();
      if (states.every(({ failed }) => failed !== null)) throw noStore(states);
      return measure.count();
    },
    fail(name, fact) {
      for (const state of states) if (state.store.name === name) leaveOut(state, fact);
    },
    all: () => states.map(({ store, parts, failed }) => ({ store, parts, failed })),
    async clear(from) {
      for (const { store, parts } of states.filter(from)) {
        if (!(await withoutManifest(store, options.backup))) continue;
        // What is locked or out of reach stays: without a manifest it is no backup, and a later run clears it away.
        for (const { key, version } of parts) await store.remove(key, version).catch(() => undefined);
      }
    },
  };
}

/**
 * A store that went away while it took the manifest may have it after all, and then it speaks for the parts. Removes it, and says whether it is
 * seen to be gone.
 */
async function withoutManifest(store: Store, backup: string): Promise<boolean> {
  try {
    for await (const { key, version } of store.list(manifestKey(backup))) await store.remove(key, version);
    return true;
  } catch {
    return false;
  }
}

function putInto(
  { store, stop }: State,
  key: string,
  bytes: AsyncIterable<Uint8Array>,
  { lockUntil, expect, signal }: CopiesOptions,
): Promise<Put> {
  return store.put(key, bytes, {
    signal: AbortSignal.any([signal, stop.signal]),
    ...(expect !== undefined && { expect }),
    ...(store.lock === 'object-lock' && { lockUntil }),
  });
}

function partOf(part: string, { key, bytes, sha256, version, lockedUntil }: Put): Part {
  return { part, key, bytes, sha256, version, lockedUntil };
}

function measured(source: AsyncIterable<Uint8Array>): {
  readonly bytes: AsyncIterable<Uint8Array>;
  count(): number;
  /** Of all bytes; only once. */
  sha256(): string;
} {
  const hash = createHash('sha256');
  let count = 0;
  let digest: string | null = null;
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      hash.update(piece);
      count += piece.length;
      yield piece;
    }
  }
  return {
    bytes: pass(),
    count: () => count,
    sha256() {
      digest ??= hash.digest('hex');
      return digest;
    },
  };
}

export function factOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noStore(states: readonly State[]): SuretyError {
  const facts = states.map(({ store, failed }) => `${store.name}: ${failed}`).join('; ');
  return new SuretyError(
    'backup/no-store',
    `no store has it: ${facts}`,
    'mend the stores, and make the backup again',
  );
}
