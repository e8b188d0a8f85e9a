import type { Schedule } from './facts.ts';

const hour = 3_600_000;

/**
 * The moments in `(from, until]` at which the schedule wants a backup: `at` of each day where it is daily, else every so many hours
 * counted from midnight UTC of 1970-01-01 plus `at`.
 */
export function slots(
  { every, at }: Pick<Schedule, 'every' | 'at'>,
  from: Date,
  until: Date,
): readonly Date[] {
  const step = every * hour;
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const offset = hours * hour + minutes * 60_000;
  const found: Date[] = [];
  for (
    let n = Math.floor((from.getTime() - offset) / step) + 1;
    offset + n * step <= until.getTime();
    n += 1
  ) {
    found.push(new Date(offset + n * step));
  }
  return found;
}

/** The slot that a run at `now` is for: the last one that has come. */
export function slotOf(schedule: Pick<Schedule, 'every' | 'at'>, now: Date): Date {
  const last = slots(schedule, new Date(now.getTime() - schedule.every * hour), now).at(-1);
  return last ?? now;
}
