import { SuretyError } from '../../core/error.ts';
import type { Terminal } from '../verb.ts';

/**
 * Asks for the name of what is about to be changed. Only a person at a terminal can type it; a program gives it as
 * `--yes-i-mean`.
 *
 * @throws {SuretyError} `restore/declined`, `usage/other-name`, `terminal/nobody`
 */
export async function confirm(
  question: string,
  name: string,
  given: string | undefined,
  { ask }: Terminal,
): Promise<void> {
  if (given === name) return;
  if (given !== undefined)
    throw new SuretyError(
      'usage/other-name',
      `--yes-i-mean says ${JSON.stringify(given)}, and this is about ${JSON.stringify(name)}; nothing was changed`,
      `--yes-i-mean ${JSON.stringify(name)}, if that is what you mean`,
    );
  const answer = await ask(`${question}\ntype the name ${name} to go on: `).catch((error: unknown) => {
    if (!(error instanceof SuretyError) || error.code !== 'terminal/nobody') throw error;
    throw new SuretyError(
      'terminal/nobody',
      'nobody is here to type the name of what changes; nothing was changed',
      `--yes-i-mean ${JSON.stringify(name)} says it beforehand`,
    );
  });
  if (answer.trim() === name) return;
  throw new SuretyError('restore/declined', 'nothing was changed', `type ${name}`);
}
