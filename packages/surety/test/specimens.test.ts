import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after } from '../src/commands/after.ts';
import { createRunRedactor } from '../src/commands/redact.ts';
import { controls } from '../src/controls/registry.ts';
import { kinds } from '../src/targets/registry.ts';
import { specimens } from '../src/testing/registry.ts';
import { runSpecimens } from '../src/testing/run-specimens.ts';

for (const registered of controls) {
  test(registered.ref.id, async (t) => {
    const its = specimens.get(registered.ref.id);
    assert.ok(its, 'a control that ships no specimens cannot be trusted');
    assert.ok(Object.keys(its.sabotages).length >= 2, 'a control needs at least two sabotages');
    const results = await runSpecimens(registered, its, {
      kinds,
      after,
      now: () => new Date(),
      signal: t.signal,
      redactor: createRunRedactor,
    });
    for (const { kind, name, outcome, why } of results) {
      await t.test(`${kind}: ${name}`, { skip: outcome === 'not run' ? why : false }, () => {
        assert.equal(outcome, 'ok', why);
      });
    }
  });
}
