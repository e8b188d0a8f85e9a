#!/usr/bin/env node
// Plain JavaScript, so that a Node.js that is too old can still say so.
import { existsSync } from 'node:fs';
import module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`surety needs Node.js 22.18 or newer, this is ${process.versions.node}`);
  console.error('hint: in this repository `npx surety …` brings its own; elsewhere install Node.js 24');
  process.exit(2);
}

module.enableCompileCache();

// That a user's package.json names no module type is no business of somebody who asked for a proof.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.code !== 'MODULE_TYPELESS_PACKAGE_JSON') console.error(`${warning.name}: ${warning.message}`);
});

// A published package holds JavaScript: Node.js strips no types below node_modules.
const built = new URL('../dist/main.js', import.meta.url);
const { main } = await import(
  existsSync(built) ? built.href : new URL('../src/main.ts', import.meta.url).href
);
await main(process);
