import { reachesOutside } from '../../catalog/triggers.ts';
import { quoted, quotedRelation } from '../../name.ts';
import { SqlError } from '../../sql-error.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import type { AttackSession } from '../attack-session.ts';
import { insertOf, inventRow, type Statement } from '../rows.ts';
import type { Answers } from './answers.ts';
import { beyondOf, type Seen, seenNow } from './beyond.ts';
import type { Namer } from './namers.ts';

/** One way for a tenant to make more of itself than it is. */
export type Promotion = {
  /** `users.is_admin`, `admins` */
  readonly what: string;
  /** How many rows it changed or added; the SQLSTATE where it was refused. */
  readonly got: number | string;
  /** What it then saw; `null` where nothing was changed. */
  readonly seen: Seen | null;
};

const most = 16;

/** The tenant changes flags and roles of its own rows, adds itself where tenants are named, and reads everything again. */
export async function promotionsOf(
  session: AttackSession,
  namers: readonly Namer[],
  ties: readonly Tie[],
  tenant: string,
  shown: Answers,
): Promise<readonly Promotion[]> {
  const tries = [
    ...namers.flatMap((namer) => changesOf(session, namer, tenant)),
    ...additionsOf(session, namers, tenant),
  ];
  const become = (): Promise<void> => session.become(tenant);
  const promotions: Promotion[] = [];
  for (const { what, statement, added } of tries.slice(0, most)) {
    promotions.push(
      await session
        .tried(become, async (): Promise<Promotion> => {
          const got = await session.app.touched(statement.sql, statement.values);
          if (got === 0) return { what, got, seen: null };
          const { beyond, failed } = beyondOf(await seenNow(session, ties), shown);
          // The row that it just added is its own.
          const others = [...beyond].filter(([oid, rows]) => oid !== added || rows > got);
          return { what, got, seen: { beyond: new Map(others), failed } };
        })
        .catch((error: unknown): Promotion => {
          if (!(error instanceof SqlError)) throw error;
          return { what, got: error.state, seen: null };
        }),
    );
  }
  return promotions;
}

/** `added`: oid of the table that gets a row. */
type Try = { readonly what: string; readonly statement: Statement; readonly added?: number };

function changesOf(
  { tenancy }: AttackSession,
  { relation, key, traits }: Namer,
  tenant: string,
): readonly Try[] {
  if (reachesOutside(relation, 'update') !== null) return [];
  return traits
    .filter(({ column }) => column.grants.includes('update') && !column.generated)
    .flatMap(({ column, values }) =>
      values.map((value) => ({
        what: `${relation}.${column.name}`,
        statement: {
          sql: `update ${quotedRelation(relation)} set ${quoted(column.name)} = $1::${column.type}
            where ${quoted(key)} = $2::${tenancy.key.type} and ${quoted(column.name)} is distinct from $1::${column.type}`,
          values: [value, tenant],
        },
      })),
    );
}

/** Not in memberships, which need a scope of somebody: the attack on that table adds such a row. */
function additionsOf({ tenancy }: AttackSession, namers: readonly Namer[], tenant: string): readonly Try[] {
  return namers
    .filter(({ relation }) => relation.oid !== tenancy.root.oid && relation.grants.includes('insert'))
    .filter(({ relation }) => tenancy.ties.get(relation.oid)?.isMembership !== true)
    .filter(({ relation }) => reachesOutside(relation, 'insert') === null)
    .map(({ relation, key }) => ({
      what: `${relation}`,
      added: relation.oid,
      statement: insertOf(relation, inventRow(relation, new Map([[key, tenant]])), []),
    }));
}
