import type { KeyObject } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { publicKeyText } from '@surety/evidence';
import { findTools } from '../../backup/tools.ts';
import { SuretyError } from '../../core/error.ts';
import { startS3Fake } from '../../testing/s3-fake.ts';
import { newIdentity } from '../backup/new-identity.ts';
import type { Terminal } from '../verb.ts';
import { makeKeys } from './keys.ts';

/** Where the demo's backups go, and who can open them. */
export type BackupPlaces = {
  /** What `budget-backups.ts` reads by `env()`. */
  readonly env: Readonly<Record<string, string>>;
  /** The store that is a folder. */
  readonly vault: string;
  /** The estate of who restores: the only one with an identity, in a folder of its own. */
  readonly restoring: string;
  stop(): Promise<void>;
};

/**
 * A folder, a bucket with Object Lock, and two identities. The bucket is Surety's own stand-in for S3, in this process.
 *
 * @param example the folder of the example
 * @param maker the key that signs backups
 */
export async function makeBackupPlaces(
  example: string,
  maker: KeyObject,
  terminal: Terminal,
): Promise<BackupPlaces> {
  const root = await mkdtemp(join(tmpdir(), 'surety-demo-backups-'));
  const bucket = await startS3Fake({ bucket: 'budget-backups', objectLock: true });
  const stop = async (): Promise<void> => {
    await bucket.stop();
    await rm(root, { recursive: true, force: true });
  };
  try {
    const [vault, restoring] = [join(root, 'vault'), join(root, 'restoring')];
    for (const folder of [vault, restoring]) await mkdir(folder, { mode: 0o700 });
    const recipient = await identity(join(restoring, 'restoring.age'), terminal);
    const escrow = await identity(join(restoring, 'escrow.age'), terminal);
    const { proberKey } = await makeKeys(restoring);
    const config = join(restoring, 'surety.config.ts');
    await writeFile(config, restoringConfig(example));
    return {
      vault,
      restoring: config,
      stop,
      env: {
        BACKUP_VAULT: vault,
        BACKUP_S3_BUCKET: 'budget-backups',
        BACKUP_S3_ENDPOINT: bucket.endpoint,
        BACKUP_S3_ACCESS_KEY_ID: bucket.accessKeyId,
        BACKUP_S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
        BACKUP_RECIPIENT: recipient,
        BACKUP_RECIPIENT_ESCROW: escrow,
        BACKUP_SIGNER: publicKeyText(maker),
        BACKUP_SIGNER_RESTORING: publicKeyText(proberKey),
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Gives its recipient. */
async function identity(file: string, terminal: Terminal): Promise<string> {
  let recipient = '';
  await newIdentity(file, {
    ...terminal,
    err: () => undefined,
    out: (text) => {
      recipient += text;
    },
  });
  return recipient.trim();
}

/** The example's own, but for the medium that the identity lies on. */
function restoringConfig(example: string): string {
  const own = JSON.stringify(pathToFileURL(join(example, 'surety.restore.config.ts')).href);
  return `import restoring from ${own};

export default (values) => ({
  ...restoring({ ...values, file: () => values.file('escrow.age') }),
  environment: 'demo',
});
`;
}

/** Why this machine cannot back up a server of that release; `null` where it can. */
export async function backupTrouble(major: number, env: Terminal['env']): Promise<string | null> {
  try {
    await findTools(undefined, major, env);
    return null;
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return `${error.message}\n  hint: ${error.hint}`;
  }
}
