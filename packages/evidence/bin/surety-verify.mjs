#!/usr/bin/env node
// Plain JavaScript, so that an older Node says what is missing instead of a syntax error.
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `surety-verify needs Node 22.18 or newer, this is ${process.versions.node}\nhint: install a newer Node\n`,
  );
  process.exitCode = 10;
} else {
  // A published package has dist/; Node does not run TypeScript below node_modules.
  const built = new URL('../dist/cli.js', import.meta.url);
  const { main } = await import(
    existsSync(built) ? built.href : new URL('../src/cli.ts', import.meta.url).href
  );
  try {
    process.exitCode = await main(process.argv.slice(2), {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      now: () => new Date(),
    });
  } catch (error) {
    process.stderr.write(
      `surety-verify failed: ${error instanceof Error ? error.message : error}\nhint: this is a bug, please report it\n`,
    );
    process.exitCode = 1;
  }
}
