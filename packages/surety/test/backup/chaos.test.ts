import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chaosOfBackups } from '../../../../chaos/backup.chaos.ts';

// Another one each day; `npm run chaos -- backup --seed S` repeats it, and does a lot more of it.
const seed = Math.floor(Date.now() / 86_400_000);

describe('chaos', () => {
  it('never lets a backup say that it is good and not be, whatever is killed, flipped or cut', {
    skip: process.platform === 'linux' ? false : 'needs /proc',
  }, async () => {
    const lines: string[] = [];
    const chaos = chaosOfBackups({ accounts: 2_000, noise: 2, room: null, failedDays: 5 });
    const { kinds, falseSuccesses, lost, faults } = await chaos.run({
      ...{ kills: 12, flips: 100, histories: 2, seed },
      signal: new AbortController().signal,
      say: (line) => lines.push(line),
    });
    assert.deepEqual(
      { falseSuccesses, lost, faults },
      { falseSuccesses: [], lost: [], faults: [] },
      `seed ${seed}`,
    );
    const tries = kinds.reduce((sum, kind) => sum + kind.tries, 0);
    assert.ok(tries >= 12 + 100 + 2, `${tries} tries, seed ${seed}`);
    assert.ok(kinds.some(({ kind }) => kind === 'kill pg_dump'));
  });
});
