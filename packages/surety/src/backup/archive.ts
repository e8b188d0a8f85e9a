import { SuretyError } from '../core/error.ts';

/**
 * Whether an archive of `pg_dump -Fc -Z0`, written to a pipe, is whole: its table of contents names what data there is, and after it comes one
 * block for each, which ends with a length of zero. `pg_restore --list` looks at the former alone.
 *
 * Format: src/bin/pg_dump/pg_backup_archiver.c (`ReadHead`, `ReadToc`) and pg_backup_custom.c of PostgreSQL.
 */

/** What lies in an archive. */
export type ArchiveContent = {
  /** Tables whose rows it has. */
  readonly tables: readonly { readonly schema: string; readonly name: string }[];
  readonly largeObjects: boolean;
  /** Of everything in its table of contents. */
  readonly entries: number;
};

/**
 * The same bytes, and an end only where the archive has one.
 *
 * @param told of the content, right before the end
 * @throws {SuretyError} `archive/malformed`, `archive/cut`
 */
export async function* wholeArchive(
  source: AsyncIterable<Uint8Array>,
  told: (content: ArchiveContent) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const contents = tableOfContents();
  let blocks: Blocks | null = null;
  let wanted = contents.next();
  let held = Buffer.alloc(0);
  /** Bytes of no interest that are still to come. */
  let skip = 0;
  for await (const bytes of source) {
    yield bytes;
    if (blocks !== null) {
      blocks.take(bytes);
      continue;
    }
    held = held.length === 0 ? Buffer.from(bytes) : Buffer.concat([held, bytes]);
    for (;;) {
      const passed = Math.min(skip, held.length);
      held = held.subarray(passed);
      skip -= passed;
      if (skip > 0) break;
      if (wanted.done === true) {
        blocks = readBlocks(wanted.value);
        blocks.take(held);
        break;
      }
      const need = wanted.value;
      if (need < 0) {
        skip = -need;
        wanted = contents.next(Buffer.alloc(0));
        continue;
      }
      if (held.length < need) break;
      const taken = held.subarray(0, need);
      held = held.subarray(need);
      wanted = contents.next(taken);
    }
  }
  if (blocks === null && wanted.done === true && skip === 0) blocks = readBlocks(wanted.value);
  if (blocks === null) throw cut('its table of contents');
  blocks.end();
  told(blocks.content);
}

type Entry = {
  readonly id: number;
  readonly hasData: boolean;
  readonly desc: string;
  readonly schema: string;
  readonly tag: string;
};
type Contents = { readonly intBytes: number; readonly entries: readonly Entry[] };

/** Asks for so many bytes, or, with a negative number, for so many to be left out. */
type Wants<T> = Generator<number, T, Buffer>;

const customFormat = 1;
const nameLimit = 4096;

function* tableOfContents(): Wants<Contents> {
  const head = yield 11;
  if (head.toString('latin1', 0, 5) !== 'PGDMP') throw malformed('it does not begin as an archive does');
  const [major = 0, minor = 0, , intBytes = 0, offsetBytes = 0, format] = head.subarray(5);
  if (major !== 1 || minor < 12 || minor > 16) throw malformed(`it is of format ${major}.${minor}`);
  if (format !== customFormat || intBytes !== 4 || offsetBytes > 8)
    throw malformed('it is not of the custom format');
  const compression = minor >= 15 ? (yield 1)[0] : yield* int();
  if (compression !== 0) throw malformed('it is compressed by itself');
  for (let n = 0; n < 7; n += 1) yield* int();
  for (let n = 0; n < 3; n += 1) yield* skipText();
  const count = yield* int();
  const entries: Entry[] = [];
  for (let n = 0; n < count; n += 1) entries.push(yield* entry(minor, offsetBytes));
  return { intBytes, entries };
}

function* entry(minor: number, offsetBytes: number): Wants<Entry> {
  const id = yield* int();
  const hasData = (yield* int()) !== 0;
  // Identifiers in the catalog.
  yield* skipText();
  yield* skipText();
  const tag = yield* text();
  const desc = yield* text();
  yield* int();
  // Definition, how to drop it, how to copy into it.
  for (let n = 0; n < 3; n += 1) yield* skipText();
  const schema = yield* text();
  yield* skipText();
  if (minor >= 14) yield* skipText();
  if (minor >= 16) yield* int();
  // Owner, and whether it has OIDs.
  yield* skipText();
  yield* skipText();
  // What it depends on, until there is no more.
  while (yield* skipText());
  yield -(1 + offsetBytes);
  return { id, hasData, tag, desc, schema };
}

function* int(): Wants<number> {
  const bytes = yield 5;
  const value = bytes.readUInt32LE(1);
  return bytes[0] === 0 ? value : -value;
}

/** False where there is none. */
function* skipText(): Wants<boolean> {
  const length = yield* int();
  if (length > 0) yield -length;
  return length >= 0;
}

function* text(): Wants<string> {
  const length = yield* int();
  if (length <= 0) return '';
  const kept = Math.min(length, nameLimit);
  const bytes = yield kept;
  const value = bytes.toString('utf8');
  if (length > kept) yield kept - length;
  return value;
}

type Blocks = {
  readonly content: ArchiveContent;
  take(bytes: Uint8Array): void;
  /** @throws {SuretyError} where something is missing */
  end(): void;
};

const data = 1;
const blobs = 3;

/** Follows the lengths from piece to piece; what lies between them is none of its business. */
function readBlocks({ intBytes, entries }: Contents): Blocks {
  const missing = new Map(entries.filter(({ hasData }) => hasData).map((one) => [one.id, one]));
  const content: ArchiveContent = {
    tables: [...missing.values()]
      .filter(({ desc }) => desc === 'TABLE DATA')
      .map(({ schema, tag }) => ({ schema, name: tag })),
    largeObjects: [...missing.values()].some(({ desc }) => desc === 'BLOBS'),
    entries: entries.length,
  };
  const intLength = 1 + intBytes;
  let expects: 'block' | 'object' | 'length' = 'block';
  let inBlobs = false;
  /** Bytes of a piece of data that are still to come. */
  let left = 0;
  let rest: Buffer = Buffer.alloc(0);
  const takeInt = (value: number): void => {
    if (expects === 'object') {
      expects = value === 0 ? 'block' : 'length';
      return;
    }
    left = value;
    if (value === 0) expects = inBlobs ? 'object' : 'block';
  };
  const takeBlock = (type: number, id: number): void => {
    if (type !== data && type !== blobs) throw malformed(`a block of type ${type}`);
    if (!missing.delete(id)) throw malformed('data that its table of contents does not name, or twice');
    inBlobs = type === blobs;
    expects = inBlobs ? 'object' : 'length';
  };
  return {
    content,
    take(piece) {
      const bytes = rest.length === 0 ? asBuffer(piece) : Buffer.concat([rest, piece]);
      let at = 0;
      for (;;) {
        const passed = Math.min(left, bytes.length - at);
        left -= passed;
        at += passed;
        const need: number = expects === 'block' ? 1 + intLength : intLength;
        if (left > 0 || bytes.length - at < need) break;
        const sign = at + need - intLength;
        if (bytes[sign] !== 0) throw malformed('a length below zero');
        const value = bytes.readUInt32LE(sign + 1);
        if (expects === 'block') takeBlock(bytes[at] ?? 0, value);
        else takeInt(value);
        at += need;
      }
      rest = Buffer.from(bytes.subarray(at));
    },
    end() {
      const [first] = missing.values();
      if (expects !== 'block' || left > 0 || rest.length > 0) throw cut('the middle of its data');
      if (first !== undefined) throw cut(`the data of ${missing.size} of its entries`);
    },
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(fact: string): SuretyError {
  return new SuretyError(
    'archive/malformed',
    `what pg_dump wrote is no archive that can be restored: ${fact}`,
    'run pg_dump by hand and look what stands in its way',
  );
}

function cut(where: string): SuretyError {
  return new SuretyError(
    'archive/cut',
    `the archive ends before ${where} does, although the program said that all went well`,
    'try again; look for a proxy or a wrapper around pg_dump',
  );
}
