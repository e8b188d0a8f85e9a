import { partsOf } from '../catalog/loose-parts.ts';
import type { Command, Policy, Relation } from '../types.ts';
import type { Tie } from './tenancy.ts';

/**
 * Names of policies by which a tenant writes rows of nobody that everybody sees: what one changes, all others get. Read
 * from their texts, so that it is told of rows that are not there yet as well.
 *
 * @param columns those of the table that say whose a row is
 */
export function nobodysWritten(relation: Relation, { columns }: Pick<Tie, 'columns'>): readonly string[] {
  const policies = relation.policies.filter(({ applies }) => applies);
  const lets = (condition: string | null): boolean => condition !== null && letsNobodys(condition, columns);
  const floored = (command: Command, of: (policy: Policy) => string | null): boolean =>
    policies.some((policy) => !policy.permissive && bears(policy, command) && !lets(of(policy)));
  const isShown =
    !floored('select', usingOf) &&
    policies.some((policy) => policy.permissive && bears(policy, 'select') && lets(policy.using));
  if (!isShown) return [];
  const writes = relation.grants.filter((command) => command !== 'select');
  const asks = (command: Command) => (command === 'insert' ? checkOf : usingOf);
  return policies
    .filter((policy) => policy.permissive)
    .filter((policy) =>
      writes.some(
        (command) =>
          bears(policy, command) && lets(asks(command)(policy)) && !floored(command, asks(command)),
      ),
    )
    .map(({ name }) => name);
}

function bears({ command }: Policy, wanted: Command): boolean {
  return command === 'all' || command === wanted;
}

const usingOf = ({ using }: Policy): string | null => using;
const checkOf = ({ check, using }: Policy): string | null => check ?? using;

/** Whether one of the parts that OR joins asks for no more than that no tenant is named. */
function letsNobodys(condition: string, columns: readonly string[]): boolean {
  const anyOf = partsOf(condition, ' OR ');
  if (anyOf.length > 1) return anyOf.some((part) => letsNobodys(part, columns));
  const isNobody = (part: string): boolean => {
    const [, inQuotes, bare] = /^\(*(?:"((?:[^"]|"")+)"|(\w+)) IS NULL\)*$/.exec(part.trim()) ?? [];
    const name = inQuotes?.replaceAll('""', '"') ?? bare;
    return name !== undefined && columns.includes(name);
  };
  return partsOf(condition, ' AND ').every(isNobody);
}
