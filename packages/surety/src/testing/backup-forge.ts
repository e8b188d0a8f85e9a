import { createHash, type KeyObject } from 'node:crypto';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { newBackupId } from '../backup/make.ts';
import { type Manifest, manifestKey, partKey, sealManifest } from '../backup/manifest.ts';
import { seal } from '../backup/seal.ts';
import type { SourceFacts } from '../backup/source-facts.ts';
import type { Shelf } from './backup-shelf.ts';

/** A recipient with its identity, which opens what was sealed for it. */
export type Reader = { readonly identity: string; readonly recipient: string };

export async function makeReader(): Promise<Reader> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** The parts of a backup, sealed once: making a history of backups is then only signing and copying. */
export type Sealed = ReadonlyMap<string, Buffer>;

/** @param facts of the source, which become a part of their own */
export async function sealParts(
  facts: SourceFacts,
  canary: string,
  recipients: readonly string[],
): Promise<Sealed> {
  const plain = {
    globals: `--\n-- PostgreSQL database cluster dump\n--\nCREATE ROLE owner; -- ${canary}\n`,
    outline: `PGDMP CREATE TABLE public.accounts (id int); -- ${canary}\n`,
    'data-0': `PGDMP COPY public.accounts FROM stdin; ${canary}\n`.repeat(20),
    facts: JSON.stringify(facts),
  };
  const sealed = Object.entries(plain).map(
    async ([part, text]) => [part, await sealText(text, recipients)] as const,
  );
  return new Map(await Promise.all(sealed));
}

export async function sealText(text: string, recipients: readonly string[]): Promise<Buffer> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of seal(body(), recipients)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export type SetOptions = {
  readonly slot: Date;
  readonly source: Manifest['source'];
  readonly recipients: readonly string[];
  readonly sealed: Sealed;
  readonly key: KeyObject;
  readonly lockUntil?: Date;
  /** What is signed instead; `null`: the run was cut off before its manifest. */
  readonly forge?: (manifest: Manifest) => Manifest | null;
};

/** A backup for one slot in every shelf, as a run makes it: parts first, a manifest for each store last. */
export async function forgeSet(shelves: readonly Shelf[], options: SetOptions): Promise<string> {
  const { slot } = options;
  const backup = newBackupId(slot);
  for (const shelf of shelves) {
    const parts = await putParts(shelf, backup, options);
    const after = (seconds: number): string => new Date(slot.getTime() + seconds * 1000).toISOString();
    const manifest: Manifest = {
      backup,
      engine: 'logical',
      store: shelf.name,
      source: options.source,
      slot: slot.toISOString(),
      started: after(1),
      snapshot: after(2),
      finished: after(60),
      skew: { database: 0, store: 0 },
      lockedUntil: parts[0]?.lockedUntil ?? null,
      recipients: [...options.recipients],
      tools: { pg_dump: '15.20' },
      took: { dump: 59 },
      parts,
    };
    const meant = options.forge === undefined ? manifest : options.forge(manifest);
    if (meant !== null)
      await shelf.put(manifestKey(backup), sealManifest(meant, options.key), options.lockUntil);
  }
  return backup;
}

async function putParts(
  shelf: Shelf,
  backup: string,
  { sealed, lockUntil }: SetOptions,
): Promise<Manifest['parts']> {
  const parts: Manifest['parts'] = [];
  for (const [part, bytes] of sealed) {
    const key = partKey(backup, part);
    const { version, lockedUntil } = await shelf.put(key, bytes, lockUntil);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    parts.push({ part, key, bytes: bytes.length, sha256, version, lockedUntil });
  }
  return parts;
}
