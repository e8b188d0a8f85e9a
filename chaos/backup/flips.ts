import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { openFolder } from '../../packages/surety/src/backup/stores/folder.ts';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';
import type { Tally } from '../chaos.ts';
import type { Random } from '../random.ts';
import { type Examined, examine, intactVerdict } from './examine.ts';
import type { Shelf } from './shelf.ts';

export type FlipsOptions = {
  readonly flips: number;
  readonly random: Random;
  readonly count: Tally;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/** A copy of a store that is broken in one way, looked at, and put back. */
type Bench = {
  readonly folder: string;
  readonly store: Store;
  readonly backup: string;
  look(): Promise<Examined>;
  intact(): Promise<string>;
};

/** Flips bits, cuts ends off and exchanges objects of a good backup; each time it has to be refused. */
export async function flipAtRandom(shelf: Shelf, options: FlipsOptions): Promise<void> {
  const { flips, random, count, say, signal } = options;
  const first = await shelf.backUp();
  const second = await shelf.backUp();
  const bench = await setBench(shelf, first.backup);
  await witness(bench, count);
  const files = await objectsIn(join(bench.folder, 'backups', bench.backup));
  for (let n = 0; n < flips && !signal.aborted; n += 1) {
    const file = random.pick(files);
    const good = await readFile(file);
    const how = await damage(file, good, random);
    await mustBeRefused(how, `${how} in ${relative(bench.folder, file)}`, bench, count);
    await writeFile(file, good);
    if (n % 250 === 249) say(`${n + 1} of ${flips} flips and cuts`);
  }
  await witness(bench, count);
  await exchange(shelf, bench, second.backup, count);
  await olderVersions(shelf, first.backup, second.backup, count);
}

async function setBench({ folder: from, facts, identity }: Shelf, backup: string): Promise<Bench> {
  const folder = `${from}-bench`;
  await cp(from, folder, { recursive: true });
  for (const name of await readdir(join(folder, 'backups')))
    if (name !== backup) await rm(join(folder, 'backups', name), { recursive: true });
  const store = await openFolder('vault', folder, new AbortController().signal);
  const here = { ...facts, stores: { vault: { folder } } };
  return {
    ...{ folder, store, backup },
    look: () => examine(store, backup, facts, identity),
    intact: () => intactVerdict(here, folder),
  };
}

/** What is not broken has to get through, or being refused means nothing. */
async function witness(bench: Bench, count: Tally): Promise<void> {
  const looked = await bench.look();
  if (looked !== 'accepted') count.fault(`a copy that nobody broke is ${looked}`);
  const verdict = await bench.intact();
  if (verdict !== 'pass') count.fault(`backup/intact says ${verdict} of a copy that nobody broke`);
}

async function mustBeRefused(kind: string, what: string, bench: Bench, count: Tally): Promise<void> {
  const looked = await bench.look();
  count.ended(kind, looked);
  if (looked === 'accepted') count.falseSuccess(`${what}: the restore takes it`);
  const verdict = await bench.intact();
  if (verdict === 'pass') count.falseSuccess(`${what}: backup/intact passes`);
}

async function objectsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

async function damage(
  file: string,
  good: Buffer,
  random: Random,
): Promise<'flip a bit' | 'cut an end off' | 'add to an end'> {
  const chance = random.next();
  if (chance < 0.7) {
    const bad = Buffer.from(good);
    const at = random.below(good.length);
    bad.writeUInt8(bad.readUInt8(at) ^ (1 << random.below(8)), at);
    await writeFile(file, bad);
    return 'flip a bit';
  }
  if (chance < 0.95) {
    await truncate(file, random.below(good.length));
    return 'cut an end off';
  }
  await writeFile(file, Buffer.concat([good, good.subarray(0, 1 + random.below(100))]));
  return 'add to an end';
}

/** Parts for parts, manifests for manifests: of one backup, of two, of two stores. */
async function exchange(shelf: Shelf, bench: Bench, other: string, count: Tally): Promise<void> {
  const own = join(bench.folder, 'backups', bench.backup);
  const names = (await readdir(own)).sort();
  const parts = names.filter((name) => name !== 'manifest.json');
  for (const one of parts)
    for (const two of parts.filter((name) => name > one)) {
      await swap(join(own, one), join(own, two));
      await mustBeRefused('swap two parts', `${one} and ${two} swapped`, bench, count);
      await swap(join(own, one), join(own, two));
    }
  const of = async (name: string): Promise<Buffer> => readFile(join(shelf.folder, 'backups', other, name));
  for (const name of names) {
    const good = await readFile(join(own, name));
    await writeFile(join(own, name), await of(name));
    const kind = name === 'manifest.json' ? "another backup's manifest" : "another backup's part";
    await mustBeRefused(kind, `${name} of another backup`, bench, count);
    await rm(join(own, name));
    await mustBeRefused('take an object away', `${name} taken away`, bench, count);
    await writeFile(join(own, name), good);
  }
  const manifest = join(own, 'manifest.json');
  const good = await readFile(manifest);
  const offsite = shelf.s3.versions().find(({ key }) => key === `backups/${bench.backup}/manifest.json`);
  await writeFile(manifest, Buffer.concat(offsite?.content ?? []));
  await mustBeRefused("another store's manifest", 'the manifest of offsite in vault', bench, count);
  await writeFile(manifest, good);
  // All of it under another name: an old backup that is passed off as a new one.
  const renamed = join(bench.folder, 'backups', other);
  await rename(own, renamed);
  const looked = await examine(bench.store, other, shelf.facts, shelf.identity);
  count.ended('rename a backup', looked);
  if (looked === 'accepted') count.falseSuccess('a backup under the name of another is taken');
  await mkdir(own, { recursive: true });
  await rm(own, { recursive: true });
  await rename(renamed, own);
  await witness(bench, count);
}

async function swap(one: string, two: string): Promise<void> {
  await rename(one, `${one}.swap`);
  await rename(two, one);
  await rename(`${one}.swap`, two);
}

/**
 * In a bucket with versions, somebody puts other bytes under the keys of a backup. The signed manifest names the versions that it means: the backup
 * is as good as before. Only when those are gone it is refused.
 */
async function olderVersions(
  { s3, facts, identity, stores: [, offsite] }: Shelf,
  backup: string,
  other: string,
  count: Tally,
): Promise<void> {
  const look = (): Promise<Examined> => examine(offsite, backup, facts, identity);
  const keys = s3.versions().flatMap(({ key }) => (key.startsWith(`backups/${backup}/`) ? [key] : []));
  for (const key of keys) {
    const original = s3.versions().find((one) => one.key === key)?.version ?? null;
    const attempt = await offsite.tryOverwrite(key, original);
    const looked = await look();
    count.ended('put a later version', `${looked} (${attempt.detail ?? attempt.result})`);
    if (looked !== 'accepted') count.lost(`${key}: a later version hides the one that was signed`);
  }
  const parts = keys.filter((key) => !key.endsWith('/manifest.json'));
  for (const key of parts.slice(0, 1)) {
    const versions = s3.versions().filter((one) => one.key === key);
    const signed = versions.at(-1)?.version ?? null;
    await offsite.remove(key, signed);
    const looked = await look();
    count.ended('take the signed version', looked);
    if (looked === 'accepted') count.falseSuccess(`${key}: another version than the signed one is taken`);
  }
  const untouched = await examine(offsite, other, facts, identity);
  if (untouched !== 'accepted') count.lost(`${other} in offsite was good, and is ${untouched}`);
}
