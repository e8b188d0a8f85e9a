import type { AttackSession } from '../attack/attack-session.ts';
import { isAmong, keyOf, keysOf } from '../attack/rows.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import { SqlError } from '../sql-error.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import type { Echoes } from './echoes.ts';
import type { Marks } from './marks.ts';
import type { Sighting } from './sighting.ts';

/** Digests of the owner's rows as the owner sees them, by table: rows that were changed or removed give another. */
type State = ReadonlyMap<CatalogRelation, string>;

/**
 * Whether rows of the owner change while the other tenant writes rows of its own: a rule, or a trigger that runs as
 * somebody above row security, may do what the tenant itself may not.
 */
export async function disturbedBy(
  session: AttackSession,
  ties: readonly Tie[],
  owner: string,
  marks: Marks,
  echoes: Echoes,
  act: () => Promise<void>,
): Promise<readonly Sighting[]> {
  const before = await stateOf(session, ties, owner, marks);
  await act();
  const after = await stateOf(session, ties, owner, marks);
  return [...before].flatMap(([relation, digest]) =>
    after.get(relation) === digest ? [] : [disturbance(relation, ties, echoes)],
  );
}

async function stateOf(
  { app, become, undone }: AttackSession,
  ties: readonly Tie[],
  owner: string,
  { rows }: Marks,
): Promise<State> {
  const state = new Map<CatalogRelation, string>();
  await become(owner);
  for (const { relation } of ties) {
    const own = rows.get(relation.oid) ?? [];
    const columns = relation.columns.filter(({ grants }) => grants.includes('select'));
    const key = keyOf(relation);
    if (own.length === 0 || columns.length === 0) continue;
    try {
      const [row] = await undone(() =>
        app.rows<{ digest: string }>(
          `select md5(coalesce(string_agg(concat_ws('|', ${columns
            .slice(0, 90)
            .map(({ name }) => `t.${quoted(name)}::text`)
            .join(
              ', ',
            )}), '|' order by ${key.map(({ name }) => `t.${quoted(name)}`).join(', ')}), '')) as digest
           from ${quotedRelation(relation)} t where ${isAmong('t', key, 1)}`,
          keysOf(own, key),
        ),
      );
      state.set(relation, row?.digest ?? '');
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
    }
  }
  return state;
}

function disturbance(relation: CatalogRelation, ties: readonly Tie[], echoes: Echoes): Sighting {
  const act = `${relation}: change rows by what writing elsewhere sets off`;
  const names = ties.flatMap(({ relation: one }) => (echoes.has(one.oid) ? [`${one}`] : []));
  return {
    subject: `${relation}: other tenant’s own writes change rows of the owner`,
    witness: `${relation}: owner’s rows are there`,
    owner: { act, actor: 'owner', method: 'attack', result: 'done', detail: 'as they were' },
    thief: { act, actor: 'other tenant', method: 'attack', result: 'done', detail: 'changed or gone' },
    hint: `look at triggers and rules of ${names.join(', ')}: let row security bind whom they run as`,
  };
}
