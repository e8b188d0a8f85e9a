import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EvidenceError, printVerification, type Verification, verifyLog } from '@surety/evidence';
import { BlindError } from '../core/error.ts';
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

/** @throws {BlindError} when there was nothing to look at, or it could not be read */
async function check(path: string, { key, earlier }: Options, terminal: Terminal): Promise<Verification> {
  const place = resolve(terminal.cwd, path);
  if (!existsSync(place))
    throw new BlindError('verify/not-found', `there is no ${path}`, 'name a log folder: .surety/log/NAME');
  const checkpoint =
    earlier === undefined
      ? undefined
      : await readFile(resolve(terminal.cwd, earlier), 'utf8').catch(() => {
          throw new BlindError(
            'verify/no-checkpoint',
            `${earlier} cannot be read`,
            'name the file that you kept the checkpoint in',
          );
        });
  return verifyLog(place, {
    now: terminal.now(),
    ...(key !== undefined && { pinnedKey: key }),
    ...(checkpoint !== undefined && { earlier: checkpoint }),
  }).catch((error: unknown) => {
    throw error instanceof EvidenceError ? new BlindError(error.code, error.message, error.hint) : error;
  });
}

function exitOf({ problems }: Verification): Exit {
  return problems.length === 0 ? exits.pass : exits.fail;
}
