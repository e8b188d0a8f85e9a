import type { CatalogRelation, Column } from '../catalog/catalog.ts';
import { quoted } from '../name.ts';
import { snake } from './names.ts';

/** A column that says whether a membership counts: by its state, by what happened to it, or by when it ends. */
export type Standing = {
  readonly name: string;
  readonly kind: 'status' | 'event' | 'time';
  /** SQL that is true of the value where the membership surely does not count. */
  readonly over: (value: string) => string;
};

const happened = 'accepted|confirmed|approved|verified|joined|activated';
const ended =
  'revoked|deleted|removed|disabled|suspended|left|ended|blocked|banned|deactivated|cancelled|canceled|rejected|declined';

const statusName = /(^|_)(status|state)$/;
const flagName = new RegExp(`^(is_)?(active|enabled|valid|pending|invited|${happened}|${ended})$`);
/** When it happened; a column that is filled for everybody only tells since when. */
const eventName = new RegExp(`(^|_)(${happened}|${ended})(_(at|on|date|time))?$`);
const timeName =
  /(^|_)(expires?|expiry|expiration|expired|ends?|until|valid_(to|through|until|from)|active_(to|from)|starts?|end)(_(at|on|date|time))?$/;

const endedFlag = new RegExp(`^(is_)?(pending|invited|${ended})$`);
const endedName = new RegExp(`(^|_)(${ended})(_(at|on|date|time))?$`);
const beginningName = /(^|_)(starts?|from)(_(at|on|date|time))?$/;
const overWords = [
  'invited',
  'pending',
  'requested',
  'revoked',
  'removed',
  'deleted',
  'inactive',
  'disabled',
  'expired',
  'suspended',
  'blocked',
  'banned',
  'rejected',
  'declined',
  'cancelled',
  'canceled',
];

/** Columns that say whether a row counts, by name and type. */
export function standingColumns({ columns }: CatalogRelation): readonly Standing[] {
  return columns.flatMap((column): readonly Standing[] => {
    const standing = standingOf(column);
    return standing === null ? [] : [{ name: column.name, ...standing }];
  });
}

/** Whether the row called `alias` is over, or not yet begun, by any of the columns: never NULL. */
export function lapsedSql(alias: string, columns: readonly Standing[]): string {
  const parts = columns.map(({ name, over }) => `coalesce(${over(`${alias}.${quoted(name)}`)}, false)`);
  return `(${parts.join(' or ')})`;
}

const never = (): string => 'false';

function standingOf({ name, category, notNull, hasDefault }: Column): Omit<Standing, 'name'> | null {
  const word = snake(name);
  if ('SE'.includes(category) && statusName.test(word)) {
    return {
      kind: 'status',
      over: (value) => `lower(${value}::text) = any ('{${overWords.join(',')}}'::text[])`,
    };
  }
  if (category === 'N' && statusName.test(word)) return { kind: 'status', over: never };
  if (category === 'B' && flagName.test(word)) {
    const isOver = endedFlag.test(word);
    return { kind: 'status', over: (value) => `${value} is ${isOver ? 'true' : 'false'}` };
  }
  if (category === 'R') return { kind: 'time', over: never };
  if (category !== 'D') return null;
  if (timeName.test(word)) {
    return { kind: 'time', over: beginningName.test(word) ? never : (value) => `${value} < now()` };
  }
  if (!eventName.test(word) || notNull || hasDefault) return null;
  return { kind: 'event', over: endedName.test(word) ? (value) => `${value} is not null` : never };
}
