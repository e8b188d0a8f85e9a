import assert from 'node:assert/strict';
import { type Judged, judge, type Observation, type Verdict } from '@surety/evidence';
import isolated from '../../../../src/controls/tenancy/isolated.ts';
import { seeInto } from '../../../../src/core/see.ts';
import type { Handle } from '../../../../src/core/target.ts';
import kind from '../../../../src/targets/postgres/target.ts';
import type { PostgresTarget } from '../../../../src/targets/postgres/types.ts';
import type { Scene } from '../../../../src/testing/specimens.ts';

/** Works with the database of a scene as the application would. */
export async function asApplication<T>(
  scene: Scene,
  look: (db: PostgresTarget & Handle) => Promise<T>,
): Promise<T> {
  const { kind: _, ...facts } = { kind: '', ...scene.targets.db };
  const db = await kind.open(kind.facts.parse(facts), {
    touch: 'rollback',
    signal: new AbortController().signal,
    secret: () => undefined,
    root: '.',
  });
  try {
    return await look(db);
  } finally {
    await db.close();
  }
}

export type Attacked = {
  readonly verdict: Verdict;
  /** `notes: other tenant reads it whole` → what it says. */
  readonly blind: ReadonlyMap<string, string>;
  readonly broken: ReadonlyMap<string, string>;
  readonly held: ReadonlySet<string>;
  readonly notes: ReadonlyMap<string, string>;
};

/** Runs tenancy/isolated on a scene, and sees that it leaves it as it was. */
export async function attack(scene: Scene): Promise<Attacked> {
  const before = await scene.fingerprint();
  const observations: Observation[] = [];
  const see = seeInto(observations, {
    method: 'attack',
    standIn: false,
    now: () => new Date(),
    attestation: async () => null,
  });
  await asApplication(scene, (db) => isolated.prove({ db: { kind: 'postgres', handle: db } }, see));
  assert.equal(await scene.fingerprint(), before, 'the database is as it was');
  const { verdict, judged } = judge(observations);
  const pick = (wanted: (one: Judged) => boolean): ReadonlyMap<string, string> =>
    new Map(judged.filter(wanted).map(({ observation, got }) => [observation.subject, got]));
  return {
    verdict,
    blind: pick(({ bearing }) => bearing === 'blind'),
    broken: pick(({ bearing }) => bearing === 'breaks'),
    held: new Set(pick(({ bearing }) => bearing === 'holds').keys()),
    notes: pick(({ observation }) => observation.check === 'note'),
  };
}
