import { BlindError, SuretyError } from '../../core/error.ts';
import { wholeArchive } from '../archive.ts';
import { wholeGlobals } from '../globals-end.ts';
import { readGlobals } from '../restore/globals.ts';
import {
  type CheckedPart,
  checkPart,
  type LogicalParts,
  logicalParts,
  type OpenPart,
  openPart,
  readFacts,
  wholePart,
} from '../restore/parts.ts';
import type { BackupSet } from '../sets.ts';
import type { SourceFacts } from '../source-facts.ts';
import type { Store } from '../stores/store.ts';

export type Checked = LogicalParts<CheckedPart>;

/** Reads every part as it is stored. @throws {SuretyError} `restore/…`, `store/…` naming the first that is not what was signed */
export async function checkParts(
  { manifest }: BackupSet,
  store: Store,
  signal: AbortSignal,
): Promise<Checked> {
  const parts = logicalParts(manifest);
  const check = (part: (typeof parts)['globals']): Promise<CheckedPart> => checkPart(store, part, signal);
  const rows: CheckedPart[] = [];
  for (const part of parts.rows) rows.push(await check(part));
  return {
    globals: await check(parts.globals),
    outline: await check(parts.outline),
    facts: await check(parts.facts),
    rows,
  };
}

/** What came of decrypting all and reading each archive to its end: one pass answers both. */
export type Opened =
  | { readonly failed: null; readonly facts: SourceFacts; readonly plain: number; readonly tables: number }
  /** `key`: it does not open; `content`: it opens, and what is in it is no whole archive. */
  | { readonly failed: 'key' | 'content'; readonly error: SuretyError };

const globalsLimit = 64 * 1024 * 1024;

export async function openParts(
  { globals, outline, facts, rows }: Checked,
  store: Store,
  identity: string,
  signal: AbortSignal,
): Promise<Opened> {
  const open = (part: CheckedPart): OpenPart => openPart(store, part, identity, signal);
  let plain = 0;
  let tables = 0;
  try {
    const source = await readFacts(open(facts));
    const roles = open(globals);
    readGlobals(
      (await wholePart({ ...roles, plain: wholeGlobals(roles.plain) }, globalsLimit)).toString('utf8'),
    );
    for (const part of [outline, ...rows]) {
      const archive = open(part);
      const read = wholeArchive(archive.plain, (content) => {
        tables += content.tables.length;
      });
      for await (const chunk of read) plain += chunk.length;
      await archive.finish();
    }
    return { failed: null, facts: source, plain, tables };
  } catch (error) {
    // A store that goes away says nothing of what is in it.
    if (!(error instanceof SuretyError) || error instanceof BlindError) throw error;
    return { failed: error.code === 'seal/no-key' ? 'key' : 'content', error };
  }
}
