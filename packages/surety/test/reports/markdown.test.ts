import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '@surety/evidence';
import type { Row } from '../../src/core/run.ts';
import { markdown } from '../../src/reports/markdown.ts';

const { judged } = judge([
  { check: 'equal', subject: 'accounts: | rows\nof <b>others</b>', method: 'attack', want: 0, got: 1 },
]);

const row: Row = {
  control: 'tenancy/isolated',
  binding: 'budget-db',
  environment: 'demo',
  claim: 'Tenants stay apart',
  verdict: 'fail',
  method: 'attack',
  standIn: true,
  excepted: 0,
  judged,
  hint: 'surety plan tenancy/isolated',
  attestationDue: false,
  milliseconds: 3,
};

test('a run for a pull request: what broke first, and nothing that a target said is taken for Markdown', () => {
  const rows: readonly Row[] = [
    {
      ...row,
      control: 'network/tls',
      binding: 'web',
      verdict: 'pass',
      judged: [],
      hint: null,
      standIn: false,
    },
    row,
  ];
  assert.equal(
    markdown(rows, { outOfScope: [{ kind: 'dns', controls: ['network/dns'] }], alone: [] }),
    `1 proven, 1 failing  
out of scope: no dns in the estate (network/dns)

### fail: tenancy/isolated on budget-db

Tenants stay apart

- accounts: \\| rows of \\<b\\>others\\</b\\> (want 0, got 1)

hint: surety plan tenancy/isolated

| Verdict | Control | Binding | Seen by | Claim |
| --- | --- | --- | --- | --- |
| fail | tenancy/isolated | budget-db | attack, stand-in | Tenants stay apart |
| pass | network/tls | web | attack | Tenants stay apart |
`,
  );
});

test('a verdict that waits for a person says so', () => {
  const waiting: Row = { ...row, verdict: 'unknown', attestationDue: true, judged: [], hint: null };
  assert.match(
    markdown([waiting], { outOfScope: [], alone: [] }),
    /### waits for a person: tenancy\/isolated/,
  );
});
