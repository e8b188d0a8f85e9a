import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after } from '../../src/commands/after.ts';
import { createRunRedactor } from '../../src/commands/redact.ts';
import { controls } from '../../src/controls/registry.ts';
import { kinds } from '../../src/targets/registry.ts';
import { specimens } from '../../src/testing/registry.ts';
import { runSpecimens } from '../../src/testing/run-specimens.ts';

/**
 * Tests the specimens of every second control, beginning with the first or the second: test files run in processes of their
 * own, and two of them keep two cores busy.
 */
export function testEveryOther(first: 0 | 1): void {
  for (const registered of controls.filter((_, index) => index % 2 === first)) {
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
}
