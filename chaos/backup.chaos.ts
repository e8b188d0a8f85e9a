import { failForDays } from './backup/failed-days.ts';
import { flipAtRandom } from './backup/flips.ts';
import { liveThrough } from './backup/histories.ts';
import { killAtRandom } from './backup/kills.ts';
import { setShelf } from './backup/shelf.ts';
import { type Chaos, tally } from './chaos.ts';
import { randomFrom } from './random.ts';

const megabyte = 1024 * 1024;

const chaos: Chaos = {
  name: 'backup',
  summary:
    'backups that are killed, cut off, flipped and exchanged at random; nothing may say that it is good and not be',
  async run({ kills, flips, histories, seed, signal, say }) {
    const count = tally(say);
    const random = randomFrom(seed);
    if (kills > 0)
      await killAtRandom({
        ...{ tries: kills, random, count, say, signal },
        accounts: 50_000,
        noise: 14,
        writers: 2,
        room: 384 * megabyte,
      });
    const shelf = await setShelf(signal);
    try {
      if (flips > 0) await flipAtRandom(shelf, { flips, random, count, say, signal });
      await failForDays(shelf, 40, count, signal);
      await liveThrough(shelf, histories, random, count, signal);
    } finally {
      await shelf.close();
    }
    signal.throwIfAborted();
    return count.result();
  },
};

export default chaos;
