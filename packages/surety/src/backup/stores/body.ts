/** What is to be stored, as it comes, so that its own failure can be told from the store's. */
export type Body = {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Whether this is what the source threw, or the reason of the signal that stopped it. */
  threw(error: unknown): boolean;
};

type Waiting = { readonly reject: (reason: unknown) => void };

/**
 * What `source` yields, until one of `signals` aborts: then its reason is thrown at once, also while `source` hangs.
 * Whoever made `source` ends it; it is asked to, and not waited for.
 */
export function bodyOf(
  source: AsyncIterable<Uint8Array>,
  signals: readonly (AbortSignal | undefined)[],
): Body {
  const signal = AbortSignal.any(signals.filter((one) => one !== undefined));
  const thrown = new Set<unknown>();
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* untilAborted(source, signal);
    } catch (error) {
      thrown.add(error);
      throw error;
    }
  }
  return {
    chunks: chunks(),
    threw: (error) => thrown.has(error) || (signal.aborted && signal.reason === error),
  };
}

async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  const under: { way: Waiting | null } = { way: null };
  const onAbort = (): void => under.way?.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      // A promise for each chunk: one that all were raced against would keep all of them.
      const next = Promise.withResolvers<IteratorResult<T>>();
      under.way = next;
      iterator.next().then(next.resolve, next.reject);
      const { done, value } = await next.promise;
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!ended) void iterator.return?.().catch(() => {});
  }
}
