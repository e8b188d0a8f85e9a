import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matrix, matrixMarkdown, matrixText } from '../../src/reports/matrix.ts';
import { type Requirement, requirements } from '../../src/requirements/index.ts';
import { answers } from './answers.ts';

const lines: readonly Requirement[] = [
  {
    id: 'mp22:3.1',
    framework: 'mp22',
    section: '3. Network',
    claim: 'Public names offer TLS 1.3 | nothing older',
    freshness: '24h',
    answeredBy: 'control',
  },
  {
    id: 'mp22:6.6',
    framework: 'mp22',
    section: '6. Delivery',
    claim: 'Deployments need an approval',
    freshness: '24h',
    answeredBy: 'control',
    superseded: { reason: 'a merge is not a deployment', by: 'mp22:3.1' },
  },
  {
    id: 'mp22:5.7',
    framework: 'mp22',
    section: '6. Delivery',
    claim: 'Somebody is on call',
    freshness: 'week',
    answeredBy: 'person',
  },
  {
    id: 'tsc:CC6.7',
    framework: 'tsc',
    section: 'CC6',
    claim: 'Data is protected while it moves',
    freshness: '24h',
    answeredBy: 'control',
  },
];
const known = answers({ 'mp22:3.1': 'failing network/tls', 'tsc:CC6.7': 'proven network/tls in part' });

test('the matrix in a terminal: each line with what stands behind it, and counts in place of a score', () => {
  assert.equal(
    matrixText(matrix(lines, known)),
    `Infrastructure security checklist (MP22)
3 lines: 2 failing, 1 no control

3. Network
  failing     mp22:3.1  Public names offer TLS 1.3 | nothing older
    network/tls failing: because it does (seen today)

6. Delivery
  failing     mp22:6.6  Deployments need an approval
    network/tls failing: because it does (seen today)
    as written outdated: a merge is not a deployment; see mp22:3.1
  no control  mp22:5.7  Somebody is on call


SOC 2 trust services criteria
1 line: 1 in part

CC6
  proven in part  tsc:CC6.7  Data is protected while it moves
    network/tls in part, proven: because it does
`,
  );
});

test('the matrix in Markdown', () => {
  assert.equal(
    matrixMarkdown(matrix(lines, known)),
    `## Infrastructure security checklist (MP22)

3 lines: 2 failing, 1 no control

### 3. Network

| Requirement | Status | What has to be true | What stands behind it |
| --- | --- | --- | --- |
| mp22:3.1 | failing | Public names offer TLS 1.3 \\| nothing older | \`network/tls\` failing: because it does (seen today) |

### 6. Delivery

| Requirement | Status | What has to be true | What stands behind it |
| --- | --- | --- | --- |
| mp22:6.6 | failing | Deployments need an approval<br>*as written outdated:* a merge is not a deployment; see mp22:3.1 | \`network/tls\` failing: because it does (seen today) |
| mp22:5.7 | no control | Somebody is on call | no control; only a person can answer |

## SOC 2 trust services criteria

1 line: 1 in part

### CC6

| Requirement | Status | What has to be true | What stands behind it |
| --- | --- | --- | --- |
| tsc:CC6.7 | proven in part | Data is protected while it moves | \`network/tls\` in part, proven: because it does |
`,
  );
});

test('every requirement has exactly one row, also without any control', () => {
  const { frameworks } = matrix(requirements, new Map());
  const rows = frameworks.flatMap(({ sections }) => sections.flatMap((section) => section.rows));
  assert.deepEqual(
    rows.map(({ requirement }) => requirement),
    requirements.map(({ id }) => id),
  );
  assert.ok(rows.every(({ status, coverage }) => status === 'no-control' && coverage === 'none'));
});
