import { dirname, join } from 'node:path';
import type { Store } from '../../backup/stores/store.ts';
import { control, partly, supports } from '../../core/control.ts';
import { SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import { identitiesIn } from '../../targets/backup/identities-beside.ts';
import type { Kept } from '../../targets/backup/kept.ts';
import { plainWords, sealedAs } from '../../targets/backup/sealed-as.ts';
import type { BackupStore, BackupTarget } from '../../targets/backup/target.ts';

const newestRead = 3;
/** Bytes of each object that are searched for what should not be readable. */
const searched = 1024 * 1024;
const mostStrays = 200;

export default control({
  claim:
    'Stored backups can be read with the escrowed identities only, and none of those is where backups are made',
  why: 'Whoever takes the bucket, or the machine that fills it, must not have the database with it.',
  requirements: [
    supports('phase7:backup.compressed', 'the content is authenticated by its encryption'),
    partly('tsc:CC6.1', 'access to the data in backups is limited to who holds an identity'),
    partly('tsc:CC6.7', 'what leaves for a store is encrypted'),
    partly('phase7:backup.isolated', 'the host that makes backups cannot read them'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  timeout: 300_000,
  async prove({ backups }, see) {
    const tables = await tableNames(backups, see);
    await eachStore(backups.stores, see, async (store) => {
      const kept = await store.kept();
      const opened = await store.open();
      await sealedParts(opened, kept, backups, tables, see);
      await strays(opened, kept, tables, see);
      await keysBeside(store, see);
    });
    await keysHere(backups, see);
  },
});

/** Longer ones only: short ones turn up by chance. */
async function tableNames(backups: BackupTarget, see: See): Promise<readonly string[]> {
  try {
    return (await backups.source()).tables.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    see.note('names of tables', `not searched for: ${error.message}`);
    return [];
  }
}

async function sealedParts(
  store: Store,
  { sets }: Kept,
  { recipients, signal }: BackupTarget,
  tables: readonly string[],
  see: See,
): Promise<void> {
  const looked = sets.slice(0, newestRead);
  if (looked.length === 0) {
    see.blind(`${store.name}: backups`, 'there is none to look at', { hint: 'surety backup' });
    return;
  }
  for (const { backup, manifest } of looked) {
    see.equal(
      `${store.name}: ${backup}: recipients`,
      [...recipients].sort(),
      [...manifest.recipients].sort(),
      {
        hint: 'a backup for others than the estate says: make a new one, and find out who may read this one',
      },
    );
    const faults: string[] = [];
    for (const { part, key, version } of manifest.parts) {
      const beginning = await ifThere(beginningOf(store, key, version, signal));
      const fault = beginning === null ? null : faultOf(beginning, recipients.length, tables);
      if (fault !== null) faults.push(`${part}: ${fault}`);
    }
    see.must(`${store.name}: ${backup}: objects are sealed`, faults.length === 0, {
      want: `age for ${recipients.length} recipients`,
      got: faults.length === 0 ? 'so they are' : faults.join('; '),
      hint: 'take it out of the store, and whatever made it out of service',
    });
  }
}

function faultOf(beginning: Buffer, recipients: number, tables: readonly string[]): string | null {
  const sealed = sealedAs(beginning);
  if (sealed.kind === 'open') return sealed.what;
  const others = sealed.recipients.filter((kind) => kind !== 'X25519');
  if (others.length > 0) return `also opened by ${others.join(', ')}`;
  if (sealed.recipients.length !== recipients) return `sealed for ${sealed.recipients.length} recipients`;
  const words = plainWords(sealed.payload, tables);
  return words.length === 0 ? null : `a header of age before plain text (${words.length} words of a dump)`;
}

/** What else lies in a store: a dump that somebody put there by hand, or the key. */
async function strays(store: Store, kept: Kept, tables: readonly string[], see: See): Promise<void> {
  const looked = kept.strays.slice(0, mostStrays);
  const faults: string[] = [];
  for (const { key, version } of looked) {
    const beginning = await beginningOf(store, key, version, undefined);
    const fault = strayFault(beginning, tables);
    if (fault !== null) faults.push(`${key}: ${fault}`);
  }
  see.equal(`${store.name}: readable besides the backups`, [], faults, {
    hint: 'remove it, and count its content as seen by whoever could read the store',
  });
  const left = kept.strays.length - looked.length;
  if (left > 0) see.blind(`${store.name}: what is no backup`, `${left} objects more than are looked at`);
}

function strayFault(beginning: Buffer, tables: readonly string[]): string | null {
  if (beginning.includes('AGE-SECRET-KEY-1')) return 'an identity, which opens the backups';
  const sealed = sealedAs(beginning);
  if (sealed.kind === 'age') return null;
  if (sealed.what !== 'no age file' && sealed.what !== 'empty') return sealed.what;
  return plainWords(beginning, tables).length > 0 ? 'words of a dump' : null;
}

async function keysBeside({ name, folder }: BackupStore, see: See): Promise<void> {
  if (folder === null) return;
  const [inside, beside] = [await identitiesIn(folder), await identitiesIn(dirname(folder))];
  noIdentities(`${name}: identities beside the store`, [inside, beside], see);
}

async function keysHere(backups: BackupTarget, see: See): Promise<void> {
  const { root } = backups;
  const here = [await identitiesIn(root), await identitiesIn(join(root, '.surety', 'keys'))];
  const signing = await backups.signingKeys();
  if (signing.length === 0 && !backups.holdsIdentity) {
    see.note('this machine', 'no key here signs backups: it says nothing of the one that makes them');
  }
  if (signing.length === 0) return;
  noIdentities('identities where backups are made', here, see);
  see.must('identity in the estate where backups are made', !backups.holdsIdentity, {
    want: 'none',
    got: backups.holdsIdentity ? `one, beside ${signing.join(', ')}, which signs backups` : 'none',
    hint: 'give it in the estate of the machine that restores, and nowhere else',
  });
}

function noIdentities(
  subject: string,
  looks: readonly { readonly identities: readonly string[]; readonly unread: number }[],
  see: See,
): void {
  const found = looks.flatMap(({ identities }) => identities);
  see.equal(subject, [], found, {
    hint: 'move it off this machine, make a new one, and take the old one out of recipients',
  });
  const unread = looks.reduce((sum, one) => sum + one.unread, 0);
  if (unread > 0) see.blind(subject, `${unread} files could not be looked into`);
}

/** What is gone cannot be read by anybody; `backup/intact` misses it. */
async function ifThere(reading: Promise<Buffer>): Promise<Buffer | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof SuretyError && error.code === 'store/no-object') return null;
    throw error;
  }
}

async function beginningOf(
  store: Store,
  key: string,
  version: string | null,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of store.read(key, version, signal)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= searched) break;
  }
  return Buffer.concat(chunks).subarray(0, searched);
}
