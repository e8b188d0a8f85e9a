import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const surety = resolve(import.meta.dirname, '../bin/surety.mjs');
const example = resolve(import.meta.dirname, '../../../examples/budget');

const verdict = z.strictObject({
  control: z.string(),
  binding: z.string(),
  verdict: z.enum(['pass', 'fail', 'unknown', 'not-applicable']),
  method: z.string().nullable(),
  observations: z.array(
    z.strictObject({ subject: z.string(), want: z.string(), got: z.string(), method: z.string() }),
  ),
  excepted: z.number(),
  hint: z.string().nullable(),
});

const shape = z.strictObject({
  estate: z.literal('budget'),
  verdicts: z.array(verdict),
  apart: z.array(verdict.extend({ because: z.string() })),
  counts: z.strictObject({
    pass: z.number(),
    fail: z.number(),
    unknown: z.number(),
    notApplicable: z.number(),
    excepted: z.number(),
    attestationsDue: z.number(),
  }),
  outOfScope: z.array(z.unknown()),
  log: z.strictObject({ size: z.number(), checkpoint: z.string(), verified: z.boolean() }),
});

test('the demo proves the whole example estate, and its log verifies afterwards', async (t) => {
  const { stdout, stderr } = await run(process.execPath, [surety, 'demo', '--json'], {
    maxBuffer: 16 * 1024 * 1024,
  });
  const document = shape.parse(JSON.parse(stdout));
  // Where there is no pg_dump that fits the server, the demo says so and shows the rest.
  const without = /^without backups: (.*)$/m.exec(stderr)?.[1];

  await t.test('everything that a machine can prove passes', () => {
    const rest = document.verdicts.filter(({ verdict }) => verdict !== 'pass').map(({ control }) => control);
    const archived = without === undefined ? ['backup/point-in-time'] : [];
    assert.deepEqual(rest.toSorted(), [...archived, 'monitoring/runbooks']);
    assert.equal(document.counts.unknown, 1);
    assert.equal(document.counts.attestationsDue, 1);
    assert.equal(document.counts.notApplicable, archived.length);
  });

  await t.test('what the machine’s own server lacks is said, apart from the totals', () => {
    const server = document.apart.find(({ control }) => control === 'tenancy/server-patched');
    assert.ok(server);
    assert.match(server.because, /^the demo’s own server, PostgreSQL \d+/);
    for (const { control } of document.apart)
      assert.ok(!document.verdicts.some((one) => one.control === control), control);
    const { pass, fail, unknown, notApplicable } = document.counts;
    assert.equal(pass + fail + unknown + notApplicable, document.verdicts.length);
    const lacking = server.observations.filter(({ got }) => got.startsWith('open on'));
    assert.equal(server.verdict === 'fail', lacking.length > 0);
    assert.ok(lacking.every(({ subject }) => subject.startsWith('CVE-')));
  });

  await t.test('the API is attacked, not only read about', () => {
    const attacks = (id: string): number =>
      document.verdicts
        .filter(({ control }) => control === id)
        .flatMap(({ observations }) => observations)
        .filter(({ method }) => method === 'attack').length;
    assert.ok(attacks('tenancy/isolated') > 100);
    for (const control of [
      'tenancy/context-per-request',
      'tenancy/fails-closed',
      'application/security-headers',
      'network/tls',
    ]) {
      assert.ok(attacks(control) > 10, control);
    }
  });

  await t.test('a sabotage is caught, and a flipped bit is refused', () => {
    assert.match(stderr, /caught {4}tenancy\/isolated/);
    assert.match(stderr, /refused {3}\w+/);
  });

  await t.test('what is too young to be known, or not there to be asked, is apart as well', () => {
    const others = document.apart.filter(({ control }) => control !== 'tenancy/server-patched');
    const known: Readonly<Record<string, RegExp>> = {
      'backup/alerts': /^there is no .*prom/,
      'backup/kept-30-days': /older than this demo/,
      'backup/success-rate': /older than this demo/,
    };
    for (const { control, because, verdict } of others) {
      assert.match(because, known[control] ?? /^$/, control);
      // In the hours after a slot, the demo's own backup is the one that was due.
      assert.notEqual(verdict, 'fail', control);
    }
  });

  await t.test('a backup is made, drilled and restored, and the row is back', { skip: without }, () => {
    assert.match(stderr, /^backup {4}\S+: \d+ tables, [\d,]+ rows .* into vault and offsite at once/m);
    assert.match(
      stderr,
      /^drill {5}.*\n {2}pass {5}authentic, decrypts, .*, isolation, invariants, teardown$/m,
    );
    assert.match(stderr, /^lost {6}GET \/budgets as its tenant: \d+ instead of \d+$/m);
    assert.match(stderr, /^restored {2}.*: 0 differences from its source$/m);
    assert.match(stderr, /^back {6}GET \/budgets: \d+, as before; the API was not restarted$/m);
    assert.match(stderr, /^pass {6}tenancy\/isolated on what was restored, \d{3,} attacked$/m);
  });

  await t.test('a flipped bit of a backup is named, and nobody restores it', { skip: without }, () => {
    assert.match(stderr, /^caught {4}backup\/intact\n {2}vault: .*same size, other bytes/m);
    assert.match(
      stderr,
      /^refused {3}restore from vault, and no database was touched\n {2}restore\/altered/m,
    );
    assert.match(stderr, /^pass {6}backup\/intact, with the bit put back$/m);
  });

  await t.test('no identity is in what it prints', () => {
    assert.doesNotMatch(stdout + stderr, /AGE-SECRET-KEY/);
  });

  const folder = join(example, '.surety', 'log', (await readdir(join(example, '.surety', 'log')))[0] ?? '');

  await t.test('a stranger verifies the log with the one command', async () => {
    const verified = await run(process.execPath, [surety, 'verify', folder]);
    assert.match(verified.stdout, /rollback not excluded/);
    assert.ok(document.log.verified);
  });

  await t.test('an edited observation is refused', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'surety-test-'));
    try {
      await cp(folder, copy, { recursive: true });
      const [file] = (
        await readdir(join(copy, 'observations'), { recursive: true, withFileTypes: true })
      ).filter((entry) => entry.isFile());
      assert.ok(file);
      const path = join(file.parentPath, file.name);
      await writeFile(path, (await readFile(path, 'utf8')).replace('subject', 'subjecT'));
      await assert.rejects(run(process.execPath, [surety, 'verify', copy]), { code: 11 });
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
});
