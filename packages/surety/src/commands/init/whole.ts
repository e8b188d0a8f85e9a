import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

// In a process of its own, because Node.js warns on standard error that this function is young.
const parse = "import { stripTypeScriptTypes } from 'node:module'; stripTypeScriptTypes(process.argv[1]);";

/** Whether a configuration is whole: it parses as TypeScript and exports something by default. It is not run. */
export async function isWhole(text: string): Promise<boolean> {
  if (!/^export default /m.test(text)) return false;
  try {
    await run(process.execPath, ['--no-warnings', '--input-type=module', '--eval', parse, '--', text]);
    return true;
  } catch {
    return false;
  }
}
