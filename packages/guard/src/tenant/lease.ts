import type pg from 'pg';

/** A connection out of a pool, given back once, or closed. */
export type Lease = {
  readonly client: pg.PoolClient;
  /** `work`, or the signal's reason as soon as it aborts; the connection is then closed under it. */
  abortable<T>(work: () => Promise<T>): Promise<T>;
  /** Closes the connection; the server rolls back what it held. */
  destroy(): void;
  /** May be called after `destroy`. */
  giveBack(): void;
};

/** @throws the signal's reason; what the pool throws */
export async function lease(pool: pg.Pool, signal: AbortSignal | undefined): Promise<Lease> {
  signal?.throwIfAborted();
  const connecting = pool.connect();
  const client = await untilAborted(signal, connecting, () => {
    connecting.then(
      (late) => late.release(),
      () => undefined,
    );
  });
  // A connection that is lost while it is held must not end the process; the next query reports it.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let held = true;
  const release = (close: boolean): void => {
    if (!held) return;
    held = false;
    client.release(close);
    // Closing may still report an error.
    if (!close) client.removeListener('error', ignore);
  };
  return {
    client,
    abortable: (work) => untilAborted(signal, work(), () => release(true)),
    destroy: () => release(true),
    giveBack: () => release(false),
  };
}

async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: Promise<T>,
  onAbort: () => void,
): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    onAbort();
    reject(signal.reason);
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
