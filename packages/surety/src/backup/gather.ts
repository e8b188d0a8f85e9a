/** Bytes that are handed on at once: programs write a few thousand at a time, and each hand that they pass through costs as much as thousands more. */
const pieceBytes = 512 * 1024;
/** Full pieces that wait for whoever reads; with more, the source is let stand. */
const mostWaiting = 2;
/** Milliseconds after which somebody who waits gets whatever is there. */
const patience = 50;

/** Where bytes come from. */
export type Tap = { pause(): unknown; resume(): unknown; destroy(): unknown };

/** Puts small pieces together to large ones, in memory that is used again. */
export type Gatherer = {
  /** Copies them. */
  take(bytes: Uint8Array): void;
  /** There is no more; before it, perhaps, why. */
  fail(error: unknown): void;
  end(): void;
  /**
   * What was taken. A piece is good only until the next is asked for. Whoever stops reading ends the source.
   *
   * @throws what it failed with
   */
  pieces(tap: Tap): AsyncGenerator<Uint8Array>;
};

type Waiter = (piece: Uint8Array | null) => void;

export function newGatherer(): Gatherer {
  const spare: Buffer[] = [];
  const full: Uint8Array[] = [];
  const newPiece = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
  let filling = newPiece();
  let used = 0;
  let ended = false;
  let failed: { readonly error: unknown } | null = null;
  let waiter: Waiter | null = null;
  let source: Tap | null = null;
  const cut = (): void => {
    full.push(filling.subarray(0, used));
    filling = newPiece();
    used = 0;
  };
  const serve = (): void => {
    if (waiter === null || (full.length === 0 && !ended)) return;
    const go = waiter;
    waiter = null;
    go(full.shift() ?? null);
  };
  const waited = (): Promise<Uint8Array | null> =>
    new Promise((resolve) => {
      const timer = setInterval(() => {
        if (used > 0) cut();
        serve();
      }, patience);
      waiter = (piece) => {
        clearInterval(timer);
        resolve(piece);
      };
    });
  const next = async (tap: Tap): Promise<Uint8Array | null> => {
    const ready = full.shift();
    if (full.length < mostWaiting) tap.resume();
    if (ready !== undefined) return ready;
    const piece = ended ? null : await waited();
    if (piece === null && failed !== null) throw failed.error;
    return piece;
  };
  async function* read(tap: Tap): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const piece = await next(tap);
        if (piece === null) return;
        yield piece;
        spare.push(Buffer.from(piece.buffer, 0, pieceBytes));
      }
    } finally {
      tap.destroy();
    }
  }
  return {
    take(bytes) {
      for (let from = 0; from < bytes.length; ) {
        const part = bytes.subarray(from, from + filling.length - used);
        filling.set(part, used);
        from += part.length;
        used += part.length;
        if (used === filling.length) cut();
      }
      serve();
      if (full.length >= mostWaiting) source?.pause();
    },
    fail(error) {
      failed ??= { error };
    },
    end() {
      if (used > 0 && !ended) cut();
      ended = true;
      serve();
    },
    pieces(tap) {
      source = tap;
      return read(tap);
    },
  };
}
