import type { Attempt } from '@surety/evidence';
import type { CatalogRelation } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import { SqlError } from '../sql-error.ts';
import type { TwoTenants } from '../tenancy/tenants.ts';
import type { AttackSession } from './attack-session.ts';

const ceiling = 5_000;

/**
 * Both tenants read a view by the columns that say whose a row is. Two tenants that share nothing see no such
 * value in common.
 */
export async function readView(
  session: AttackSession,
  view: CatalogRelation,
  columns: readonly string[],
  { owner, thief }: TwoTenants,
): Promise<readonly [owner: Attempt, thief: Attempt]> {
  const act = `${view}: read everything`;
  const look = async (tenant: string): Promise<ReadonlySet<string> | string> => {
    try {
      return await session.undone(async () => {
        await session.become(tenant);
        return whose(session, view, columns);
      });
    } catch (error) {
      if (error instanceof SqlError) return error.state;
      throw error;
    }
  };
  const [own, other] = [await look(owner), await look(thief)];
  const tell = (actor: string, seen: number | string): Attempt => ({
    act,
    actor,
    method: 'attack',
    ...(typeof seen === 'string'
      ? { result: seen === '42501' ? ('refused' as const) : ('broken' as const), detail: seen }
      : seen === 0
        ? { result: 'refused' as const, detail: '0 rows' }
        : { result: 'done' as const, detail: seen === 1 ? '1 row' : `rows of ${seen} others` }),
  });
  return [
    tell('owner', typeof own === 'string' ? own : own.size),
    tell(
      'other tenant',
      typeof other === 'string' ? other : typeof own === 'string' ? 0 : common(own, other),
    ),
  ];
}

async function whose(
  { app }: AttackSession,
  view: CatalogRelation,
  columns: readonly string[],
): Promise<ReadonlySet<string>> {
  const list = columns.map((column) => `t.${quoted(column)}`);
  const rows = await app.rows<{ whose: string }>(
    `select distinct jsonb_build_array(${list.join(', ')})::text as whose from ${quotedRelation(view)} t
     where ${list.map((column) => `${column} is not null`).join(' and ')} limit ${ceiling}`,
  );
  return new Set(rows.map((row) => row.whose));
}

function common(own: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return [...other].filter((value) => own.has(value)).length;
}
