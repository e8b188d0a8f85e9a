import type { Relation } from './types.ts';

/** Whether row security binds what a view shows: it asks as its reader, or as an owner who is bound. */
export function isBoundView({ kind, securityInvoker, ownerExempt }: Relation): boolean {
  return kind === 'view' && (securityInvoker || !ownerExempt);
}
