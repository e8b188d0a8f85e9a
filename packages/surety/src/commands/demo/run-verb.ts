import { Command } from 'commander';
import { type Exit, exits, type Terminal, type Verb } from '../verb.ts';

/** What a verb printed, and how it would have ended the process. */
export type VerbRun = { readonly exit: Exit; readonly out: string; readonly err: string };

/**
 * Runs a verb as the command line does, with the same arguments.
 *
 * @throws {SuretyError} as the verb does
 */
export async function runVerb(verb: Verb, argv: readonly string[], terminal: Terminal): Promise<VerbRun> {
  const printed = { out: '', err: '' };
  let exit: Exit = exits.error;
  const command = new Command(verb.name).exitOverride();
  const quiet: Terminal = {
    ...terminal,
    interactive: false,
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
  };
  verb.define(command, quiet, (ended) => {
    exit = ended;
  });
  await command.parseAsync([...argv], { from: 'user' });
  return { exit, ...printed };
}
