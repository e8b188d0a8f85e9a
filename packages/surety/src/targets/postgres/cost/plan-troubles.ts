import { z } from 'zod';

/** A node of `explain (format json)`; what it holds besides is of no interest here. */
export type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string | undefined;
  readonly Schema?: string | undefined;
  readonly 'Parent Relationship'?: string | undefined;
  readonly 'Index Name'?: string | undefined;
  readonly 'Index Cond'?: string | undefined;
  readonly Filter?: string | undefined;
  readonly 'Join Filter'?: string | undefined;
  readonly Plans?: readonly PlanNode[] | undefined;
};

const planNode: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Relation Name': z.string().optional(),
    Schema: z.string().optional(),
    'Parent Relationship': z.string().optional(),
    'Index Name': z.string().optional(),
    'Index Cond': z.string().optional(),
    Filter: z.string().optional(),
    'Join Filter': z.string().optional(),
    Plans: z.array(planNode).optional(),
  }),
);

const explained = z.tuple([z.object({ Plan: planNode })]);

/** The root of what `explain (verbose, format json)` gave, parsed. @throws {z.ZodError} */
export function planOf(answer: unknown): PlanNode {
  return explained.parse(answer)[0].Plan;
}

/**
 * What makes row security slow in a plan that was made with sequential scans switched off, so that a scan of the
 * whole table says that nothing else was possible, however small the table.
 *
 * @param known names of functions that are not the server's own, and the first column of each index by its name
 */
export function planTroubles(root: PlanNode, known: Known): readonly string[] {
  const nodes = [...walk(root)];
  const whole = nodes.filter(isOutside).some((node) => readsAll(node, known));
  const perRow = new Set(nodes.flatMap((node) => asked(node, known)));
  return [...(whole ? [readsWhole] : []), ...[...perRow].sort().map((name) => `calls ${name} for each row`)];
}

export const readsWhole = 'reads the whole table: no index serves the policy';

export type Known = {
  readonly functions: ReadonlySet<string>;
  /** By the index. */
  readonly firstColumns: ReadonlyMap<string, string>;
  /** Oids of tables with columns that an index of theirs begins with: `16401.space_id`. */
  readonly leading: ReadonlySet<string>;
};

type Walked = PlanNode & {
  /** Whether the query itself scans it, not a sub-query of a policy. */
  readonly outside: boolean;
};

function* walk(node: PlanNode, above = true): Generator<Walked> {
  const outside = above && !['SubPlan', 'InitPlan'].includes(node['Parent Relationship'] ?? '');
  yield { ...node, outside };
  for (const child of node.Plans ?? []) yield* walk(child, outside);
}

const isOutside = ({ outside }: Walked): boolean => outside;

/** A scan of everything: without an index, or with one whose first column the condition does not ask for. */
function readsAll(node: PlanNode, { firstColumns }: Known): boolean {
  const type = node['Node Type'];
  if (type === 'Seq Scan') return node.Filter !== undefined;
  if (!/^(Bitmap )?Index (Only )?Scan$/.test(type)) return false;
  const condition = node['Index Cond'];
  if (condition === undefined) return node.Filter !== undefined;
  const first = firstColumns.get(node['Index Name'] ?? '');
  return first !== undefined && !namesIn(withoutLiterals(condition)).includes(first);
}

/** Functions that a filter calls with each row: the tenant setting, or anything that somebody wrote. */
function asked(node: PlanNode, { functions }: Known): readonly string[] {
  const filters = [node.Filter, node['Join Filter']].flatMap((text) => text ?? []);
  return filters
    .flatMap((text) => namesIn(withoutLiterals(text), '\\('))
    .filter((name) => name === 'current_setting' || functions.has(name));
}

/** Identifiers as they are, without quotes; `after` is what follows each. */
function namesIn(text: string, after = ''): readonly string[] {
  const pattern = new RegExp(`(?:"((?:[^"]|"")+)"|([\\p{L}_][\\p{L}\\p{N}_$]*))${after}`, 'gu');
  return [...text.matchAll(pattern)].map(
    ([, inQuotes, name]) => inQuotes?.replaceAll('""', '"') ?? name ?? '',
  );
}

function withoutLiterals(text: string): string {
  return text.replaceAll(/'(?:[^']|'')*'/g, "''");
}
