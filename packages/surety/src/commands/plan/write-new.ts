import { randomBytes } from 'node:crypto';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SuretyError } from '../../core/error.ts';

/**
 * Writes a file that is not there yet, whole or not at all.
 *
 * @throws {SuretyError} `usage/exists`
 */
export async function writeNew(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = draftOf(path);
  try {
    await writeFile(draft, text, { flag: 'wx' });
    // Unlike a rename, a link never replaces what is there.
    await link(draft, path);
  } catch (error) {
    throw explained(error, path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts new content in the place of a file's, at once. */
export async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = draftOf(path);
  try {
    await writeFile(draft, text, { flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw explained(error, path);
  }
}

/**
 * Makes a folder with these files, whole or not at all.
 *
 * @throws {SuretyError} `usage/exists`
 */
export async function writeNewFolder(path: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = draftOf(path);
  try {
    await mkdir(draft);
    for (const [name, text] of Object.entries(files)) await writeFile(join(draft, name), text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw explained(error, path);
  }
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
}

function explained(error: unknown, path: string): SuretyError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EEXIST' || code === 'ENOTEMPTY')
    return new SuretyError(
      'usage/exists',
      `${path} is there already, and nothing is overwritten`,
      'name another place, or remove it first',
    );
  return new SuretyError(
    'plan/not-written',
    `${path} cannot be written (${code || 'no code'})`,
    'give write permission, or name another place',
    { cause: error },
  );
}
