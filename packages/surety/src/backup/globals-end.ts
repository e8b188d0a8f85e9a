import { SuretyError } from '../core/error.ts';

const footer = '-- PostgreSQL database cluster dump complete';
/** The footer and what comes after it: a comment's frame, and the end of what psql is restricted to. */
const kept = 1024;

/**
 * The same bytes, and an end only where `pg_dumpall` says that it is one.
 *
 * @throws {SuretyError} `archive/cut`
 */
export async function* wholeGlobals(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last = Buffer.alloc(0);
  for await (const bytes of source) {
    last = Buffer.concat([last, bytes.subarray(-kept)]).subarray(-kept);
    yield bytes;
  }
  if (!`\n${last.toString('latin1')}`.includes(`\n${footer}\n`))
    throw new SuretyError(
      'archive/cut',
      'the dump of the roles ends before its last line, although pg_dumpall said that all went well',
      'try again; look for a proxy or a wrapper around pg_dumpall',
    );
}
