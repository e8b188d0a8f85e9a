/** Calendar units of UTC; weeks begin on Mondays, as in ISO 8601. */
export type Unit = 'week' | 'month' | 'year';

/** A stretch of the calendar: `from` belongs to it, `until` to the next one. */
export type Period = {
  readonly unit: Unit;
  /** `2026-W47`, `2026-11`, `2026` */
  readonly name: string;
  readonly from: Date;
  readonly until: Date;
};

const day = 86_400_000;
/** 1970-01-01 was a Thursday. */
const mondayOffset = 3;

export function periodOf(unit: Unit, at: Date): Period {
  const year = at.getUTCFullYear();
  const month = at.getUTCMonth();
  if (unit === 'year') return { unit, name: String(year), from: utc(year, 0), until: utc(year + 1, 0) };
  if (unit === 'month')
    return { unit, name: at.toISOString().slice(0, 7), from: utc(year, month), until: utc(year, month + 1) };
  const week = Math.floor((Math.floor(at.getTime() / day) + mondayOffset) / 7);
  const from = new Date((week * 7 - mondayOffset) * day);
  return { unit, name: weekName(from), from, until: new Date(from.getTime() + 7 * day) };
}

export function periodBefore({ unit, from }: Period): Period {
  return periodOf(unit, new Date(from.getTime() - 1));
}

/** A week belongs to the year that its Thursday is in. */
function weekName(monday: Date): string {
  const thursday = new Date(monday.getTime() + 3 * day);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - utc(year, 0).getTime()) / (7 * day));
  return `${year}-W${String(week).padStart(2, '0')}`;
}

function utc(year: number, month: number): Date {
  return new Date(Date.UTC(year, month, 1));
}
