import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SuretyError } from '../../core/error.ts';
import type { Step } from '../../core/plan.ts';
import { folderOf } from './name.ts';

type FileStep = Extract<Step, { file: string }>;
type Before = { readonly content: Buffer; readonly mode: number } | null;

/**
 * Writes files whole, or none of them: each is checked against its digest before the first is touched,
 * and when one cannot be written those before it are put back.
 *
 * @throws {SuretyError} `repo/changed-meanwhile`, `repo/outside`, `repo/not-a-file`, `repo/not-written`.
 */
export async function writeFiles(root: string, steps: readonly Step[]): Promise<void> {
  const files = steps.map(asFileStep);
  const before = new Map<string, Before>();
  for (const step of files) {
    const now = await current(root, step.file);
    expectDigest(step, now);
    before.set(step.file, now);
  }
  const done: FileStep[] = [];
  try {
    for (const step of files) {
      await put(
        root,
        step.file,
        step.content === null ? null : Buffer.from(step.content),
        before.get(step.file),
      );
      done.push(step);
    }
  } catch (cause) {
    for (const { file } of done.reverse()) {
      const was = before.get(file) ?? null;
      await put(root, file, was?.content ?? null, was);
    }
    throw new SuretyError(
      'repo/not-written',
      `${files[done.length]?.file} could not be written, and nothing else was: ${String(cause)}`,
      'free the disk or give write permission, then apply again',
      { cause },
    );
  }
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

function asFileStep(step: Step): FileStep {
  if ('file' in step) return step;
  throw new SuretyError(
    'repo/not-a-file-step',
    'a repository is changed by files, not by SQL',
    'apply this change to a database',
  );
}

function expectDigest(step: FileStep, now: Before): void {
  const digest = now === null ? null : sha256(now.content);
  if (digest === step.before) return;
  throw new SuretyError(
    'repo/changed-meanwhile',
    `${step.file} is not what it was when this was planned`,
    'run surety plan again',
  );
}

/** The file as it is, through no link. */
async function current(root: string, path: string): Promise<Before> {
  const parts = path.split('/');
  const odd = parts.some(
    (part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git',
  );
  if (odd || path.includes('\0')) throw refuse(path, 'it leads out of the work tree');
  for (let length = 1; length <= parts.length; length += 1) {
    const here = join(root, ...parts.slice(0, length));
    const entry = await lstat(here).catch(() => null);
    if (entry === null) return null;
    if (entry.isSymbolicLink()) throw refuse(path, 'there is a link on the way');
    if (length < parts.length ? !entry.isDirectory() : !entry.isFile())
      throw refuse(path, `${parts.slice(0, length).join('/')} is something else`);
  }
  const file = join(root, path);
  return { content: await readFile(file), mode: (await lstat(file)).mode & 0o777 };
}

async function put(
  root: string,
  path: string,
  content: Buffer | null,
  before: Before | undefined,
): Promise<void> {
  const file = join(root, path);
  if (content === null) {
    await rm(file, { force: true });
    return;
  }
  await mkdir(join(root, folderOf(path)), { recursive: true });
  const temporary = join(dirname(file), `.surety-${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx', before?.mode ?? 0o644);
    try {
      await handle.writeFile(content);
      // The mode given to open is narrowed by the umask.
      if (before) await handle.chmod(before.mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

function refuse(path: string, why: string): SuretyError {
  return new SuretyError('repo/outside', `${path} is not written: ${why}`, 'change that file by hand');
}
