import { type Catalog, type CatalogRelation, relationName } from '../catalog/catalog.ts';
import { callsOf, type Routine } from '../catalog/function-calls.ts';
import { makesUpSql, reachesOut, waits } from '../catalog/outside.ts';
import { reachesOutside } from '../catalog/triggers.ts';
import type { Connection } from '../connection.ts';
import { quoted } from '../name.ts';
import type { Command, Policy } from '../types.ts';
import { functionsSql, ownersBoundSql, sourcesSql } from './functions-sql.ts';

export type Input = {
  readonly name: string;
  readonly type: string;
  readonly base: string;
  readonly category: string;
};

/** A function that runs as its owner, or with settings of its own. */
export type Callable = {
  /** `public.find(text)` as people write it. */
  readonly name: string;
  /** As SQL calls it, up to the bracket. */
  readonly sql: string;
  readonly owner: string;
  readonly inputs: readonly Input[];
  /** How many of the last inputs may be left out. */
  readonly defaults: number;
  /** Its answer may depend on rows. */
  readonly looks: boolean;
  /** Why its owner may see rows of every tenant, or `null` where row security binds it like everybody. */
  readonly above: 'exempt' | 'opened' | null;
  /** Why it is not called, or `null`. */
  readonly obstacle: string | null;
  /** In lower case, what defines it and all that it calls; `null` where that does not name what it reads. */
  readonly text: string | null;
};

type FunctionRow = {
  oid: number;
  schema: string;
  name: string;
  arguments: string;
  owner: string;
  kind: string;
  definer: boolean;
  volatility: string;
  language: string;
  trusted: boolean;
  returns: string;
  defaults: number;
  variadic: boolean;
  settings: string[];
  direct: boolean;
  inputs: Input[];
};
type SourceRow = Routine & { readonly language: string; readonly trusted: boolean };
type OwnerRow = { owner: string; exempt: boolean; acts: string[] };

/**
 * Functions that may show more than their caller sees. One that runs as its caller, in its caller's settings, reads what
 * the caller reads, and that is searched itself.
 */
export async function readCallables(
  app: Connection,
  catalog: Catalog,
  setting: string,
): Promise<readonly Callable[]> {
  const rows = (await app.rows<FunctionRow>(functionsSql)).filter(
    ({ definer, settings }) => definer || settings.some((entry) => setsTenant(entry, setting)),
  );
  if (rows.length === 0) return [];
  const sources = await app.rows<SourceRow>(sourcesSql);
  const owners = await app.rows<OwnerRow>(ownersBoundSql, [[...new Set(rows.map(({ owner }) => owner))]]);
  const { behind } = callsOf(sources);
  return rows.map((row) => {
    const owner = owners.find((candidate) => candidate.owner === row.owner);
    const reached = sources.filter(({ oid }) => oid === row.oid).flatMap(behind);
    const isPlain = reached.every(
      ({ language, source }) => readable.has(language) && !makesUpSql(language, source),
    );
    return {
      name: `${relationName(row.schema, row.name)}(${row.arguments})`,
      sql: `${quoted(row.schema)}.${quoted(row.name)}`,
      owner: row.owner,
      inputs: row.inputs,
      defaults: row.defaults,
      looks: row.volatility !== 'i',
      above: row.definer ? aboveOf(owner, catalog) : null,
      obstacle: obstacleOf(row, reached, catalog),
      text: isPlain ? reached.map(({ source }) => source.toLowerCase()).join('\n') : null,
    };
  });
}

/** Languages whose texts name the tables that they read. */
const readable = new Set(['sql', 'plpgsql']);

function setsTenant(entry: string, setting: string): boolean {
  return entry.toLowerCase().startsWith(`${setting.toLowerCase()}=`);
}

function aboveOf(owner: OwnerRow | undefined, { relations }: Catalog): Callable['above'] {
  if (owner === undefined || owner.exempt) return 'exempt';
  const applies = ({ roles }: Policy): boolean =>
    roles.length === 0 || roles.some((role) => owner.acts.includes(role));
  return relations.some((relation) => isOpenTo(relation, applies)) ? 'opened' : null;
}

/** Where a policy lets it in that neither asks for the tenant nor reads a table that would. */
function isOpenTo({ policies }: CatalogRelation, applies: (policy: Policy) => boolean): boolean {
  const his = policies.filter(applies);
  const floored = his.some(
    ({ permissive, command, asksForTenant }) => !permissive && command === 'all' && asksForTenant,
  );
  return (
    !floored &&
    policies.some(({ asksForTenant }) => asksForTenant) &&
    his.some(({ permissive, asksForTenant, reads }) => permissive && !asksForTenant && reads.length === 0)
  );
}

const writing: readonly Command[] = ['insert', 'update', 'delete'];
const unanswerable = new Set(['internal', 'language_handler', 'fdw_handler', 'index_am_handler', 'cstring']);

function obstacleOf(row: FunctionRow, reached: readonly SourceRow[], catalog: Catalog): string | null {
  if (!row.direct) return 'only a role that the application may become can call it';
  if (row.kind === 'p') return 'a procedure may end the transaction';
  if (row.variadic) return 'it takes any number of arguments';
  if (unanswerable.has(row.returns)) return `it gives ${row.returns}`;
  const wild = reached.find(({ trusted }) => !trusted);
  if (wild !== undefined) return `${wild.language} code may do anything`;
  if (reached.some(({ source }) => reachesOut(source))) return 'it reaches outside of the database';
  if (reached.some(({ source }) => waits(source))) return 'it waits, or locks a table';
  if (row.volatility !== 'v') return null;
  if (reached.some(({ language, source }) => makesUpSql(language, source)))
    return 'it runs SQL that it puts together';
  const fires = catalog.relations.find(
    (relation) =>
      writing.some((command) => reachesOutside(relation, command) !== null) &&
      reached.some(({ source }) => source.toLowerCase().includes(relation.name.toLowerCase())),
  );
  return fires === undefined ? null : `a trigger of ${fires} reaches outside of the database`;
}
