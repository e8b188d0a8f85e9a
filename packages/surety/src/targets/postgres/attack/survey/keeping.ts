import { literal, quoted, quotedRelation } from '../../name.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import type { TwoTenants } from '../../tenancy/tenants.ts';
import type { AttackSession } from '../attack-session.ts';
import { keyOf } from '../rows.ts';
import { answersBy, answersTo, apart, stateOf } from './answers.ts';

/** Rows that an answer is made of; more of a table say nothing more. */
const few = 500;

/** Which rows a table shows, as one text: how many, and a digest of their keys. `where` reads the row as `t`. */
function rowsShown({ relation }: Tie, where: string = ''): string {
  const keys = keyOf(relation).map(({ name }) => `t.${quoted(name)}`);
  return `select count(*) || ' ' || coalesce(md5(string_agg(s.k, ',' order by s.k)), '')
    from (select row(${keys.join(', ')})::text as k from ${quotedRelation(relation)} t ${where}
      order by ${keys.join(', ')} limit ${few}) s`;
}

export type Kept = {
  /** Oids of tables of which a kept plan gave the next tenant other rows than a new one. */
  readonly stale: ReadonlySet<number>;
  readonly failed: ReadonlyMap<number, string>;
};

/**
 * A plan is made and kept as the owner, and asked again as the thief. It has no parameters, so that the server keeps the
 * first it makes, as it would any after the fifth execution.
 */
export async function plansKept(
  session: AttackSession,
  ties: readonly Tie[],
  { owner, thief }: TwoTenants,
): Promise<Kept> {
  const { app } = session;
  const questions = ties.map((tie) => ({ oid: tie.relation.oid, sql: rowsShown(tie) }));
  let made = 0;
  const kept = await answersBy(questions, async (sql) => {
    made += 1;
    const name = `surety_kept_${made}`;
    try {
      const before = [
        session.naming(owner),
        `prepare ${name} as ${sql}`,
        `execute ${name}`,
        session.naming(thief),
      ];
      return await apart(app, `execute ${name}`, [], before);
    } finally {
      // A statement outlives the transaction, and through a pooler the session; it may not have come about.
      await apart(app, `deallocate ${name}`).catch(stateOf);
    }
  });
  const anew = await session.tried(
    () => session.become(thief),
    () => answersTo(app, questions),
  );
  const stale = [...kept.given].filter(([oid, rows]) => anew.given.has(oid) && anew.given.get(oid) !== rows);
  return { stale: new Set(stale.map(([oid]) => oid)), failed: new Map([...anew.failed, ...kept.failed]) };
}

/**
 * Tables of which one statement shows rows of two tenants, because its own WHERE names another tenant midway: those whose
 * policies ask for the tenant row by row. Tried both ways, as whose rows come first decides.
 */
export async function switchedMidway(
  session: AttackSession,
  ties: readonly Tie[],
  { owner, thief }: TwoTenants,
): Promise<ReadonlySet<number>> {
  const { app, tenancy } = session;
  const beaten = new Set<number>();
  for (const [from, to] of [
    [thief, owner],
    [owner, thief],
  ] as const) {
    const naming = `where pg_catalog.set_config(${literal(tenancy.setting)}, ${literal(to)}, true) is not null`;
    await session.tried(
      () => session.become(from),
      async () => {
        const plain = await answersTo(
          app,
          ties.map((tie) => ({ oid: tie.relation.oid, sql: rowsShown(tie) })),
        );
        // Each in a statement of its own: the setting would reach the next table of the same one.
        await Promise.all(
          ties.map(async (tie) => {
            const [row] = await apart<{ rows: string }>(
              app,
              `select (${rowsShown(tie, naming)}) as rows`,
            ).catch((error: unknown) => {
              stateOf(error);
              return [];
            });
            const before = plain.given.get(tie.relation.oid);
            if (row !== undefined && before !== undefined && row.rows !== before)
              beaten.add(tie.relation.oid);
          }),
        );
      },
    );
  }
  return beaten;
}
