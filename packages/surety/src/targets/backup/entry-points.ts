import { execFile } from 'node:child_process';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const shells = ['sh', 'bash', 'dash', 'ash', 'ksh'];

/**
 * Why a program could not be started as the schedule starts it, or `null`. It is looked at and its shell is asked to read it; it is
 * not run.
 */
export async function whyNotRun(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) return 'it is not there';
  if (!found.isFile()) return 'it is not a file';
  if ((found.mode & 0o111) === 0) return `mode ${(found.mode & 0o777).toString(8)}: nobody may execute it`;
  const content = await readFile(path);
  if (content.length === 0) return 'it is empty';
  if (content.subarray(0, 4).toString('latin1') === '\x7fELF') return null;
  const [first = ''] = content.toString('utf8').split('\n');
  if (!first.startsWith('#!')) return 'it does not say by #! what runs it';
  if (first.endsWith('\r'))
    return 'its lines end as on Windows: the system looks for a program with that in its name';
  return whyNotBy(first.slice(2).trim(), path);
}

async function whyNotBy(command: string, path: string): Promise<string | null> {
  const words = command.split(/\s+/);
  const [program = ''] = words;
  const named = /(^|\/)env$/.test(program) ? words.slice(1).find((word) => !word.startsWith('-')) : undefined;
  const interpreter = named === undefined ? await ifExecutable(program) : await onPath(named);
  if (interpreter === null) return `there is no ${named ?? program} here to run it`;
  if (!shells.includes(interpreter.split('/').at(-1) ?? '')) return null;
  return run(interpreter, ['-n', path], { timeout: 10_000 }).then(
    () => null,
    () => 'its shell cannot read it',
  );
}

async function onPath(name: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = await ifExecutable(join(folder, name));
    if (found !== null) return found;
  }
  return null;
}

async function ifExecutable(path: string): Promise<string | null> {
  return access(path, constants.X_OK).then(
    () => path,
    () => null,
  );
}
