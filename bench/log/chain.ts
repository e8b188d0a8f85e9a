import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/**
 * The plain alternative to a signed tree: one JSON line a record, each with the digest of the line before. It has
 * no signatures, no proofs, no guard against a second writer, and a torn line after a crash.
 */
export type Chain = {
  append(records: readonly object[]): Promise<void>;
  close(): Promise<void>;
};

const start = '0'.repeat(64);

export async function openChain(path: string): Promise<Chain> {
  const file: FileHandle = await open(path, 'a');
  let previous = start;
  return {
    async append(records) {
      const lines = records.map((record) => {
        const line = JSON.stringify({ previous, record });
        previous = hash('sha256', line);
        return `${line}\n`;
      });
      await file.appendFile(lines.join(''));
      await file.datasync();
    },
    close: () => file.close(),
  };
}

/** Whether every line names the digest of the one before, and how many there are. */
export async function verifyChain(
  path: string,
): Promise<{ readonly sound: boolean; readonly count: number }> {
  let [previous, count, sound] = [start, 0, true];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const { previous: named }: { previous: string } = JSON.parse(line);
    sound &&= named === previous;
    previous = hash('sha256', line);
    count += 1;
  }
  return { sound, count };
}

/** What it takes to show that one line is in a chain: hashing all lines from it to the last one. */
export function proveInChain(lines: number, from: number): string {
  let previous = start;
  const body = 'x'.repeat(160);
  for (let at = from; at < lines; at += 1) previous = hash('sha256', `${previous}${body}`);
  return previous;
}
