import type { Readable } from 'node:stream';

/** Bytes that are handed on at once: programs write a few thousand at a time, and each hand that they pass through costs as much as thousands more. */
const pieceBytes = 256 * 1024;
/** Full pieces that wait for whoever reads; with more, the stream is let stand. */
const mostWaiting = 2;
/** Milliseconds after which somebody who waits gets whatever is there. */
const patience = 50;

/**
 * What a stream yields, in few pieces instead of many. The memory is used again: a piece is good only until the next is asked for.
 * Whoever stops reading ends the stream.
 */
export async function* gather(stream: Readable): AsyncGenerator<Uint8Array> {
  const gathering = gatherFrom(stream);
  try {
    for (;;) {
      const piece = await gathering.next();
      if (piece === null) return;
      yield piece;
      gathering.giveBack(piece);
    }
  } finally {
    stream.destroy();
  }
}

type Gathering = {
  /** `null`: the stream ended. @throws what broke it */
  next(): Promise<Uint8Array | null>;
  giveBack(piece: Uint8Array): void;
};

type Waiter = (piece: Uint8Array | null) => void;

function gatherFrom(stream: Readable): Gathering {
  const spare: Buffer[] = [];
  const full: Uint8Array[] = [];
  const newPiece = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
  let filling = newPiece();
  let used = 0;
  let ended = false;
  let failed: { readonly error: unknown } | null = null;
  let waiter: Waiter | null = null;
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
  stream.on('data', (bytes: Buffer) => {
    for (let from = 0; from < bytes.length; ) {
      const taken = bytes.copy(filling, used, from);
      from += taken;
      used += taken;
      if (used === filling.length) cut();
    }
    serve();
    if (full.length >= mostWaiting) stream.pause();
  });
  stream.on('error', (error) => {
    failed = { error };
  });
  stream.on('close', () => {
    if (used > 0 && !ended) cut();
    ended = true;
    serve();
  });
  return {
    async next() {
      const ready = full.shift();
      if (full.length < mostWaiting) stream.resume();
      if (ready !== undefined) return ready;
      const piece = ended ? null : await waited();
      if (piece === null && failed !== null) throw failed.error;
      return piece;
    },
    giveBack(piece) {
      spare.push(Buffer.from(piece.buffer, 0, pieceBytes));
    },
  };
  function waited(): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (used > 0) cut();
        serve();
      }, patience);
      waiter = (piece) => {
        clearInterval(timer);
        resolve(piece);
      };
    });
  }
}
