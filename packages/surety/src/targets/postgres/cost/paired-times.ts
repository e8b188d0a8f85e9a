import type { Connection } from '../connection.ts';
import { literal, quotedRelation } from '../name.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import { become, inTransaction, page, readableColumns } from './policy-costs.ts';

/**
 * Milliseconds for one page of a tenant's rows, both asked for in turns. Of each connection the fastest round counts, which
 * no other work on the machine has slowed; of several connections the median.
 */
export type PairedTimes = {
  /** As the application's role, which leaves the choice of rows to the policies. */
  readonly policies: number;
  /** As a role that row security does not bind, with the condition written by hand. */
  readonly byHand: number;
};

const rounds = 15;

/** @param pairs one pair of connections for each query that runs at once */
export async function pairedTimes(
  pairs: readonly { readonly app: Connection; readonly inspector: Connection }[],
  tenancy: Tenancy,
  tie: Tie,
  tenant: string,
): Promise<PairedTimes> {
  const from = `select ${readableColumns(tie.relation)} from ${quotedRelation(tie.relation)} t`;
  const underPolicies = `${from} limit ${page}`;
  const byHand = `${from} where ${conditionOf(tie, tenancy, tenant)} limit ${page}`;
  const samples = await Promise.all(
    pairs.map(({ app, inspector }) =>
      inTransaction(app, () =>
        inTransaction(inspector, async () => {
          await become(app, tenancy, tenant);
          const taken = [];
          // The first round fills caches, and is not counted.
          for (let round = 0; round <= rounds; round += 1) {
            taken.push({
              policies: await millis(app, underPolicies),
              byHand: await millis(inspector, byHand),
            });
          }
          return taken.slice(1);
        }),
      ),
    ),
  );
  const fastest = (pick: keyof PairedTimes): number =>
    median(samples.map((taken) => Math.min(...taken.map((times) => times[pick]))));
  return { policies: fastest('policies'), byHand: fastest('byHand') };
}

/** In a sub-select, as a good policy has it: what is compared is the policy, not how its author wrote it. */
function conditionOf(tie: Tie, { key }: Tenancy, tenant: string): string {
  return tie.policy('t', `(select ${literal(tenant)}::${key.type})`);
}

async function millis(connection: Connection, sql: string): Promise<number> {
  const start = performance.now();
  await connection.rows(sql);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
