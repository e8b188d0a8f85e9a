import { BlindError, SuretyError } from '../../../core/error.ts';

const gone = ['ENOENT', 'ENOTDIR', 'ENODEV', 'ESTALE', 'ENOTCONN', 'ENXIO', 'EHOSTDOWN', 'ETIMEDOUT'];

/** The code that the system gave: `ENOSPC`; `null` where it is no error of the system. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** What an error of the file system means for a store. Anything else is given back as it is. */
export function folderError(store: string, what: string, cause: unknown): unknown {
  const code = systemCode(cause);
  if (code === null || cause instanceof SuretyError) return cause;
  const fact = (text: string): string => `store ${store}: ${what}: ${text} (${code})`;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new SuretyError(
      'store/full',
      fact('there is no room'),
      'free some, or take a store with more; `surety backup --prune` says what may go',
      { cause },
    );
  }
  if (code === 'EROFS') {
    const hint = 'mount it writable; a disk that was remounted so has errors, see the log of the kernel';
    return new SuretyError('store/read-only', fact('the file system is read-only'), hint, { cause });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = 'let the user that runs backups own the folder, with mode 0700';
    return new BlindError('store/refused', fact('the folder does not let us'), hint, { cause });
  }
  if (gone.includes(code)) {
    const hint = 'is the disk mounted, and the path in the estate right?';
    return new BlindError('store/gone', fact('it is not there'), hint, { cause });
  }
  const hint = 'look at the disk: see the log of the kernel';
  return new BlindError('store/broken', fact('the disk gave an error'), hint, { cause });
}
