import assert from 'node:assert/strict';
import { it } from 'node:test';
import { styleText } from 'node:util';
import { printable } from '../../src/commands/printable.ts';

it('shows what a name would do to a terminal, and lets our own lines and colours through', () => {
  assert.equal(printable('esc\u001b[2J\u0007\r\u009b8m'), 'esc\\u001b[2J\\u0007\\u000d\\u009b8m');
  assert.equal(printable('hidden \u001b[8m, back\u202e'), 'hidden \\u001b[8m, back\\u202e');
  assert.equal(printable('\r\u001b[2Kworking\r\u001b[2K'), '\r\u001b[2Kworking\\u000d\\u001b[2K');
  const red = styleText('red', 'fail', { validateStream: false });
  assert.equal(printable(`${red}\tNaïve – ✓\n`), `${red}\tNaïve – ✓\n`);
});
