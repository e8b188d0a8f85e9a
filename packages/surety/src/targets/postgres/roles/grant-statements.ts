import { quoted } from '../name.ts';
import type { Grant } from './privileges.ts';

/** One statement and the one that takes it back. */
export type Reversible = { readonly sql: string; readonly undo: string };

export type Given = Pick<Grant, 'target' | 'column' | 'grantee' | 'right' | 'grantable'>;

/** A role, or PUBLIC, as GRANT takes it. */
export const partyOf = (grantee: string): string => (grantee === 'PUBLIC' ? 'public' : quoted(grantee));

const onWhat = ({ right, column, target }: Given): string =>
  `${right}${column === null ? '' : ` (${quoted(column)})`} on ${target}`;

export function give(grant: Given): string {
  return `grant ${onWhat(grant)} to ${partyOf(grant.grantee)}${grant.grantable ? ' with grant option' : ''}`;
}

export function revoke(grant: Given): string {
  return `revoke ${onWhat(grant)} from ${partyOf(grant.grantee)}`;
}

/** Taking a right on a table away takes the same right on its columns with it. */
export function fallsWith(grant: Grant, taken: readonly Grant[]): boolean {
  return (
    grant.column !== null &&
    taken.some(
      (one) =>
        one.column === null &&
        one.target === grant.target &&
        one.grantee === grant.grantee &&
        one.right === grant.right,
    )
  );
}

/** @param all the grants of the same object, at least */
export function takeBack(grant: Grant, all: readonly Grant[]): readonly Reversible[] {
  const fallen = grant.column === null ? all.filter((one) => fallsWith(one, [grant])) : [];
  return [
    // Undone in reverse: first the right itself, then those on columns that went with it.
    ...fallen.map((one) => ({ sql: revoke(one), undo: give(one) })),
    { sql: revoke(grant), undo: give(grant) },
  ];
}
