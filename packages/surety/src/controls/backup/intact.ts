import { createHash } from 'node:crypto';
import type { Part } from '../../backup/manifest.ts';
import type { Store } from '../../backup/stores/store.ts';
import { control, partly, supports } from '../../core/control.ts';
import { BlindError, SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { Kept, KeptSet } from '../../targets/backup/kept.ts';
import type { BackupTarget } from '../../targets/backup/target.ts';

/** Always read again, from every store. */
const newestRead = 3;
/** Besides, in turn from day to day, so that all of thirty days are read within a week. */
const othersRead = 5;
/** Bytes of the others, from one store; the newest are read whatever they weigh. */
const othersCeiling = 50 * 1024 ** 3;
const day = 86_400_000;

export default control({
  claim: 'Every byte of the backups is in every store as it was when they were signed',
  why: 'Disks rot, uploads stop half way, and a bit that has changed restores as other data with exit code 0.',
  requirements: [
    supports(
      'phase7:backup.compressed',
      'what is stored is read again and compared with the signed checksums',
    ),
    partly('mp22:2.5', 'the stored backups can be read whole; the drill restores them'),
    partly('phase7:evidence.backup-logs', 'each backup states its time and size in a manifest that verifies'),
    partly('tsc:A1.2', 'backups are maintained'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  timeout: 3_600_000,
  async prove({ backups }, see) {
    await eachStore(backups.stores, see, async (store) => {
      const kept = await store.kept();
      await manifests(store.name, kept, see);
      const { read, left } = toRead(kept.own, backups.now());
      const opened = await store.open();
      for (const set of read) await everyPart(opened, set, backups, see);
      if (left > 0) {
        see.note(
          `${store.name}: not read this time`,
          `${left} of ${kept.own.length}: the newest ${newestRead} are read every time, the others in turn`,
        );
      }
    });
  },
});

async function manifests(store: string, kept: Kept, see: See): Promise<void> {
  await see.population(`${store}: backups`, {
    items: kept.own,
    how: 'manifests of this database',
    recount: {
      how: 'folders with a manifest, less those of others and those that do not verify',
      count: kept.folders - kept.elsewhere.length - kept.untrusted.length,
    },
  });
  see.equal(
    `${store}: manifests that do not verify`,
    [],
    kept.untrusted.map(({ backup, why }) => `${backup}: ${why}`),
    { hint: 'find out who changed them; their other copies still count' },
  );
}

type Selection = { readonly read: readonly KeptSet[]; readonly left: number };

/** The newest, and of the others every so many-th, beginning with another one each day. */
function toRead(sets: readonly KeptSet[], now: Date): Selection {
  const others = sets.slice(newestRead);
  const step = Math.max(1, Math.ceil(others.length / othersRead));
  const today = Math.floor(now.getTime() / day) % step;
  const inTurn = others.filter((_, index) => index % step === today);
  let bytes = 0;
  const affordable = inTurn.filter(({ manifest }) => {
    bytes += manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    return bytes <= othersCeiling;
  });
  const read = [...sets.slice(0, newestRead), ...affordable];
  return { read, left: sets.length - read.length };
}

async function everyPart(store: Store, set: KeptSet, backups: BackupTarget, see: See): Promise<void> {
  const faults: string[] = [];
  for (const part of set.manifest.parts) {
    const fault = await faultOf(store, part, backups.signal);
    if (fault !== null) faults.push(`${part.part}: ${fault}`);
  }
  see.must(`${store.name}: ${set.backup} read again`, faults.length === 0, {
    want: `${set.manifest.parts.length} objects with the signed SHA-256`,
    got: faults.length === 0 ? 'the same' : faults.join('; '),
    hint: 'do not restore this copy: take the one of another store, and look at the disk',
  });
}

/** Why the object is not the one that was signed, or `null`. */
async function faultOf(store: Store, part: Part, signal: AbortSignal): Promise<string | null> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of store.read(part.key, part.version, signal)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    if (error instanceof BlindError || !(error instanceof SuretyError)) throw error;
    return error.code === 'store/no-object' ? 'it is not there' : error.message;
  }
  if (bytes < part.bytes) return `cut off after ${bytes} of ${part.bytes} bytes`;
  if (bytes > part.bytes) return `${bytes} bytes instead of ${part.bytes}`;
  return hash.digest('hex') === part.sha256 ? null : 'same size, other bytes';
}
