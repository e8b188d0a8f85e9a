import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { verifyLog, writeBundle } from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import { exits, type Terminal, type Verb } from './verb.ts';

type Options = { readonly out?: string; readonly json?: boolean };

export const exportVerb: Verb = {
  name: 'export',
  summary: 'hand evidence over: a log as one file that `verify` takes',
  define(command, terminal, finish) {
    command
      .command('bundle <log>')
      .description(
        'one log as one file, the same bytes each time; a tar archive for whoever wants to look inside',
      )
      .option('--out <file>', 'where to write it (default: NAME.surety.tar)')
      .option('--json', 'print one JSON document')
      .action(async (log: string, options: Options) => {
        const file = await bundle(log, options, terminal);
        terminal.out(
          options.json === true
            ? `${JSON.stringify({ bundle: file })}\n`
            : `written  ${file}\n  hint: surety verify ${file}\n`,
        );
        finish(exits.pass);
      });
  },
};

/** What is handed over is sound when it is: nobody should find out from the auditor. */
async function bundle(log: string, { out }: Options, { cwd, now }: Terminal): Promise<string> {
  const folder = resolve(cwd, log);
  if (!existsSync(join(folder, 'checkpoint'))) {
    throw new SuretyError('export/no-log', `${log} is not a log`, 'name one: .surety/log/NAME');
  }
  const { problems, origin } = await verifyLog(folder, { now: now() });
  const [first] = problems;
  if (first !== undefined) {
    throw new SuretyError('export/unsound-log', `${first.where}: ${first.message}`, `surety verify ${log}`);
  }
  const file = out ?? `${(origin ?? 'log').replaceAll('/', '-')}.surety.tar`;
  await writeBundle(folder, resolve(cwd, file));
  return file;
}
