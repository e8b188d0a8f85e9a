/** How many pieces a branch may be behind. */
const ahead = 4;

/** What one reader gets. */
export type Output = {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Nobody reads any more, or ever did. */
  stop(): void;
};

type Branch = Output & {
  /** Resolves when there is room for the next one; false once nobody reads any more. */
  push(piece: Uint8Array): Promise<boolean>;
  end(failed: { readonly error: unknown } | null): void;
};

/**
 * The same bytes for `count` readers, at the pace of the slowest. A reader that stops is left out; with none left, the source is
 * let go. What the source throws, every reader gets; none of them gets an end before the source had one.
 *
 * @returns the outputs, each of which has to be read or stopped, and what the source threw, once it is done with
 */
export function tee(
  source: AsyncIterable<Uint8Array>,
  count: number,
): { readonly outputs: readonly Output[]; readonly done: Promise<{ readonly error: unknown } | null> } {
  const branches = Array.from({ length: count }, branch);
  return { outputs: branches, done: pump(source, branches) };
}

async function pump(
  source: AsyncIterable<Uint8Array>,
  branches: readonly Branch[],
): Promise<{ readonly error: unknown } | null> {
  let open = branches;
  try {
    for await (const piece of source) {
      const took = await Promise.all(open.map((one) => one.push(piece)));
      open = open.filter((_, index) => took[index]);
      if (open.length === 0) return null;
    }
  } catch (error) {
    for (const one of open) one.end({ error });
    return { error };
  }
  for (const one of open) one.end(null);
  return null;
}

function branch(): Branch {
  const held: Uint8Array[] = [];
  let ended: { readonly error: unknown } | 'well' | null = null;
  let stopped = false;
  let wakeReader = (): void => undefined;
  let wakeWriter = (): void => undefined;
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const piece = held.shift();
        if (piece !== undefined) {
          wakeWriter();
          yield piece;
        } else if (ended === 'well') {
          return;
        } else if (ended !== null) {
          throw ended.error;
        } else {
          await new Promise<void>((resolve) => {
            wakeReader = resolve;
          });
        }
      }
    } finally {
      stop();
    }
  }
  function stop(): void {
    stopped = true;
    wakeWriter();
  }
  return {
    bytes: read(),
    stop,
    async push(piece) {
      if (stopped) return false;
      held.push(piece);
      wakeReader();
      while (held.length >= ahead && !stopped)
        await new Promise<void>((resolve) => {
          wakeWriter = resolve;
        });
      return !stopped;
    },
    end(failed) {
      ended = failed ?? 'well';
      wakeReader();
    },
  };
}
