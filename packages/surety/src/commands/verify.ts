import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { printVerification, type Verification, verifyLog } from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import { type Exit, exits, type Terminal, type Verb } from './verb.ts';

type Options = { readonly key?: string; readonly earlier?: string; readonly json?: boolean };

export const verify: Verb = {
  name: 'verify',
  summary: 'check a log or a bundle offline, as a stranger would',
  define(command, terminal, finish) {
    command
      .argument('<path>', 'a log folder or a bundle')
      .option('--key <vkey>', "the log's verifier key, which you had from elsewhere")
      .option('--earlier <file>', 'a checkpoint that you kept from before')
      .option('--json', 'print one JSON document')
      .action(async (path: string, options: Options) => {
        const verification = await check(path, options, terminal);
        terminal.out(
          options.json === true ? `${JSON.stringify(verification)}\n` : printVerification(verification),
        );
        finish(exitOf(verification));
      });
  },
};

async function check(path: string, { key, earlier }: Options, terminal: Terminal): Promise<Verification> {
  const place = resolve(terminal.cwd, path);
  if (!existsSync(place))
    throw new SuretyError('verify/not-found', `there is no ${path}`, 'name a log folder: .surety/log/NAME');
  const checkpoint =
    earlier === undefined
      ? undefined
      : await readFile(resolve(terminal.cwd, earlier), 'utf8').catch(() => {
          throw new SuretyError(
            'verify/no-checkpoint',
            `${earlier} cannot be read`,
            'name the file that you kept the checkpoint in',
          );
        });
  return verifyLog(place, {
    now: terminal.now(),
    ...(key !== undefined && { pinnedKey: key }),
    ...(checkpoint !== undefined && { earlier: checkpoint }),
  });
}

function exitOf({ problems }: Verification): Exit {
  return problems.length === 0 ? exits.pass : exits.fail;
}
