import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { after } from '../../../src/commands/after.ts';
import { createRunRedactor } from '../../../src/commands/redact.ts';
import { controls } from '../../../src/controls/registry.ts';
import postgres from '../../../src/targets/postgres/target.ts';
import { kinds } from '../../../src/targets/registry.ts';
import { runSpecimens } from '../../../src/testing/run-specimens.ts';
import { scratchPostgres } from '../../../src/testing/scratch-postgres.ts';
import { type Scratch, specimens } from '../../../src/testing/specimens.ts';
import { type RandomBreak, type RandomTenancy, randomBreak, randomTenancy } from './random-tenancy.ts';

// A seed of its own each night would find more and would also stop whoever pushes next: SURETY_SEED is for the curious.
const seed = Number(process.env.SURETY_SEED ?? 20_261_122);
const numRuns = Number(process.env.SURETY_RUNS ?? 8);

test('whatever the schema, the plan makes tables hold an attack, and a break after that is caught', async (t) => {
  const scratch = scratchPostgres({ schema: 'select', canaries: ['canary-row'] });
  const isolated = controls.find(({ ref }) => ref.id === 'tenancy/isolated');
  assert.ok(isolated);
  try {
    await fc.assert(
      fc.asyncProperty(randomTenancy, randomBreak, fc.nat(), async (tenancy, broken, pick) => {
        const planned = await planOf(scratch, tenancy.ddl);
        const guarded = `${tenancy.ddl}\n${planned.join(';\n')};`;
        const cases = specimens({
          control: isolated.control,
          on: () => ({ ...scratch, blind: {}, close: async () => undefined }),
          lookalikes: { planned: { break: guarded } },
          sabotages: {
            'never guarded': { break: tenancy.ddl, names: '', mended: true },
            ...sabotageOf(tenancy, broken, pick, guarded),
          },
        });
        const results = await runSpecimens(isolated, cases, {
          kinds,
          after,
          now: () => new Date(),
          signal: t.signal,
          redactor: createRunRedactor,
        });
        for (const { kind, name, outcome, why } of results) {
          if (kind !== 'healthy') assert.equal(outcome, 'ok', `${kind} ${name}: ${why}\n${guarded}`);
        }
      }),
      { seed, numRuns, endOnFailure: true },
    );
  } finally {
    await scratch.close();
  }
});

function sabotageOf(
  { tables }: RandomTenancy,
  { name, needs, sql }: RandomBreak,
  pick: number,
  guarded: string,
): { readonly [name: string]: { readonly break: string; readonly names: string } } {
  const able = tables.filter(({ commands }) => commands.includes(needs));
  const table = able[pick % Math.max(1, able.length)];
  return table === undefined ? {} : { [name]: { break: `${guarded}\n${sql(table)}`, names: table.shown } };
}

/** What `surety plan` would show for the unguarded schema, as SQL. */
async function planOf(scratch: Scratch<string>, ddl: string): Promise<readonly string[]> {
  const scene = await scratch.scene(ddl);
  try {
    const facts = postgres.facts.parse(without(scene.targets.db));
    const { signal } = new AbortController();
    const handle = await postgres.open(facts, {
      touch: 'nothing',
      signal,
      secret: () => undefined,
      root: '.',
    });
    try {
      const changes = await handle.planIsolation('db');
      return changes
        .filter(({ proposed }) => proposed === undefined)
        .flatMap(({ steps }) => steps.flatMap((step) => ('sql' in step ? [step.sql] : [])));
    } finally {
      await handle.close();
    }
  } finally {
    await scene.stop();
  }
}

/** The facts of a target are what stands beside its kind. */
function without(target: Readonly<Record<string, unknown>> | undefined): object {
  const { kind: _, ...facts } = target ?? {};
  return facts;
}
