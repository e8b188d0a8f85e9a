import { BlindError, SuretyError } from '../../core/error.ts';
import { wholeArchive } from '../archive.ts';
import { wholeGlobals } from '../globals-end.ts';
import { readGlobals } from '../restore/globals.ts';
import {
  type CheckedPart,
  globalsLimit,
  type LogicalParts,
  type OpenPart,
  openPart,
  readFacts,
  wholePart,
} from '../restore/parts.ts';
import type { SourceFacts } from '../source-facts.ts';
import type { Store } from '../stores/store.ts';

/** What came of decrypting all and reading each archive to its end: one pass answers both. */
export type Opened =
  | { readonly failed: null; readonly facts: SourceFacts; readonly plain: number; readonly tables: number }
  /** `key`: it does not open; `content`: it opens, and what is in it is no whole archive. */
  | { readonly failed: 'key' | 'content'; readonly error: SuretyError };

export async function openParts(
  { globals, outline, facts, rows }: LogicalParts<CheckedPart>,
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
