import path from 'node:path';
import type { RungResult } from '@surety/evidence';
import { BlindError } from '../../core/error.ts';
import type { PhysicalFacts } from '../facts.ts';
import { runAs } from './account.ts';
import { type Archive, readArchive } from './archive.ts';
import { type Archiver, lossOf, readArchiver } from './archiver.ts';
import { findMoment, type WalReader } from './commits.ts';
import { bootCopy, type Copy, findPrograms, type Programs } from './copy.ts';
import type { PhysicalBackup, StanzaInfo } from './info.ts';
import { type Ladder, makeLadder, OffLadder, outcomeOf, type Rung } from './ladder.ts';
import { type Moment, timeText } from './moment.ts';
import { openPgBackRest, type PgBackRest } from './pgbackrest.ts';
import {
  broken,
  secondText,
  signedManifest,
  stanza,
  type Usable,
  verified,
  wholeOrThrow,
} from './repository-rungs.ts';
import { makeScratch, type Scratch } from './scratch.ts';
import { checkCopy } from './storage.ts';
import { lookAtCopy } from './transactions.ts';

export type PointInTimeOptions = {
  readonly physical: PhysicalFacts;
  /** Of the role that backs up: asked for the timeline and the state of the archiver. The drill goes on without it. */
  readonly url: string;
  readonly ca?: string | undefined;
  /** Folder that a relative `config` starts from. */
  readonly root: string;
  /** The second to go back to; default: the newest one between two transactions, found in the WAL. */
  readonly at?: Date;
  /** Where the copy goes; default: the system's temporary folder. It holds plain rows while the drill runs. */
  readonly folder?: string;
  /** SHA-256 of `backup.manifest` by label, as signed manifests have it; without it, that rung is not run. */
  readonly signed?: ReadonlyMap<string, string>;
  /** Names of stores that could not be read: what `signed` lacks may lie there. */
  readonly unread?: readonly string[];
  /** Reads every file of the repository. Default: true. */
  readonly verify?: boolean;
  /** Looks at the recovered copy besides, with any role, and says what it saw as rungs. */
  readonly look?: (copy: Copy, signal: AbortSignal) => Promise<readonly Rung[]>;
  /** Default: the process's. pgBackRest gets of it what is for it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly secret?: (value: string) => void;
  readonly now?: () => Date;
};

export type PointInTimeOutcome = {
  readonly result: RungResult;
  readonly rungs: readonly Rung[];
  /** Milliseconds by phase: `verify`, `restore`, `recover`, `check`. */
  readonly recovery: { readonly [phase: string]: number };
  /** Milliseconds of work that would have been lost; `null` where nobody could say. */
  readonly loss: number | null;
  /** pgBackRest's label of the backup that was restored. */
  readonly backup: string | null;
  /** The chosen second, as PostgreSQL writes it. */
  readonly moment: string | null;
};

const rungNames = [
  'stanza',
  'signed manifest',
  'repository',
  'archive',
  'restore',
  'chosen second',
  'recovery',
  'before the second',
  'after the second',
  'storage',
  'page checksums',
  'teardown',
] as const;

type Climb = PointInTimeOptions & {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ladder: Ladder;
  readonly pgbackrest: PgBackRest;
};

/**
 * Restores the cluster as it was at one second, on a copy that touches nothing of production, and looks in the copy
 * whether the last transaction before that second is there and the first one after it is not. Which transactions those are
 * is read from the archived WAL, so that nothing is ever written to the source.
 *
 * @throws {BlindError} where it cannot even begin: no pgBackRest, no configuration
 */
export async function drillPointInTime(options: PointInTimeOptions): Promise<PointInTimeOutcome> {
  const { physical, root, env = process.env, now = () => new Date() } = options;
  const pgbackrest = await openPgBackRest({
    ...options,
    env,
    stanza: physical.stanza,
    config: path.resolve(root, physical.config),
  });
  const ladder = makeLadder(rungNames, now);
  const climb = { ...options, env, ladder, pgbackrest };
  const archiver = await readArchiver(options).catch((error: unknown) => {
    if (error instanceof BlindError) return null;
    throw error;
  });
  const reached = await offLadder(() => climbUp(climb, archiver));
  const rungs = ladder.rungs();
  return {
    result: outcomeOf(rungs),
    rungs,
    recovery: phases(ladder),
    loss: archiver === null ? null : lossOf(archiver),
    backup: reached?.backup ?? null,
    moment: reached?.moment ?? null,
  };
}

function phases({ took }: Ladder): { readonly [phase: string]: number } {
  const sum = (...rungs: readonly (typeof rungNames)[number][]): number =>
    rungs.reduce((total, rung) => total + (took.get(rung) ?? 0), 0);
  return {
    verify: sum('stanza', 'signed manifest', 'repository', 'archive'),
    restore: sum('restore'),
    recover: sum('chosen second', 'recovery'),
    check: sum('storage', 'page checksums'),
  };
}

type Reached = { readonly backup: string; readonly moment: string };

async function offLadder<T>(climb: () => Promise<T>): Promise<T | null> {
  try {
    return await climb();
  } catch (error) {
    if (error instanceof OffLadder) return null;
    throw error;
  }
}

async function climbUp(climb: Climb, archiver: Archiver | null): Promise<Reached> {
  const { ladder, pgbackrest } = climb;
  const info = await ladder.needed('stanza', () => stanza(climb, archiver));
  const { info: found, usable } = info;
  await ladder.step('signed manifest', () =>
    signedManifest({ ...climb, stanza: climb.physical.stanza }, usable.newest),
  );
  if (climb.verify === false) ladder.say('repository', 'not-run', 'it was not asked for');
  else await ladder.step('repository', () => verified(pgbackrest));
  const archive = await ladder.needed('archive', async () => {
    const read = await readArchive(pgbackrest, found, usable.first, archiver?.timeline);
    return { fact: wholeOrThrow(read, archiver), value: read };
  });
  return inScratch(climb, usable.newest.info.size, async (scratch) => {
    const programs = await programsOrOff(climb, found);
    const data = await ladder.needed('restore', () => restore(climb, scratch, usable.newest, true));
    const { waldump } = programs;
    const reader = { pgbackrest, waldump, folder: await scratch.make('wal'), data, signal: climb.signal };
    const wanted = await ladder.needed('chosen second', () => chooseSecond(climb, archive, usable, reader));
    if (wanted.backup.label !== usable.newest.label)
      await ladder.needed('restore', () => restore(climb, scratch, wanted.backup, false));
    await recoverAndLook(climb, { scratch, programs, data, archive, ...wanted });
    return { backup: wanted.backup.label, moment: timeText(wanted.moment.at) };
  });
}

async function inScratch<T>(
  { ladder, pgbackrest, folder }: Climb,
  size: number,
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  const scratch = await ladder.step('restore', async () => ({
    fact: 'begun',
    value: await makeScratch(pgbackrest.account, size * 1.1, folder),
  }));
  if (scratch === null) throw new OffLadder('restore');
  try {
    return await work(scratch);
  } finally {
    await ladder.step('teardown', async () => {
      await scratch.remove();
      return { fact: 'the copy and its server are gone', value: null };
    });
  }
}

async function programsOrOff({ ladder, env }: Climb, { cluster }: StanzaInfo): Promise<Programs> {
  return ladder.needed('restore', async () => ({
    fact: 'begun',
    value: await findPrograms(cluster?.major ?? '', env),
  }));
}

async function restore(
  { pgbackrest }: Climb,
  scratch: Scratch,
  { label, info }: PhysicalBackup,
  isFirst: boolean,
): Promise<{ readonly fact: string; readonly value: string }> {
  const data = path.join(scratch.folder, 'data');
  const suffix = isFirst ? '' : '-2';
  if (!isFirst) await scratch.drop('data');
  await pgbackrest.restore({
    label,
    data,
    tablespaces: await scratch.make(`tablespaces${suffix}`),
    locks: await scratch.make(`locks${suffix}`),
  });
  return { fact: `${label}, ${Math.ceil(info.size / 2 ** 20)} MiB`, value: data };
}

type Chosen = { readonly moment: Moment; readonly backup: PhysicalBackup };

async function chooseSecond(
  { at }: Climb,
  archive: Archive,
  { first, all, newest }: Usable,
  reader: WalReader,
): Promise<{ readonly fact: string; readonly value: Chosen }> {
  const earliest = (first.timestamp.stop + 1) * 1_000_000;
  const micros = at === undefined ? null : at.getTime() * 1000;
  const moment = await findMoment(reader, archive, { earliest, at: micros });
  if (moment === null)
    throw new BlindError(
      'physical/nothing-between',
      `no second lies between two transactions after ${secondText(first.timestamp.stop)}${at === undefined ? '' : ' and at the chosen one'}`,
      'run it again when the database was written to since its last backup',
    );
  const backup = all.findLast(({ timestamp }) => timestamp.stop * 1_000_000 < moment.at) ?? newest;
  const fact = `${timeText(moment.at)}, ${distance(moment.at - moment.before.at)} after one transaction and ${distance(moment.after.at - moment.at)} before the next`;
  return { fact, value: { moment, backup } };
}

function distance(micros: number): string {
  return micros < 1_000_000 ? `${Math.round(micros / 1000)} ms` : `${(micros / 1_000_000).toFixed(1)} s`;
}

type Recovering = Chosen & {
  readonly scratch: Scratch;
  readonly programs: Programs;
  readonly data: string;
  readonly archive: Archive;
};

async function recoverAndLook(climb: Climb, recovering: Recovering): Promise<void> {
  const { ladder, pgbackrest, signal, look } = climb;
  const { scratch, programs, data, archive, moment } = recovering;
  const copy = await ladder.needed('recovery', async () => {
    const target = timeText(moment.at);
    const socket = await scratch.make('s');
    const value = await bootCopy({
      ...pgbackrest,
      programs,
      folder: scratch.folder,
      data,
      socket,
      target,
      timeline: archive.timeline,
      restoreCommand: pgbackrest.restoreCommand(data),
      signal,
    });
    return { fact: `recovered to ${target} and promoted`, value };
  });
  try {
    const [before, after] = await lookAtCopy(copy, climb, moment);
    ladder.say('before the second', ...before);
    ladder.say('after the second', ...after);
    await ladder.step('storage', () => checkCopy(copy, climb));
    for (const rung of (await look?.(copy, signal)) ?? []) ladder.say(rung.rung, rung.result, rung.fact);
  } finally {
    await copy.stop();
  }
  await ladder.step('page checksums', async () => {
    const { account } = pgbackrest;
    const env = { LC_ALL: 'C' };
    const { code, stderr } = await runAs(programs.checksums, ['--check', '-D', data], {
      account,
      env,
      signal,
    });
    if (stderr.includes('data checksums are not enabled'))
      throw new BlindError(
        'physical/no-checksums',
        'the cluster has no page checksums',
        'pg_checksums --enable',
      );
    if (code !== 0)
      throw broken(
        'physical/bad-pages',
        'pages of the copy do not have their checksums',
        'amcheck the source',
      );
    return { fact: 'every page has its checksum', value: null };
  });
}
