import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';
import { canary } from './ledger.ts';

const ageHeader = 'age-encryption.org/v1\n';

/** Looks for what may show nowhere in plain text, each object and file once. */
export type LeakSearch = {
  /** Gives a sentence for each thing that shows. */
  look(text: string): Promise<readonly string[]>;
};

/** @param folders every file below them, and everything in `stores` */
export function leakSearch(
  stores: readonly Store[],
  folders: readonly string[],
  secrets: readonly string[],
): LeakSearch {
  const searched = new Set<string>();
  const shown = (bytes: Buffer, names: readonly string[]): readonly string[] =>
    names.filter((one) => bytes.includes(one));
  const objects = async (store: Store): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { key, version } of store.list('')) {
      const once = `${store.name}/${key}/${version}`;
      if (searched.has(once)) continue;
      searched.add(once);
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.read(key, version)) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (shown(bytes, [canary, ...secrets]).length > 0) found.push(`${store.name}: ${key} holds plain text`);
      const isManifest = key.endsWith('/manifest.json');
      if (!isManifest && !bytes.subarray(0, ageHeader.length).equals(Buffer.from(ageHeader)))
        found.push(`${store.name}: ${key} is not encrypted`);
    }
    return found;
  };
  const files = async (folder: string): Promise<readonly string[]> => {
    const found: string[] = [];
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path).catch(() => Buffer.alloc(0));
      // The password file of a program that was killed may be left; rows may not.
      if (shown(bytes, [canary]).length > 0) found.push(`${path} holds rows in plain text`);
    }
    return found;
  };
  return {
    async look(text) {
      const stored = await Promise.all(stores.map(objects));
      const left = await Promise.all(folders.map(files));
      const printed =
        shown(Buffer.from(text), [canary, ...secrets]).length > 0
          ? ['the tool printed a secret or a row']
          : [];
      return [...stored, ...left, printed].flat();
    },
  };
}
