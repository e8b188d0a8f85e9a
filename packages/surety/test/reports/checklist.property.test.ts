import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readChecklist, writeChecklist } from '../../src/reports/checklist.ts';
import { answers } from './answers.ts';

const some = answers({
  'mp22:1.1': 'proven a/b',
  'mp22:1.3': 'failing a/c',
  'mp22:2.1': 'proven a/d in part',
});
const others = answers({ 'mp22:1.1': 'stale a/b', 'mp22:1.2': 'attested a/e' });

const word = fc.constantFrom(
  'Done',
  ' done ',
  'TODO',
  'In Progress',
  '**Done**',
  'x',
  '',
  'n/a',
  'a \\| b',
  '\\\\',
);
const row = fc
  .tuple(
    fc.array(fc.oneof(word, fc.constantFrom('1.1', '1.2', '1.3')), { maxLength: 5 }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([cells, left, right]) => `${left ? '| ' : ''}${cells.join(' | ')}${right ? ' |  ' : ''}`);
const table = fc
  .tuple(
    fc.constantFrom(
      '| # | Item | Status |\n|---|:--|--:|',
      'Status | Item\n--|--',
      '| Item | Done | TODO | Status |\n|-|-|-|-|',
      '| Category | Total | Done | In Progress | TODO |\n|-|-|-|-|-|',
      '| Item | Notes | Progress\n|-|-|-',
    ),
    fc.array(row, { maxLength: 4 }),
  )
  .map(([header, rows]) => [header, ...rows].join('\n'));
const line = fc.oneof(
  fc.constantFrom(
    ...['# MP22', '## Part', '### 1. Secrets ##', 'Title\n=====', 'Part\n---', '---', '', '', '   ', '\t'],
    ...[
      '- [ ] open',
      '* [x] 1.1 shut <!-- surety: mp22:1.1 -->',
      '  1. [X] deep  ',
      '    - [ ] deeper',
      '- [-] dropped',
    ],
    ...[
      '```',
      '~~~',
      '<!--',
      '-->',
      '> quoted',
      'Overall: 23% complete.  ',
      'Secrets are 40% done',
      'Status: Complete',
    ],
    ...[
      '<!-- surety',
      'a | b',
      '|',
      '\\',
      'title: x',
      '- item',
      '    code',
      '<!-- surety: mp22:1.3 --> - [ ] x',
    ],
  ),
  table,
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replace(/[\0\uFFFD]/g, '')),
);
const document = fc
  .tuple(
    fc.constantFrom('', '', '\uFEFF', '---\ntitle: x\n---\n'),
    fc.array(line, { maxLength: 14 }),
    fc.constantFrom('- [x] last', '| # | Item | Status |\n|-|-|-|\n| 1.1 | a | Done'),
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.boolean(),
  )
  .map(([start, lines, last, end, ends]) =>
    `${start}${[...lines, '```', '```', '-->', '', last].join('\n')}${ends ? '\n' : ''}`.replaceAll(
      '\n',
      end,
    ),
  );

/** The document with everything between surety's marks, and the marked columns, taken out by other means than the product's. */
function isSubsequence(short: string, long: string): boolean {
  let at = 0;
  for (const character of long) {
    if (short.startsWith(character, at)) at += character.length;
  }
  return at === short.length;
}

function read(markdown: string) {
  try {
    return readChecklist(markdown);
  } catch (error) {
    // A generated document may hold its only item in code: that is refused, and not what is tested here.
    assert.ok(
      error instanceof Error && 'code' in error && error.code === 'checklist/no-items',
      String(error),
    );
    return null;
  }
}

test('everything that was in a document is still in it, in order, and comes out again to the byte', () => {
  fc.assert(
    fc.property(document, (markdown) => {
      const checklist = read(markdown);
      if (checklist === null) return;
      const written = writeChecklist(checklist, some, 'estate budget').markdown;
      assert.ok(isSubsequence(markdown, written));
      const again = readChecklist(written);
      assert.equal(again.mark + again.lines.map(({ text, end }) => text + end).join(''), markdown);
      assert.deepEqual(again, checklist);
    }),
    { numRuns: 600 },
  );
});

test('written again it is the same, and with other answers it is as if it had never been written', () => {
  fc.assert(
    fc.property(document, (markdown) => {
      const checklist = read(markdown);
      if (checklist === null) return;
      const written = writeChecklist(checklist, some).markdown;
      assert.equal(writeChecklist(readChecklist(written), some).markdown, written);
      assert.equal(
        writeChecklist(readChecklist(written), others).markdown,
        writeChecklist(checklist, others).markdown,
      );
    }),
    { numRuns: 300 },
  );
});
