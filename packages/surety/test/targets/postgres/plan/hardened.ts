import { judge, type Observation } from '@surety/evidence';
import type { Control } from '../../../../src/core/control.ts';
import type { Change } from '../../../../src/core/plan.ts';
import { seeInto } from '../../../../src/core/see.ts';
import type { Handle, Touch } from '../../../../src/core/target.ts';
import kind from '../../../../src/targets/postgres/target.ts';
import type { PostgresTarget } from '../../../../src/targets/postgres/types.ts';
import type { Scene } from '../../../../src/testing/specimens.ts';

/** One database, hardened and softened again. */
export type Hardening = {
  /** Changes that are not only proposed. */
  plan(): Promise<readonly Change[]>;
  proposals(): Promise<readonly Change[]>;
  apply(changes: readonly Change[]): Promise<void>;
  undo(changes: readonly Change[]): Promise<void>;
  /** Catalog and rows. */
  fingerprint(): Promise<string>;
  /** `pass`, or the verdict with the first reasons. */
  verdict(control: Control): Promise<string>;
  /** Opens the database anew: what was read of the catalog is kept while it is open. */
  open<T>(touch: Touch, work: (db: PostgresTarget & Handle) => Promise<T>): Promise<T>;
};

export function hardening(scene: Scene, facts: Readonly<Record<string, unknown>> = {}): Hardening {
  const open: Hardening['open'] = async (touch, work) => {
    const { kind: _, ...known } = { kind: '', ...scene.targets.db };
    const all = Object.entries({ ...known, ...facts }).filter(([, value]) => value !== undefined);
    const context = { touch, signal: new AbortController().signal, secret: () => undefined, root: '.' };
    const db = await kind.open(kind.facts.parse(Object.fromEntries(all)), context);
    try {
      return await work(db);
    } finally {
      await db.close();
    }
  };
  const all = () => open('nothing', (db) => db.planIsolation('db'));
  const carryOut = (steps: Change['steps']) => open('writes', async (db) => db.carryOut?.(steps));
  return {
    open,
    plan: async () => (await all()).filter(({ proposed }) => proposed === undefined),
    proposals: async () => (await all()).filter(({ proposed }) => proposed !== undefined),
    async apply(changes) {
      for (const { steps } of changes) await carryOut(steps);
    },
    async undo(changes) {
      for (const { undo } of changes.toReversed()) if (!('manual' in undo)) await carryOut(undo);
    },
    fingerprint: () => scene.fingerprint(),
    verdict: (control) =>
      open('rollback', async (db) => {
        const observations: Observation[] = [];
        const context = {
          method: 'read' as const,
          standIn: true,
          now: () => new Date(),
          attestation: async () => null,
        };
        await control.prove({ db: { kind: 'postgres', handle: db } }, seeInto(observations, context));
        const { verdict, judged } = judge(observations);
        const telling = judged.filter(({ bearing }) => bearing === 'breaks' || bearing === 'blind');
        return [
          verdict,
          ...telling
            .slice(0, 3)
            .map(({ observation, want, got }) => `${observation.subject}: want ${want}, got ${got}`),
        ].join('; ');
      }),
  };
}
