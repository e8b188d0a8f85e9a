import { randomBytes } from 'node:crypto';
import { acts, type Put, type Store } from '../../backup/stores/store.ts';
import { control, partly, supports } from '../../core/control.ts';
import { SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { KeptSet } from '../../targets/backup/kept.ts';
import type { BackupStore, BackupTarget } from '../../targets/backup/target.ts';

const minute = 60_000;
const day = 86_400_000;
const newestRead = 3;
/** How long a probe stays locked. */
const probeLock = 10 * minute;
/** What stores refuse with; `kept`: they took it, and the locked version is as it was. */
const refusals = ['AccessDenied', 'kept', 'ObjectLocked', 'InvalidRequest', 'InvalidObjectState'];

export default control({
  claim:
    'In one store at least, nobody with our keys can remove, overwrite or let go of a backup before its time',
  why: 'Whoever breaks in deletes the backups first; what cannot be deleted is what there is left.',
  requirements: [
    supports('phase7:backup.isolated', 'the key that stores backups cannot take them away again'),
    partly('phase7:backup.kept-30-days', 'what is kept is held by the store, not by good will'),
    partly('tsc:A1.2', 'backups are protected from those who could remove them'),
    partly('tsc:CC6.1', 'removal of backups is not open to who can make them'),
  ],
  targets: { backups: 'backup' },
  touch: 'writes',
  timeout: 300_000,
  async prove({ backups }, see) {
    const locked = backups.stores.filter(({ lock }) => lock === 'object-lock');
    see.must('stores that hold what is in them', locked.length > 0, {
      want: 'at least one with Object Lock',
      got: locked.map(({ name }) => name).join(', ') || backups.stores.map(described).join(', '),
      hint: "add a bucket made with Object Lock, and say lock: 'object-lock' of it; backups go there as well",
    });
    for (const store of backups.stores.filter(({ lock }) => lock === 'none')) {
      see.note(store.name, `${described(store)}: whoever can write there can empty it`);
    }
    await eachStore(locked, see, async (store) => {
      const opened = await openLocked(store, see);
      if (opened === null) return;
      await heldLongEnough(opened, (await store.kept()).sets, backups, see);
      await attacks(opened, backups, see);
    });
  },
});

function described({ name, kind }: BackupStore): string {
  return kind === 'folder' ? `${name} (a folder)` : `${name} (a bucket without Object Lock)`;
}

/** A bucket that has no lock after all is no blindness. */
async function openLocked(store: BackupStore, see: See): Promise<Store | null> {
  try {
    return await store.open();
  } catch (error) {
    if (!(error instanceof SuretyError) || error.code !== 'store/no-lock') throw error;
    see.must(`${store.name}: has Object Lock`, false, { got: error.message, hint: error.hint });
    return null;
  }
}

/** By the store's own word, of each version that a manifest names. */
async function heldLongEnough(
  store: Store,
  sets: readonly KeptSet[],
  { keep }: BackupTarget,
  see: See,
): Promise<void> {
  if (sets.length === 0)
    see.blind(`${store.name}: backups`, 'there is none to look at', { hint: 'surety backup' });
  for (const { backup, manifest } of sets.slice(0, newestRead)) {
    const until = Date.parse(manifest.snapshot) + keep.days * day;
    const open: string[] = [];
    for (const { part, key, version } of manifest.parts) {
      const found = await store.look(key, version);
      if (found === null) open.push(`${part} is gone`);
      else if (found.lockedUntil === null) open.push(`${part} is not locked`);
      // The lock begins when the run does, somewhat before its snapshot.
      else if (Date.parse(found.lockedUntil) < until - day) open.push(`${part} until ${found.lockedUntil}`);
    }
    see.must(`${store.name}: ${backup} is held`, open.length === 0, {
      want: `until ${new Date(until).toISOString().slice(0, 10)}, for ${keep.days} days`,
      got: open.length === 0 ? 'so it is' : open.join('; '),
      hint: 'see what put it there without a lock: only `surety backup` may write there',
    });
  }
}

/** On objects of our own, since a lock that does not hold would cost the backup. */
async function attacks(store: Store, backups: BackupTarget, see: See): Promise<void> {
  await sweep(store, backups.now());
  const name = `probes/${backups.now().getTime()}-${randomBytes(4).toString('hex')}`;
  const put = (which: string, lockUntil?: Date): Promise<Put> =>
    store.put(`${name}-${which}`, content(), { signal: backups.signal, ...(lockUntil && { lockUntil }) });
  const soon = new Date(backups.now().getTime() + minute);
  const locked = await put('locked', new Date(backups.now().getTime() + probeLock));
  see.must(`${store.name}: a lock is taken`, locked.lockedUntil !== null, {
    got: locked.lockedUntil ?? 'the object lies there unlocked',
    hint: 'a store that takes a lock and drops it holds nothing: use another one',
  });
  const [free, other] = [await put('free'), await put('other')];
  see.allowed(`${store.name}: puts under a free key`, {
    act: acts.overwrite,
    actor: 'the key that stores backups',
    result: 'done',
    detail: 'stored',
    method: 'attack',
  });
  see.allowed(`${store.name}: removes what is not locked`, await store.tryRemove(free.key, free.version));
  see.allowed(
    `${store.name}: locks what is not locked`,
    await store.tryShorten(other.key, other.version, soon),
  );
  const { key, version } = locked;
  const hint = 'a lock in COMPLIANCE mode holds against everybody: see the mode, and who may bypass';
  // The mildest first: what lets go of the lock would be removed as well.
  const because = refusals;
  see.refused(`${store.name}: overwrites what is locked`, await store.tryOverwrite(key, version), {
    because,
    hint,
  });
  see.refused(`${store.name}: shortens a lock`, await store.tryShorten(key, version, soon), {
    because,
    hint,
  });
  see.refused(`${store.name}: removes what is locked`, await store.tryRemove(key, version), {
    because,
    hint,
  });
}

/** Takes away what earlier probes left, as far as their locks are over. */
async function sweep(store: Store, now: Date): Promise<void> {
  const old: { readonly key: string; readonly version: string | null }[] = [];
  for await (const { key, version, modified } of store.list('probes/')) {
    if (now.getTime() - Date.parse(modified) > 2 * probeLock) old.push({ key, version });
  }
  for (const { key, version } of old) {
    await store.remove(key, version).catch((error: unknown) => {
      // One that stays is a few bytes, and no reason not to look.
      if (!(error instanceof SuretyError)) throw error;
    });
  }
}

async function* content(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a probe of the lock: surety prove backup/immutable\n');
}
