import { SuretyError } from '../../core/error.ts';

/** What every kind of store refuses alike. */
export const refusals = {
  taken: (store: string, key: string) =>
    new SuretyError(
      'store/taken',
      `store ${store}: there is something under ${key} already`,
      'nothing is overwritten: take another key',
    ),
  noObject: (store: string, key: string) =>
    new SuretyError('store/no-object', `store ${store} has no ${key}`, 'list what there is'),
  cut: (store: string, key: string, got: number, bytes: number) =>
    new SuretyError(
      'store/incomplete',
      `store ${store}: ${key} ended after ${got} of ${bytes} bytes`,
      'something cut it while it was read: read it again',
    ),
  incomplete: (store: string, key: string, what: string) =>
    new SuretyError(
      'store/incomplete',
      `store ${store}: ${key} did not arrive as it was sent: ${what}`,
      'look at the store, and at who else writes there; then put it again',
    ),
  locked: (store: string, key: string, what: string, cause?: unknown) =>
    new SuretyError(
      'store/locked',
      `store ${store}: ${key} is held back: ${what}`,
      'it can go when that has run out',
      { cause },
    ),
} as const;
