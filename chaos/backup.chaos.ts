import { failForDays } from './backup/failed-days.ts';
import { flipAtRandom } from './backup/flips.ts';
import { liveThrough } from './backup/histories.ts';
import { killAtRandom } from './backup/kills.ts';
import { setShelf } from './backup/shelf.ts';
import { type Chaos, tally } from './chaos.ts';
import { randomFrom } from './random.ts';

export type Size = {
  /** Rows of the database whose backups are killed, and how much of each no compression makes smaller, in 16 bytes. */
  readonly accounts: number;
  readonly noise: number;
  /** Bytes of the file system under the folder; `null`: it is not filled up. */
  readonly room: number | null;
  readonly failedDays: number;
};

export function chaosOfBackups({ accounts, noise, room, failedDays }: Size): Chaos {
  return {
    name: 'backup',
    summary:
      'backups that are killed, cut off, flipped and exchanged at random: none may say that it is good and not be',
    async run({ kills, flips, histories, seed, signal, say }) {
      const count = tally(say);
      const random = randomFrom(seed);
      if (kills > 0)
        await killAtRandom({
          ...{ tries: kills, random, count, say, signal, accounts, noise, room },
          writers: 2,
        });
      const shelf = await setShelf(signal);
      try {
        if (flips > 0) await flipAtRandom(shelf, { flips, random, count, say, signal });
        say(`${flips} flips and cuts`);
        await failForDays(shelf, failedDays, count, signal);
        say(`${failedDays} failed days`);
        await liveThrough(shelf, histories, random, count, signal);
      } finally {
        await shelf.close();
      }
      signal.throwIfAborted();
      return count.result();
    },
  };
}

/** Enough for uploads in several parts. */
export default chaosOfBackups({ accounts: 20_000, noise: 28, room: 384 * 1024 ** 2, failedDays: 40 });
