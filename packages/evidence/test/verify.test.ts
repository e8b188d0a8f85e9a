import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { signCheckpoint } from '../src/checkpoint.ts';
import {
  type Entry,
  EvidenceError,
  formatVerifierKey,
  generateKey,
  openLog,
  printVerification,
  readLog,
  type Verification,
  type VerifyOptions,
  verifyLog,
} from '../src/index.ts';
import { checkRecord, sealRecord } from '../src/statement.ts';
import { editEntries, entriesOf, filesBelow, rebuild } from './forge.ts';
import {
  failing,
  intent,
  keys,
  noon,
  origin,
  passing,
  run,
  scratchFolder,
  verdict,
  writer,
} from './scratch.ts';

const now = new Date(noon + 60_000);
const pinnedKey = formatVerifierKey({ name: origin, key: keys.logKey });
const signer = { origin, key: keys.logKey };

async function logOf(t: TestContext, ...batches: readonly (readonly Entry[])[]): Promise<string> {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  for (const batch of batches) await log.append(batch);
  await log.close();
  return join(folder, 'log');
}

/** Problems as `kind where`. */
async function problemsOf(folder: string, options: Partial<VerifyOptions> = {}): Promise<string[]> {
  const { problems, ok }: Verification = await verifyLog(folder, { now, ...options });
  assert.equal(ok, problems.length === 0);
  return problems.map(({ kind, where }) => `${kind} ${where}`);
}

function changeByte(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

const three = [run('1', ['a/a', 'a/b']), run('2', ['a/a', 'a/b']), run('3', ['a/a', 'a/b'])];

test('a log that was left alone has no problems, and says what it cannot exclude', async (t) => {
  const folder = await logOf(t, ...three);
  const { ok, size, counts, notes, keys: found } = await verifyLog(folder, { now });
  assert.ok(ok);
  assert.equal(size, 10);
  assert.deepEqual(counts.verdicts, { pass: 6, fail: 0, unknown: 0, 'not-applicable': 0 });
  assert.equal(found.log, pinnedKey);
  assert.deepEqual(
    notes.map(({ message }) => message.split(':')[0]),
    ['self-attested', 'rollback not excluded'],
  );
  const earlier = readFileSync(join(folder, 'checkpoint'), 'utf8');
  const anchored = await verifyLog(folder, { now, pinnedKey, earlier });
  assert.ok(anchored.ok);
  assert.match(anchored.notes[1]?.message ?? '', /^rollback excluded up to record 9/);
});

test('flipping any single byte of any covered file makes verify fail', async (t) => {
  const folder = await logOf(t, run('1', ['a/a', 'a/b']));
  const files = filesBelow(folder).map((path) => ({
    path: join(folder, path),
    bytes: readFileSync(join(folder, path)),
  }));
  const places = files.flatMap(({ path, bytes }) => Array.from(bytes, (_, at) => ({ path, bytes, at })));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places),
      fc.integer({ min: 1, max: 255 }),
      async ({ path, bytes, at }, mask) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ mask;
        writeFileSync(path, changed);
        try {
          assert.notDeepEqual(await problemsOf(folder), []);
        } catch (error) {
          // A `format` of a later version cannot be looked at, which is not green either.
          assert.ok(error instanceof EvidenceError && error.code === 'log/newer', String(error));
        } finally {
          writeFileSync(path, bytes);
        }
      },
    ),
    { numRuns: 400 },
  );
  assert.deepEqual(await problemsOf(folder), []);
});

test('in a log of several levels too, and cutting or growing any file', async (t) => {
  const many = Array.from({ length: 300 }, (_, n) => `a/c${n}`);
  const verdicts = many.map((control) => verdict('1', control, passing('same')));
  const folder = await logOf(t, [intent('1', many), ...verdicts]);
  const files = filesBelow(folder);
  assert.ok(files.includes('tile/1/000.p/1') && files.includes('tile/0/000'));
  for (const path of files) {
    const bytes = readFileSync(join(folder, path));
    const middle = bytes.length >> 1;
    const flipped = Buffer.from(bytes);
    flipped[middle] = (flipped[middle] ?? 0) ^ 1;
    for (const changed of [
      flipped,
      bytes.subarray(0, middle),
      Buffer.concat([bytes, Buffer.from('\n')]),
      Buffer.alloc(0),
    ]) {
      writeFileSync(join(folder, path), changed);
      const problems = await problemsOf(folder);
      assert.ok(
        problems.some((problem) => /^(edited|deleted|foreign|truncated|unsigned) /.test(problem)),
        `${path}: ${problems.join(', ')}`,
      );
    }
    writeFileSync(join(folder, path), bytes);
  }
  assert.deepEqual(await problemsOf(folder), []);
});

test('records that are edited, deleted, moved or added are named, each as what it is', async (t) => {
  const folder = await logOf(t, ...three);
  const entries = entriesOf(folder);
  const other = { ...writer('x'), proberKey: generateKey() };
  const stranger = sealRecord(origin, 10, checkRecord(verdict('9', 'a/a').record), other.proberKey);
  const cases: readonly (readonly [string, (list: Buffer[]) => readonly Buffer[], string])[] = [
    ['one deleted', (list) => list.toSpliced(4, 1), 'deleted record 4'],
    ['some deleted', (list) => list.toSpliced(3, 3), 'deleted records 3–5'],
    ['the last deleted', (list) => list.slice(0, 8), 'truncated records 8–9'],
    ['two swapped', (list) => [...list.slice(0, 8), ...list.slice(8).reverse()], 'reordered record 9'],
    ['one moved', (list) => [...list.toSpliced(2, 1), ...list.slice(2, 3)], 'reordered record 2'],
    ['a stranger in between', (list) => list.toSpliced(5, 0, stranger), 'foreign tile/entries/000.p/10'],
    ['a stranger at the end', (list) => [...list, stranger], 'foreign tile/entries/000.p/10'],
    ['a copy', (list) => [...list, ...list.slice(2, 3)], 'foreign tile/entries/000.p/10'],
    ['one replaced', (list) => list.with(6, stranger), 'foreign tile/entries/000.p/10'],
    ['one edited', (list) => list.with(6, changeByte(list[6] ?? Buffer.alloc(0), 40)), 'edited record 6'],
  ];
  for (const [name, edit, wanted] of cases) {
    const copy = join(scratchFolder(t), 'log');
    cpSync(folder, copy, { recursive: true });
    editEntries(copy, edit);
    const plain = await problemsOf(copy);
    assert.ok(plain.includes(wanted), `${name}: ${plain.join(', ')}`);
    // The same by someone who builds the tree again, and by the holder of the log key, who signs it too.
    for (const forger of [undefined, signer]) {
      const again = join(scratchFolder(t), 'log');
      cpSync(folder, again, { recursive: true });
      rebuild(again, edit, forger);
      const problems = await problemsOf(again);
      const kind = wanted.split(' ')[0] ?? '';
      const cut = forger !== undefined && kind === 'truncated';
      if (cut)
        assert.ok(
          problems.some((problem) => problem.startsWith('dropped')),
          `${name}: ${problems.join(', ')}`,
        );
      else
        assert.ok(
          problems.some((problem) => problem.startsWith(`${kind} `)),
          `${name}: ${problems.join(', ')}`,
        );
    }
  }
  assert.deepEqual(entriesOf(folder), entries);
});

test('random deletions and moves are named record by record', async (t) => {
  const folder = await logOf(t, ...three);
  await fc.assert(
    fc.asyncProperty(
      fc.subarray([1, 2, 3, 4, 5, 6, 7, 8, 9], { maxLength: 6 }),
      fc.nat(8),
      fc.nat(8),
      async (gone, from, to) => {
        const copy = join(scratchFolder(t), 'log');
        cpSync(folder, copy, { recursive: true });
        editEntries(copy, (list) => {
          const kept = list.filter((_, index) => !gone.includes(index));
          const [moved] = kept.splice(from % kept.length, 1);
          return moved === undefined ? kept : kept.toSpliced(to, 0, moved);
        });
        const { problems } = await verifyLog(copy, { now });
        const named = new Set(
          problems
            .filter(({ kind }) => kind === 'deleted' || kind === 'truncated')
            .flatMap(({ where }) => {
              const [first, last] = [...where.matchAll(/\d+/g)].map(Number);
              return first === undefined || !where.startsWith('record')
                ? []
                : Array.from({ length: (last ?? first) - first + 1 }, (_, n) => first + n);
            }),
        );
        assert.deepEqual(
          [...named].sort((a, b) => a - b),
          gone,
        );
        const untouched = entriesOf(copy).every(
          (entry, at) => at === 0 || entry.compare(entriesOf(folder)[at] ?? entry) === 0,
        );
        if (!untouched) assert.notDeepEqual(problems, []);
      },
    ),
    { numRuns: 60 },
  );
});

test('files that nothing names, and files that are missing, are named', async (t) => {
  const folder = await logOf(t, ...three);
  const observations = filesBelow(folder).find((path) => path.startsWith('observations/')) ?? '';
  const attempt = async (change: (copy: string) => void): Promise<string[]> => {
    const copy = join(scratchFolder(t), 'log');
    cpSync(folder, copy, { recursive: true });
    change(copy);
    return problemsOf(copy);
  };
  assert.deepEqual(await attempt((copy) => writeFileSync(join(copy, 'notes.txt'), 'x')), [
    'unlisted notes.txt',
  ]);
  assert.deepEqual(await attempt((copy) => writeFileSync(join(copy, 'tile/0/000.p/9'), 'x')), [
    'unlisted tile/0/000.p/9',
  ]);
  assert.deepEqual(await attempt((copy) => writeFileSync(join(copy, 'journal'), 'surety journal 1\n')), [
    'unlisted journal',
  ]);
  assert.deepEqual(await attempt((copy) => writeFileSync(join(copy, 'lock'), '')), ['unlisted lock']);
  assert.deepEqual(await attempt((copy) => symlinkSync('/etc/passwd', join(copy, 'more'))), ['foreign more']);
  assert.deepEqual(await attempt((copy) => rmSync(join(copy, 'tile/0/000.p/10'))), [
    'deleted tile/0/000.p/10',
  ]);
  assert.deepEqual(await attempt((copy) => rmSync(join(copy, 'format'))), ['deleted format']);
  assert.deepEqual(await attempt((copy) => rmSync(join(copy, 'checkpoint'))), ['deleted checkpoint']);
  assert.deepEqual(await attempt((copy) => rmSync(join(copy, observations))), [`deleted ${observations}`]);
  assert.deepEqual(await attempt((copy) => writeFileSync(join(copy, observations), '[]')), [
    `edited ${observations}`,
  ]);
  const linked = await attempt((copy) => {
    renameSync(join(copy, observations), join(copy, '../elsewhere'));
    symlinkSync('../../../elsewhere', join(copy, observations));
  });
  assert.deepEqual(linked, [`deleted ${observations}`, `foreign ${observations}`]);
  const bundle = await attempt((copy) => rmSync(join(copy, 'tile/entries/000.p/10')));
  assert.ok(bundle.includes('deleted tile/entries/000.p/10'));
  const ends = (text: string) => text.replaceAll('\n', '\r\n');
  const crlf = await attempt((copy) =>
    writeFileSync(join(copy, 'checkpoint'), ends(readFileSync(join(copy, 'checkpoint'), 'utf8'))),
  );
  assert.deepEqual(crlf, ['edited checkpoint']);
});

test('an older partial tile in the place of the newer one is named', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  await log.append(run('1', ['a/a', 'a/b']));
  const older = readFileSync(join(folder, 'log/tile/entries/000.p/4'));
  await log.append(run('2', ['a/a', 'a/b']));
  writeFileSync(join(folder, 'log/tile/entries/000.p/7'), older);
  const problems = await problemsOf(join(folder, 'log'));
  assert.ok(problems.includes('truncated records 4–6'), problems.join(', '));
});

test('a checkpoint with other signatures, or signed by another key, is refused', async (t) => {
  const folder = await logOf(t, ...three);
  const path = join(folder, 'checkpoint');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, `${text}— example.com/witness AAAAAAAA\n`);
  assert.deepEqual(await problemsOf(folder), ['foreign checkpoint']);
  writeFileSync(path, `${text}${text.split('\n').at(-2)}\n`);
  assert.deepEqual(await problemsOf(folder), ['foreign checkpoint']);
  rebuild(folder, (list) => list, { origin, key: generateKey() });
  assert.deepEqual(await problemsOf(folder), ['unsigned checkpoint']);
  assert.deepEqual(await problemsOf(folder, { pinnedKey }), ['re-signed checkpoint', 'unsigned checkpoint']);
});

test('with a key and an earlier checkpoint: truncation, rollback, swap and rewriting', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  const path = join(folder, 'log');
  await log.append(run('1', ['a/a', 'a/b']));
  cpSync(path, join(folder, 'older'), { recursive: true });
  await log.append(run('2', ['a/a', 'a/b']));
  const earlier = log.checkpoint();
  await log.append(run('3', ['a/a', 'a/b']));
  assert.deepEqual(await problemsOf(path, { pinnedKey, earlier }), []);
  assert.deepEqual(await problemsOf(join(folder, 'older')), []);
  assert.deepEqual(await problemsOf(join(folder, 'older'), { pinnedKey, earlier }), ['rollback checkpoint']);
  cpSync(path, join(folder, 'cut'), { recursive: true });
  rebuild(join(folder, 'cut'), (list) => list.slice(0, 4), signer);
  assert.ok((await problemsOf(join(folder, 'cut'), { earlier })).includes('rollback checkpoint'));
  // Everything again, with both keys, and one verdict less.
  const rewritten = scratchFolder(t);
  const again = await openLog(writer(rewritten));
  for (const name of ['1', '2', '3']) await again.append(run(name, ['a/a', 'a/c']));
  assert.deepEqual(await problemsOf(join(rewritten, 'log')), []);
  assert.deepEqual(await problemsOf(join(rewritten, 'log'), { pinnedKey, earlier }), [
    're-signed checkpoint',
  ]);
  const swapped = scratchFolder(t);
  await openLog(writer(swapped, { logKey: generateKey(), proberKey: generateKey() }));
  assert.ok((await problemsOf(join(swapped, 'log'), { pinnedKey })).includes('swapped checkpoint'));
  const elsewhere = scratchFolder(t);
  await openLog(writer(elsewhere, { origin: 'example.com/other' }));
  assert.ok((await problemsOf(join(elsewhere, 'log'), { earlier })).includes('swapped checkpoint'));
  assert.ok((await problemsOf(join(elsewhere, 'log'), { pinnedKey })).includes('swapped checkpoint'));
  await assert.rejects(verifyLog(path, { now, earlier: 'x' }), EvidenceError);
  await assert.rejects(verifyLog(path, { now, pinnedKey: 'x' }), EvidenceError);
});

test('a checkpoint that counts an absurd number of records is answered at once', async (t) => {
  const folder = await logOf(t, ...three);
  const size = 999_999_999_999_999;
  writeFileSync(join(folder, 'checkpoint'), signCheckpoint(origin, size, Buffer.alloc(32), keys.logKey));
  assert.ok((await problemsOf(folder)).includes('truncated checkpoint'));
  await assert.rejects(
    readLog(folder),
    (error) => error instanceof EvidenceError && error.code === 'log/altered',
  );
});

test('a verdict that its observations do not bear out is named', async (t) => {
  const forged = verdict('1', 'a/a', failing('x'), { verdict: 'pass' });
  const method = verdict('1', 'a/b', passing('x'), { method: 'drill' });
  const stand: Entry = verdict(
    '1',
    'a/c',
    [{ check: 'equal', subject: 's', method: 'read', standIn: true, want: 1, got: 1 }],
    { standIn: false },
  );
  const folder = await logOf(t, [intent('1', ['a/a', 'a/b', 'a/c']), forged, method, stand]);
  assert.deepEqual(await problemsOf(folder), ['verdict record 2', 'verdict record 3', 'verdict record 4']);
});

test('a result that never came, came twice, or was never announced is named', async (t) => {
  const folder = await logOf(t, [
    intent('1', ['a/a', 'a/b']),
    verdict('1', 'a/a'),
    verdict('1', 'a/a', passing('again')),
    verdict('2', 'a/a', passing('other')),
  ]);
  assert.deepEqual(await problemsOf(folder), [
    'repeated record 3',
    'unannounced record 4',
    'dropped record 1',
  ]);
  const { dropped } = await verifyLog(folder, { now });
  assert.deepEqual(dropped, [
    { run: '1', control: 'a/b', binding: 'db', intent: 1, at: '2026-03-01T12:00:00.000Z' },
  ]);
});

test('a clock that jumped is a note', async (t) => {
  const late = intent('2', [], { at: new Date(noon - 3_600_000).toISOString() });
  const folder = await logOf(t, run('1', ['a/a']), [late]);
  const verification = await verifyLog(folder, { now: new Date(noon - 86_400_000) });
  assert.ok(verification.ok);
  const clock = verification.notes.filter(({ kind }) => kind === 'clock').map(({ message }) => message);
  assert.deepEqual(clock, [
    'the clock went backwards 1 times, first at record 3',
    '4 records are from the future, first record 0',
  ]);
});

test('a named pipe is no log, and keeps nobody waiting', {
  skip: process.platform === 'win32',
}, async (t) => {
  const pipe = join(scratchFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  assert.deepEqual(await problemsOf(pipe), [`edited ${pipe}`]);
});

test('a file name beside a log cannot make the answer look like another one', async (t) => {
  const log = await logOf(t, ...three);
  writeFileSync(join(log, '\u001b[2J\u001b[Hok  surety\nok'), '');
  const lines = printVerification(await verifyLog(log, { now }))
    .trimEnd()
    .split('\n');
  assert.match(lines[0] ?? '', /^fail {2}/);
  assert.ok(lines.slice(1).every((line) => line.startsWith('  ')));
  assert.doesNotMatch(lines.join(''), /\p{Cc}/u);
});
