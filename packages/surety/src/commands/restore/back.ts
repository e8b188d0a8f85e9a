import { withServer } from '../../backup/restore/admin.ts';
import { besideName, besides } from '../../backup/restore/names.ts';
import { readServer } from '../../backup/restore/preflight.ts';
import { type Swapped, sessionsIn, swapDatabases } from '../../backup/swap.ts';
import { SuretyError } from '../../core/error.ts';
import { quoted } from '../../targets/postgres/name.ts';
import { openEstateLog } from '../estate-log.ts';
import { confirm } from './confirm.ts';
import { begunRestore, noted } from './record.ts';
import { type Options, type Situation, serverIn } from './situation.ts';
import { hostOf } from './whole.ts';

export type WentBack = { readonly live: string; readonly former: string; readonly swapped: Swapped };

/** Gives the name back to the database that bore it before the last restore. */
export async function goBack(situation: Situation, options: Options): Promise<WentBack> {
  const { terminal, database: live, estate, target } = situation;
  const { signal, now, err } = terminal;
  const server = await serverIn(situation, options);
  const state = await withServer(server, signal, readServer);
  const [former] = besides(state.databases, live, 'before');
  if (former === undefined)
    throw new SuretyError(
      'restore/no-former',
      `no database of ${hostOf(server)} is kept as the former ${live}`,
      'surety restore takes a backup',
    );
  const aside = state.databases.includes(live) ? besideName(live, 'restored', now()) : null;
  const sessions = (await sessionsIn(server, live, signal)).reduce((sum, { count }) => sum + count, 0);
  if (options.yesIMean !== undefined && sessions > 0 && options.endSessions !== true)
    throw new SuretyError(
      'swap/in-use',
      `${live} is in use by ${sessions} sessions; nothing was changed`,
      'stop the applications first, or allow their sessions to be ended: --end-sessions',
    );
  err(
    `${former} becomes ${live} again; ${aside === null ? 'there is none now' : `what bears the name now is kept as ${aside}`}\n` +
      `what was written since the restore is not in it; ${sessions} sessions end\n`,
  );
  await confirm(`this gives ${live} its former content`, live, options.yesIMean, terminal);
  const steps = [
    ...(aside === null ? [] : [`alter database ${quoted(live)} rename to ${quoted(aside)}`]),
    `alter database ${quoted(former)} rename to ${quoted(live)}`,
  ];
  const manual = `surety restore ${target.name}`;
  const begun = begunRestore(situation, state, { action: 'undo', what: former, steps, manual });
  const log = await openEstateLog(estate, terminal);
  try {
    const endSessions = options.endSessions === true || options.yesIMean === undefined;
    const swapped = await noted(begun, log, situation, () =>
      swapDatabases({ server, live, next: former, aside, endSessions, signal }),
    );
    return { live, former, swapped };
  } finally {
    await log.close();
  }
}
