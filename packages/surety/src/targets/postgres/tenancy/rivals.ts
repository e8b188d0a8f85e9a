import { BlindError } from '../../../core/error.ts';
import { type Catalog, isTable } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { PostgresTarget } from '../types.ts';
import type { Doubt } from './doubts.ts';
import type { Link } from './links.ts';
import type { Rival, Tenancy, Tie } from './tenancy.ts';

/** Rows that are compared of each table, and persons whose rows they may be. */
const rows = 2_000;
const persons = 500;

/**
 * Tables to whose tenants two ways lead that say differently whose a row is, or that nobody compared; and those with
 * rows that are nobody's by the way that decides, and somebody's by another.
 */
export async function rivalDoubts(
  catalog: Catalog,
  tenancy: Tenancy,
  inspect: PostgresTarget['inspect'],
): Promise<readonly Doubt[]> {
  const doubts: Doubt[] = [];
  for (const relation of catalog.relations) {
    const tie = tenancy.ties.get(relation.oid);
    if (tie === undefined || !isTable(relation) || relation.grants.length === 0) continue;
    const why =
      (tie.rivals.length === 0 ? null : await whyUnclear(tie, tenancy, inspect)) ??
      (tie.beside.length === 0 ? null : await whyNobodys(tie, inspect));
    if (why === null) continue;
    const [column = ''] = [...tie.rivals, ...tie.beside][0]?.link.columns ?? [];
    doubts.push({
      subject: `${relation}: whose its rows are`,
      missing: `${tie.path}: ${why}`,
      hint: `say which, as tenancy.paths: { '${relation}': '${column}' }`,
    });
  }
  return doubts;
}

async function whyUnclear(
  { relation, rivals }: Tie,
  tenancy: Tenancy,
  inspect: PostgresTarget['inspect'],
): Promise<string | null> {
  const [first, ...others] = rivals;
  if (first === undefined) return null;
  const sample = `(select * from ${quotedRelation(relation)} limit ${rows})`;
  try {
    for (const other of others) {
      for (const [one, two] of [
        [first, other],
        [other, first],
      ] as const) {
        const [found] = await inspect<{ differs: boolean }>(
          `select exists (${differing(sample, one, two, tenancy)}) as differs`,
        );
        if (found?.differs === true)
          return 'there are rows of which they say that they are different tenants’';
      }
    }
    return null;
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    return `nobody compared them: ${error.message}`;
  }
}

/** Rows that name nobody themselves are everybody's, but not where another link leads to a tenant. */
async function whyNobodys(
  { relation, columns, authors, beside }: Tie,
  inspect: PostgresTarget['inspect'],
): Promise<string | null> {
  const deciding = [...new Set([...columns, ...authors])];
  const empty = deciding.map((column) => `t.${quoted(column)} is null`).join(' and ');
  try {
    for (const { link, owned } of beside) {
      const [found] = await inspect<{ owned: boolean }>(
        `select exists (select from (select * from ${quotedRelation(relation)} t where ${empty} limit ${rows}) t
           join ${quotedRelation(link.to)} b on ${same('b', link)} where ${owned('b')}) as owned`,
      );
      if (found?.owned === true)
        return `there are rows without ${deciding.join(', ')} that ${link.columns.join(', ')} → ${link.to} says are a tenant’s`;
    }
    return null;
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    return `nobody asked of whom rows without it are: ${error.message}`;
  }
}

/** Rows that are a tenant's by the one way and, though somebody's, not the same tenant's by the other. */
function differing(sample: string, one: Rival, two: Rival, { root, key, people }: Tenancy): string {
  const owner = `k.${quoted(key.name)}`;
  const tenants = people
    ? `(select ${quoted(key.name)} from ${quotedRelation(root)} limit ${persons})`
    : quotedRelation(root);
  return `select from ${sample} t
    join ${quotedRelation(one.link.to)} a on ${same('a', one.link)}
    join ${tenants} k on ${one.belongsTo('a', owner)}
    join ${quotedRelation(two.link.to)} b on ${same('b', two.link)}
    where ${two.owned('b')} and (${two.belongsTo('b', owner)}) is not true`;
}

function same(alias: string, { columns, toColumns }: Link): string {
  return columns
    .map((column, index) => `${alias}.${quoted(toColumns[index] ?? '')} = t.${quoted(column)}`)
    .join(' and ');
}
