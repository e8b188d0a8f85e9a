import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endOfLife, holesAsOf, serverHoles } from '../../../src/targets/postgres/server-holes.ts';
import {
  cleanRelease,
  isSupported,
  listAge,
  mendedRelease,
  plainVersion,
  type ServerVersion,
  serverVersion,
  standing,
} from '../../../src/targets/postgres/server-version.ts';

const guarded = 'pg_has_role(c.relowner, …) pg_has_role(c.relowner, …)';

/** What a server of PostgreSQL's own says. */
function said(number: number, text: string, more: Partial<Parameters<typeof serverVersion>[0]> = {}) {
  return serverVersion({
    number,
    text,
    full: `PostgreSQL ${text} on x86_64-pc-linux-gnu`,
    aurora: false,
    alloydb: false,
    statistics: guarded,
    ...more,
  });
}

const open = (server: ServerVersion): readonly string[] =>
  serverHoles.filter((hole) => standing(hole, server, []).is === 'open').map(({ id }) => id);
const unknown = (server: ServerVersion): readonly string[] =>
  serverHoles.filter((hole) => standing(hole, server, []).is === 'unknown').map(({ id }) => id);

test('a server is read from what it says of itself', async (t) => {
  const cases: readonly [string, ServerVersion, Partial<ServerVersion>][] = [
    ['Debian’s suffix', said(150018, '15.18 (Debian 15.18-0+deb12u1)'), { major: 15, minor: 18 }],
    ['the first release of a major', said(180000, '18.0'), { major: 18, minor: 0, preRelease: false }],
    ['a beta', said(190000, '19beta1'), { major: 19, preRelease: true }],
    ['the development branch', said(200000, '20devel'), { preRelease: true }],
    ['Aurora', said(150004, '15.4', { aurora: true }), { fork: 'Amazon Aurora' }],
    ['AlloyDB', said(150007, '15.7', { alloydb: true }), { fork: 'AlloyDB' }],
    [
      'EDB',
      said(150004, '15.4.0', { full: 'PostgreSQL 15.4 (EnterpriseDB Advanced Server 15.4.0) on x86_64' }),
      { fork: 'EnterpriseDB', minor: 4 },
    ],
    [
      'another database',
      said(130000, '13.0.0', { full: 'CockroachDB CCL v25.2.0' }),
      { fork: 'CockroachDB' },
    ],
    [
      'an unfamiliar word',
      said(150020, '15.20', { full: 'SomethingSQL 1' }),
      { fork: 'not PostgreSQL by its own word' },
    ],
    ['an old catalog', said(150020, '15.20', { statistics: 'SELECT 1' }), { showsStatistics: true }],
  ];
  for (const [name, got, want] of cases) {
    await t.test(name, () => assert.deepEqual({ ...got, ...want }, got));
  }
});

test('releases stand as their notes say', () => {
  assert.deepEqual(open(plainVersion('15.20')), []);
  assert.deepEqual(open(plainVersion('15.19')), [
    'CVE-2026-16237',
    'CVE-2026-116311',
    'CVE-2026-116327',
    'CVE-2026-120154',
  ]);
  assert.equal(open(plainVersion('15.2')).length, serverHoles.length);
  assert.deepEqual(open(plainVersion('14.25')), []);
  assert.ok(!open(plainVersion('14.7')).includes('CVE-2023-39418'), '14 has no MERGE');
  assert.ok(!open(plainVersion('16.0')).includes('CVE-2023-2455'));
  assert.ok(open(plainVersion('16.2')).includes('CVE-2024-4317'));
  assert.deepEqual(open(plainVersion('18.5')), [
    'CVE-2026-14666',
    'CVE-2026-16237',
    'CVE-2026-116311',
    'CVE-2026-120154',
  ]);
});

test('what the list does not know is never closed', () => {
  // 99 is newer than the list, and a hole without a release for its major is nobody's knowledge.
  assert.equal(unknown(plainVersion('99.1')).length, serverHoles.length);
  assert.deepEqual(unknown(plainVersion('18.9')), ['CVE-2026-116327']);
  assert.deepEqual(unknown(plainVersion('15.20')), []);
});

test('a newer minor release is never worse', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 9, max: 25 }),
      fc.nat({ max: 40 }),
      fc.nat({ max: 5 }),
      (major, minor, more) => {
        const [older, newer] = [
          open(plainVersion(`${major}.${minor}`)),
          open(plainVersion(`${major}.${minor + more}`)),
        ];
        assert.ok(newer.every((id) => older.includes(id)));
      },
    ),
  );
});

test('a fork that is behind by its number is not known to be open, and its number may close', () => {
  const aurora = { ...plainVersion('15.4'), fork: 'Amazon Aurora' };
  assert.deepEqual(open(aurora), []);
  assert.ok(unknown(aurora).includes('CVE-2024-10976'));
  assert.ok(!unknown(aurora).includes('CVE-2023-2455'), 'mended in 15.3');
});

test('new programs do not mend an old catalog', () => {
  assert.deepEqual(open({ ...plainVersion('15.20'), showsStatistics: true }), ['CVE-2024-4317']);
});

test('a hole whose need is not there is said, and does not count as open', () => {
  const [hole] = serverHoles.filter(({ id }) => id === 'CVE-2026-116311');
  assert.ok(hole);
  const use = { hole: hole.id, missing: 'no restrictive policy that names roles' };
  assert.equal(standing(hole, plainVersion('15.18'), [{ ...use, count: 0 }]).is, 'out of use');
  assert.equal(standing(hole, plainVersion('15.18'), [{ ...use, count: 1 }]).is, 'open');
  assert.equal(standing(hole, plainVersion('15.20'), [{ ...use, count: 0 }]).is, 'closed');
});

test('a major release ends on its day', () => {
  const server = plainVersion('14.25');
  assert.equal(isSupported(server, new Date('2026-11-12T12:00:00Z')), true);
  assert.equal(isSupported(server, new Date('2026-11-13T00:00:00Z')), false);
  assert.equal(isSupported(plainVersion('99.0'), new Date()), null);
});

test('the list grows old', () => {
  assert.equal(listAge(new Date(`${holesAsOf}T12:00:00Z`)).stale, false);
  assert.equal(listAge(new Date('2030-01-01T00:00:00Z')).stale, true);
});

test('the release to upgrade to has no hole that the list knows', () => {
  assert.equal(mendedRelease(15), '15.20');
  assert.equal(mendedRelease(99), null);
  assert.equal(cleanRelease(new Date('2026-11-22T00:00:00Z'))?.text, '15.20');
  assert.equal(cleanRelease(new Date('2040-01-01T00:00:00Z')), null);
});

test('the list is sound', () => {
  assert.equal(new Set(serverHoles.map(({ id }) => id)).size, serverHoles.length);
  for (const { id, published, since = 0, neverFrom = 1000, mendedIn } of serverHoles) {
    const majors = Object.keys(mendedIn).map(Number);
    assert.ok(majors.length > 0, id);
    assert.ok(
      majors.every((major) => major >= since && major < neverFrom && endOfLife[major] !== undefined),
      id,
    );
    assert.ok(published <= holesAsOf, id);
  }
});
