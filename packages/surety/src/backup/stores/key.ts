import { SuretyError } from '../../core/error.ts';

const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const limit = 200;

/** Whether this can be the name of an object, or of a folder of them. */
export function isSegment(name: string): boolean {
  return segment.test(name);
}

/**
 * A key that means the same in every store: no part of it leads out of where it lies, and none begins with a dot,
 * as what is not finished does.
 *
 * @throws {SuretyError} `store/key`
 */
export function checkKey(key: string): void {
  if (key.length > limit || !key.split('/').every(isSegment)) throw badKey(key);
}

/** The beginning of a key: the same, or such a key cut off anywhere. @throws {SuretyError} `store/key` */
export function checkPrefix(prefix: string): void {
  const parts = prefix.split('/');
  const last = parts.pop() ?? '';
  if (prefix.length > limit || !parts.every(isSegment) || (last !== '' && !isSegment(last))) {
    throw badKey(prefix);
  }
}

function badKey(key: string): SuretyError {
  return new SuretyError(
    'store/key',
    `${JSON.stringify(key.slice(0, 80))} cannot be the key of an object`,
    `letters, digits, - _ . and /, at most ${limit}, and no part that begins with a dot`,
  );
}
