import { createHash, type KeyObject } from 'node:crypto';
import { publicKeyText } from '@surety/evidence';
import { rungs } from '../backup/drill/ladder.ts';
import { type Receipt, receiptKey, sealReceipt } from '../backup/drill/receipt.ts';
import { newDrillId } from '../backup/drill.ts';
import { openManifest } from '../backup/manifest.ts';
import type { Site } from './scratch-backup.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

export type ReceiptOptions = {
  /** How long ago it was. Default: one. */
  readonly days?: number;
  readonly key?: KeyObject;
  /** What it says instead. */
  readonly edit?: (receipt: Receipt) => Receipt;
};

/** The receipt of a drill of the newest backup that went well, in every store. */
export async function putReceipt(site: Site, { days = 0.01, key, edit }: ReceiptOptions = {}): Promise<void> {
  const started = new Date(Date.now() - days * day);
  const [backup = ''] = site.backups;
  const envelope = await site.vault.read(`backups/${backup}/manifest.json`);
  const { snapshot, source } = openManifest(envelope, [publicKeyText(site.stage.key)]);
  const good: Receipt = {
    drill: newDrillId(started),
    backup: { backup, store: 'vault', manifest: createHash('sha256').update(envelope).digest('hex') },
    source: { database: source.database, systemIdentifier: source.systemIdentifier },
    started: started.toISOString(),
    finished: new Date(started.getTime() + 10 * minute).toISOString(),
    outcome: 'pass',
    rungs: rungs.map(({ rung }) => ({ rung, result: 'pass', fact: 'as it should be' })),
    recovery: { fetch: 2 * minute, decrypt: minute, restore: 5 * minute, verify: minute, smoke: minute },
    loss: Math.max(0, started.getTime() - Date.parse(snapshot)),
    sizes: { source: source.size, production: source.size, stored: 1000, plain: 10_000 },
    projected: 12 * minute,
    tools: { server: '15.20' },
  };
  const receipt = edit === undefined ? good : edit(good);
  for (const shelf of site.shelves) {
    await shelf.put(receiptKey(receipt.drill), sealReceipt(receipt, key ?? site.stage.key));
  }
}

/** The same with one rung otherwise. */
export const withRung =
  (named: Receipt['rungs'][number]['rung'], result: 'fail' | 'not-run') =>
  (receipt: Receipt): Receipt => ({
    ...receipt,
    outcome: result,
    rungs: receipt.rungs.map((one) =>
      one.rung === named ? { ...one, result, fact: 'it was otherwise' } : one,
    ),
  });
