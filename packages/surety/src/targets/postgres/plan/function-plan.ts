import type { Change } from '../../../core/plan.ts';
import { quoted } from '../name.ts';
import { bareTables } from '../paths/open-ways.ts';
import type { PlanContext } from './context.ts';
import { changeOf } from './draft.ts';
import { isExempt } from './surroundings.ts';

/** Functions that name the tenant and are IMMUTABLE: a plan that a pooled connection keeps would keep their answer too. */
export function planFrozenFunctions({ catalog, target }: PlanContext): readonly Change[] {
  const signatures = catalog.relations.flatMap(({ policies }) => policies.flatMap(({ frozen }) => frozen));
  return [...new Set(signatures)].flatMap(
    (signature) =>
      changeOf(
        {
          id: `answers of ${signature}`,
          title: `let ${signature} be asked anew for each statement`,
          steps: [
            { sql: `alter function ${signature} stable`, undo: `alter function ${signature} immutable` },
          ],
        },
        target,
      ) ?? [],
  );
}

/**
 * Functions that policies ask, or that run as their owner, and that look names up where their caller says: a temporary
 * table of the caller's would stand in for the one that is meant. They look where the application finds its tables.
 */
export function planPaths({ around, catalog, target }: PlanContext): readonly Change[] {
  const tables = new Set(catalog.relations.map(({ name }) => name.toLowerCase()));
  const asked = [...around.policyFunctions, ...around.definers.filter(({ callable }) => callable)];
  const loose = new Map(
    asked
      .filter(
        ({ trustsTemporary, body }) => trustsTemporary && bareTables(body).some((name) => tables.has(name)),
      )
      .map((one) => [one.signature, one.path]),
  );
  const wanted = [...around.path.map(quoted), 'pg_temp'].join(', ');
  return [...loose].flatMap(
    ([signature, path]) =>
      changeOf(
        {
          id: `path of ${signature}`,
          title: `let ${signature} find its tables whatever its caller makes`,
          steps: [
            {
              sql: `alter function ${signature} set search_path = ${path === null || path === '' ? wanted : `${path}, pg_temp`}`,
              undo:
                path === null
                  ? `alter function ${signature} reset search_path`
                  : `alter function ${signature} set search_path = ${path}`,
            },
          ],
        },
        target,
      ) ?? [],
  );
}

/** Functions of one's own that the server lets see rows before policies do. */
export function planLeakproof({ around, target }: PlanContext): readonly Change[] {
  return around.leakproof.flatMap(
    (signature) =>
      changeOf(
        {
          id: `leaks of ${signature}`,
          title: `let ${signature} see rows only after policies have`,
          steps: [
            {
              sql: `alter function ${signature} not leakproof`,
              undo: `alter function ${signature} leakproof`,
            },
          ],
        },
        target,
      ) ?? [],
  );
}

/** Functions that the application may call and that run as a role whom row security does not bind. */
export function proposeSideDoors({ catalog, around, tenancy, target }: PlanContext): readonly Change[] {
  const open = new Set(
    catalog.sideDoors
      .filter(({ kind, asksForTenant }) => kind === 'function' && !asksForTenant)
      .map(({ owner }) => owner),
  );
  return around.definers
    .filter(
      ({ owner, callable, source }) =>
        callable && open.has(owner) && isExempt(around, owner) && !source.includes(`'${tenancy.setting}'`),
    )
    .flatMap(({ signature, schema, name, owner }) => {
      const grants = around
        .on({ kind: 'function', schema, name })
        .filter(
          ({ target: on, grantee }) =>
            on === `function ${signature}` && [around.role, 'PUBLIC'].includes(grantee),
        );
      const whom = (grantee: string): string => (grantee === 'PUBLIC' ? 'public' : quoted(grantee));
      return (
        changeOf(
          {
            id: `calls of ${signature}`,
            title: `let ${around.role} no longer call ${signature}, which runs as ${owner}`,
            steps: grants.map(({ grantee }) => ({
              sql: `revoke execute on function ${signature} from ${whom(grantee)}`,
              undo: `grant execute on function ${signature} to ${whom(grantee)}`,
            })),
            proposed: `row security does not bind ${owner}: let a role own it that has policies of its own, or refuse it where nothing calls it`,
          },
          target,
        ) ?? []
      );
    });
}
