import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChecklist, writeChecklist } from '../../src/reports/checklist.ts';
import { answers } from './answers.ts';

const known = answers({
  'mp22:1.1': 'proven secrets/encrypted-at-rest',
  'mp22:1.3': 'failing secrets/none-in-source',
  'mp22:1.4': 'proven secrets/env-files-ignored in part',
  'tsc:CC6.7': 'proven network/tls',
});

function report(markdown: string) {
  return writeChecklist(readChecklist(markdown), known);
}

test('a table comes back with what is proven beside what it claims, and the disagreements on top', () => {
  const document = `# Security checklist

**Document**: MP22

## 1. Secrets

| # | Item | Status | Owner | Notes |
|---|------|--------|-------|-------|
| 1.1 | Encrypted at rest | TODO | Ops | vault \\| manager |
| 1.3 | No secret in the source | **Done** | Ann | |
| 1.4 | \`.env\` ignored | Done | | |
| 1.5 | One set each | In Progress | Ops | |

| Category | Done | In progress | TODO |
|--|--|--|--|
| Secrets | 1 | 2 | 1 |

Overall: 40% complete.
`;
  assert.equal(
    report(document).markdown,
    `# Security checklist

**Document**: MP22

<!-- surety -->
## Claim and proof

4 lines: 2 claimed done (50 %), 1 done by proof (25 %).

### Claimed done, not proven: 2

- **failing** 1.3 No secret in the source (Ann): \`secrets/none-in-source\` seen today
- **proven in part** 1.4 \`.env\` ignored: nothing proves what \`secrets/env-files-ignored\` leaves open

### Proven, not claimed done: 1

- **proven** 1.1 Encrypted at rest, claimed TODO: \`secrets/encrypted-at-rest\` seen today

### The document against itself: 2

- line 16, Secrets: says 1 done, its lines say 2; 2 in progress, its lines say 1
- line 18, in all: says 40 %, its lines say 50

### Counted

| Section | Lines | Claimed done | In progress | To do | Done by proof | In part | failing | no control |
| --- | --: | --: | --: | --: | --: | --: | --: | --: |
| 1. Secrets | 4 | 2 (50 %) | 1 | 1 | 1 (25 %) | 1 | 1 | 1 |

A line is done while a fresh proof or attestation covers all of it. **Bold** in the document marks a disagreement. Lines are counted without what surety added.
<!-- /surety -->

## 1. Secrets

| # | Item | Status | Proven <!-- surety --> | Owner | Notes |
|---|------|--------| --- |-------|-------|
| 1.1 | Encrypted at rest | TODO | **proven** | Ops | vault \\| manager |
| 1.3 | No secret in the source | **Done** | **failing** | Ann | |
| 1.4 | \`.env\` ignored | Done | **proven in part** | | |
| 1.5 | One set each | In Progress | no control | Ops | |

| Category | Done | In progress | TODO | Lines say <!-- surety --> | Proven <!-- surety --> |
|--|--|--|--| --- | --- |
| Secrets | 1 | 2 | 1 | **2 / 1 / 1** | 1 of 4 |

Overall: 40% complete. <!-- surety -->→ **all lines: 50 %**, done by proof: 25 % (1 of 4)<!-- /surety -->
`,
  );
});

test('boxes are read in nested lists and known by a comment; what is in code is left alone', () => {
  const document = `Release

**Status**: complete

- [x] TLS everywhere <!-- surety: tsc:CC6.7 -->
  * [ ] also inside
    1. [X] and deeper <!-- surety: tsc:CC6.9 -->

\`\`\`md
- [ ] an example
\`\`\`

    - [ ] indented code

<!--
- [ ] not now
-->
`;
  const { markdown, summary } = report(document);
  assert.equal(
    markdown.slice(markdown.indexOf('Release')),
    document
      .replace(
        '**Status**: complete',
        (line) => `${line} <!-- surety -->→ **1 of 3 lines are open**<!-- /surety -->`,
      )
      .replace('CC6.7 -->', (line) => `${line} <!-- surety -->→ proven<!-- /surety -->`)
      .replace('also inside', (line) => `${line} <!-- surety -->→ no control<!-- /surety -->`)
      .replace('CC6.9 -->', (line) => `${line} <!-- surety -->→ **no control**<!-- /surety -->`),
  );
  assert.deepEqual(summary.problems, [{ line: 7, message: 'no requirement is called tsc:CC6.9' }]);
  assert.deepEqual(
    summary.items.map(({ line, text, requirement, knownBy, done }) => ({
      line,
      text,
      requirement,
      knownBy,
      done,
    })),
    [
      { line: 5, text: 'TLS everywhere', requirement: 'tsc:CC6.7', knownBy: 'comment', done: true },
      { line: 6, text: 'also inside', requirement: null, knownBy: null, done: false },
      { line: 7, text: 'and deeper', requirement: null, knownBy: null, done: false },
    ],
  );
});

test('columns are found by their names, in any order, without outer pipes, ragged or with Windows line ends', () => {
  const document = [
    '## MP22 \r',
    'Notes | State | ID | Control\r',
    ':-- | :-: | --- | ---\r',
    'a \\| b | ✅ Done | 1.1 | at rest\r',
    'short\r',
    '',
  ].join('\n');
  const { markdown, summary } = writeChecklist(readChecklist(document, 'mp22'), known);
  assert.equal(summary.items[0]?.done, true);
  assert.equal(
    markdown.slice(markdown.indexOf('## MP22')),
    [
      '## MP22 ',
      'Notes | State | Proven <!-- surety --> | ID | Control',
      ':-- | :-: | --- | --- | ---',
      'a \\| b | ✅ Done | proven | 1.1 | at rest',
      'short',
      '',
    ].join('\r\n'),
  );
  assert.doesNotMatch(markdown, /[^\r]\n/);
});

test('below a title alone, the report comes between title and list', () => {
  const { markdown } = report('# Things to do\n- [ ] one\n');
  assert.match(
    markdown,
    /^# Things to do\n<!-- surety -->\n## Claim and proof\n\n1 line: .* They do not disagree\.\n/,
  );
  assert.match(markdown, /<!-- \/surety -->\n\n- \[ \] one <!-- surety -->→ no control<!-- \/surety -->\n$/);
});

test('statuses are understood in the words that people use, and named where they are not', () => {
  const rows = [
    'done',
    'Completed',
    '[x]',
    '✔️',
    'WIP',
    'in-progress',
    'To Do',
    '❌ missing',
    'N/A',
    'soonish',
    '',
  ];
  const { summary } = report(
    `| Task | Status |\n|--|--|\n${rows.map((word) => `| t | ${word} |`).join('\n')}`,
  );
  assert.deepEqual(
    summary.items.map(({ means }) => means),
    [
      ...['done', 'done', 'done', 'done'],
      ...['in-progress', 'in-progress', 'todo', 'todo', 'not-applicable', 'unrecognised', 'unrecognised'],
    ],
  );
  assert.deepEqual(summary.problems, [
    { line: 12, message: '"soonish" is not a status' },
    { line: 13, message: 'has no status' },
  ]);
});

test('two lines that are the same requirement are both counted, and named', () => {
  const { summary } = report(
    'MP22\n\n| # | Item | Status |\n|-|-|-|\n| 1.1 | a | Done |\n| 1.1 | b | TODO |\n',
  );
  assert.equal(summary.claimed.lines, 2);
  assert.deepEqual(summary.problems, [{ line: 6, message: 'is mp22:1.1, as line 5 is: both are counted' }]);
});

test('numbers mean nothing where the document names no framework', () => {
  const { summary } = report('| # | Item | Status |\n|-|-|-|\n| 1.1 | a | Done |\n');
  assert.deepEqual(
    summary.items.map(({ requirement, status }) => ({ requirement, status })),
    [{ requirement: null, status: 'no-control' }],
  );
});

test('a line claimed not to apply is disputed unless that was seen', () => {
  const kinds = (status: 'not-applicable' | 'failing') =>
    writeChecklist(
      readChecklist('MP22\n\n| # | Item | Status |\n|-|-|-|\n| 1.1 | a | n/a |\n'),
      answers({ 'mp22:1.1': `${status} secrets/rotated` }),
    ).summary.disagreements.map(({ kind }) => kind);
  assert.deepEqual(kinds('not-applicable'), []);
  assert.deepEqual(kinds('failing'), ['claimed-not-proven']);
});

test('an attestation is proof while it covers the whole line; an accepted risk is not', () => {
  const done = (told: 'attested a/b' | 'attested a/b in part' | 'excepted a/b' | 'stale a/b') =>
    writeChecklist(
      readChecklist('MP22\n\n| # | Item | Status |\n|-|-|-|\n| 1.1 | a | Done |\n'),
      answers({ 'mp22:1.1': told }),
    ).summary.proven.done;
  assert.equal(done('attested a/b'), 1);
  assert.equal(done('attested a/b in part'), 0);
  assert.equal(done('excepted a/b'), 0);
  assert.equal(done('stale a/b'), 0);
});

test('what is written out of a huge list is cut, and the rest counted', () => {
  const { markdown } = report(Array.from({ length: 4000 }, (_, at) => `- [x] task ${at}`).join('\n'));
  assert.match(markdown, /### Claimed done, not proven: 4000\n\n(- .*\n){25}- and 3975 more\n/);
});

for (const [what, document, code] of [
  ['an empty document', ' \n\n', 'checklist/empty'],
  ['prose without any item', '# Title\n\nWords, 23% complete.\n', 'checklist/no-items'],
  ['a table without a status', '| a | b |\n|-|-|\n| 1 | 2 |\n', 'checklist/no-items'],
  ['a picture', '\x89PNG\0\0\0- [ ] x', 'checklist/not-text'],
  ['bytes that are not UTF-8', Buffer.from('- [ ] caf\xe9', 'latin1').toString('utf8'), 'checklist/not-text'],
  ['a document of 17 MiB', '- [ ] x\n'.repeat(2.2 * 1024 * 1024), 'checklist/too-long'],
  ['an earlier report that was cut', '<!-- surety -->\n## Claim\n\n- [ ] x\n', 'checklist/broken-mark'],
] as const) {
  test(`${what} is refused with ${code}`, () => {
    assert.throws(
      () => readChecklist(document),
      (error: unknown) => error instanceof Error && 'code' in error && error.code === code && 'hint' in error,
    );
  });
}
