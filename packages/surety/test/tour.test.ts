import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const tour = readFileSync(resolve(import.meta.dirname, '../../../docs/tour.md'), 'utf8');
const surety = resolve(import.meta.dirname, '../bin/surety.mjs');

type Command = { readonly line: string; readonly output: string };

/** The commands of the page, each with the output that the page promises. */
const commands = [...tour.matchAll(/^```console\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((part): Command => {
      const end = part.indexOf('\n');
      return { line: part.slice(0, end), output: part.slice(end + 1).trimEnd() };
    }),
);

/** `…` is whatever differs from run to run: within a line, or, on a line of its own, any lines. */
function pattern(output: string): RegExp {
  const lines = output.split('\n').map((line) => {
    if (line === '…') return '(?:.*\\n)*?';
    return `${line
      .split('…')
      .map((text) => RegExp.escape(text))
      .join('.*')}\\n`;
  });
  return new RegExp(`^${lines.join('')}$`);
}

test('the tour says what happens', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-tour-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'surety'), `#!/bin/sh\nexec '${process.execPath}' '${surety}' "$@"\n`);
  chmodSync(join(bin, 'surety'), 0o755);

  // One shell for all of it, because a reader has one as well: `cd` and variables stay.
  const marker = '__next__';
  const script = commands.map(({ line }) => `${line}\nprintf '${marker}%s\\n' "$?"`).join('\n');
  const { stdout } = spawnSync('sh', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${bin}:${process.env.PATH ?? ''}`, HOME: folder },
    // What goes to standard error is shown beside the rest on a terminal.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const answers = stdout.split(new RegExp(`^${marker}(\\d+)\\n`, 'm'));
  assert.ok(commands.length > 10);
  for (const [index, { line, output }] of commands.entries()) {
    await t.test(line, () => {
      const exit = answers[index * 2 + 1];
      const said = `${answers[index * 2] ?? ''}${exit === '0' ? '' : `[exit ${exit}]\n`}`;
      if (output === '') assert.equal(said, '');
      else assert.match(said, pattern(output));
    });
  }
});
