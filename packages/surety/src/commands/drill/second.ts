import type { DrillRecord } from '@surety/evidence';
import { newBackupId } from '../../backup/make.ts';
import { drillPointInTime, type PointInTimeOutcome } from '../../backup/physical/drill.ts';
import { signedDigests } from '../../backup/physical/repository.ts';
import type { BackupSet } from '../../backup/sets.ts';
import { BlindError, SuretyError } from '../../core/error.ts';
import { inventories, type Opened } from '../backup/stores.ts';
import { openEstateLog } from '../estate-log.ts';
import type { Situation } from '../restore/situation.ts';
import { begunDrill, namedDrill } from './record.ts';

/** What a drill of one second came to, beside the name of its record. */
export type SecondOutcome = PointInTimeOutcome & { readonly drill: string };

/**
 * Restores a copy to one second by pgBackRest, and records it as any drill.
 *
 * @param asked a time, or `newest`
 * @param ca PEM text
 */
export async function drillSecond(
  situation: Situation,
  { asked, stores, missing, ca }: Opened & { readonly asked: string; readonly ca: string | undefined },
): Promise<SecondOutcome> {
  const { estate, facts, terminal, redactor } = situation;
  const { physical } = facts;
  if (physical === undefined)
    throw new BlindError(
      'physical/no-facts',
      'the estate says nothing of pgBackRest',
      'name its stanza and config as `physical` of the target',
    );
  const at = asked === 'newest' ? null : momentOf(asked);
  const found = await inventories(stores, facts.signers);
  const sets = [...found.values()].flatMap((inventory) => inventory?.sets ?? []);
  const unread = [...found].flatMap(([store, inventory]) => (inventory === null ? [store] : []));
  const id = newBackupId(terminal.now());
  const named = namedDrill(id, situation);
  const log = await openEstateLog(estate, terminal);
  try {
    await log.append([{ record: begunDrill(named, terminal.now()) }]);
    const outcome = await drillPointInTime({
      ...{ physical, url: facts.url, ca, root: estate.root, env: terminal.env },
      ...(at !== null && { at }),
      signed: signedDigests(sets, physical.stanza),
      unread: [...missing.map(({ store }) => store), ...unread],
      signal: terminal.signal,
      secret: redactor.secret,
      now: terminal.now,
    });
    const record: DrillRecord = {
      ...named,
      at: terminal.now().toISOString(),
      backup: manifestOf(sets, outcome.backup),
      outcome: outcome.result,
      rungs: outcome.rungs.map(({ fact, ...rung }) => ({ ...rung, fact: redactor.redactText(fact) })),
      recovery: outcome.recovery,
      loss: outcome.loss,
    };
    await log.append([{ record }]);
    return { drill: id, ...outcome };
  } finally {
    await log.close();
  }
}

function momentOf(asked: string): Date {
  const at = new Date(asked);
  if (!Number.isNaN(at.getTime())) return at;
  throw new SuretyError(
    'usage/no-time',
    `${asked} is no time`,
    '--second 2026-11-22T12:26:33Z, or --second newest',
  );
}

function manifestOf(sets: readonly BackupSet[], label: string | null): string | null {
  return sets.find(({ manifest }) => manifest.physical?.label === label)?.backup ?? label;
}

/** The rungs, a line for each, then what was measured. */
export function secondText({ rungs, recovery, loss, moment, backup, result }: SecondOutcome): string {
  const widest = Math.max(...rungs.map(({ rung }) => rung.length));
  const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`;
  const phases = Object.entries(recovery).map(([phase, millis]) => `${phase} ${seconds(millis)}`);
  return [
    `second    ${moment ?? 'none'}, from ${backup ?? 'no backup'}`,
    '',
    ...rungs.map(({ rung, result: ended, fact }) => `  ${ended.padEnd(7)}  ${rung.padEnd(widest)}  ${fact}`),
    '',
    `recovery  ${phases.join(', ')}`,
    `loss      ${loss === null ? 'nobody knows: the server did not say' : `at most ${seconds(loss)}`}`,
    result,
    '',
  ].join('\n');
}
