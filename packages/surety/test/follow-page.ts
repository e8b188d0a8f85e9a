import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

const surety = resolve(import.meta.dirname, '../bin/surety.mjs');

type Command = { readonly line: string; readonly output: string };

/**
 * Does what a page of the documentation says, in an empty folder, as a reader would: each `console` block's commands give the output
 * that stands below them, and a block of code with `file=` in its fence is saved under that name when its turn comes.
 */
export async function followPage(
  t: TestContext,
  page: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const commands = commandsOf(readFileSync(resolve(import.meta.dirname, '../../../docs', page), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'surety-page-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'surety'), `#!/bin/sh\nexec '${process.execPath}' '${surety}' "$@"\n`);
  chmodSync(join(bin, 'surety'), 0o755);

  // One shell for all of it, because a reader has one as well: `cd` and variables stay.
  const marker = '__next__';
  const script = commands.map(({ line }) => `${line}\nprintf '${marker}%s\\n' "$?"`).join('\n');
  const shell = spawn('sh', ['-c', script], {
    cwd: folder,
    env: { PATH: `${bin}:${process.env.PATH ?? ''}`, HOME: folder, ...variables },
    // What goes to standard error is shown beside the rest on a terminal.
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const answers = (await text(shell.stdout)).split(new RegExp(`^${marker}(\\d+)\\n`, 'm'));
  assert.ok(commands.length > 10);
  for (const [index, { line, output }] of commands.entries()) {
    await t.test(line.split('\n')[0] ?? line, () => {
      const exit = answers[index * 2 + 1];
      const said = `${answers[index * 2] ?? ''}${exit === '0' ? '' : `[exit ${exit}]\n`}`;
      if (output === '') assert.equal(said, '');
      else assert.match(said, pattern(output));
    });
  }
}

function commandsOf(page: string): readonly Command[] {
  return [...page.matchAll(/^```(?:console|\w+ file=(\S+))\n([\s\S]*?)^```/gm)].flatMap(
    ([, file, block = '']) => (file === undefined ? typed(block) : [saved(file, block)]),
  );
}

/** The commands of a block, each with the output that the page promises. */
function typed(block: string): readonly Command[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part): Command => {
      const end = part.indexOf('\n');
      return { line: part.slice(0, end), output: part.slice(end + 1).trimEnd() };
    });
}

function saved(file: string, content: string): Command {
  return { line: `cat > '${file}' <<'__END__'\n${content}__END__`, output: '' };
}

/** `…` is whatever differs from run to run: within a line, or, on a line of its own, any lines. */
function pattern(output: string): RegExp {
  const lines = output.split('\n').map((line) => {
    if (line === '…') return '(?:.*\\n)*?';
    return `${line
      .split('…')
      .map((words) => RegExp.escape(words))
      .join('.*')}\\n`;
  });
  return new RegExp(`^${lines.join('')}$`);
}
