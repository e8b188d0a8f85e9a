import type { Tie } from '../../tenancy/tenancy.ts';
import type { TwoTenants } from '../../tenancy/tenants.ts';
import type { AttackSession } from '../attack-session.ts';
import { inPieces } from '../in-pieces.ts';
import { foreignParents } from './foreign-parents.ts';
import { sharedRows } from './shared-rows.ts';
import { seenBy, type Trespass } from './trespass.ts';

/** A tenant's own writes that reach what another sees: by a parent that is the other's, or by rows that are everybody's. */
export async function trespassesOf(
  session: AttackSession,
  ties: readonly Tie[],
  tenants: TwoTenants,
): Promise<readonly Trespass[]> {
  const trespasses: Trespass[] = [];
  for (const some of inPieces(ties, session.tablesAtOnce)) {
    await session.clear();
    for (const tie of some) trespasses.push(...(await trespassesIn(session, tie, tenants)));
  }
  return trespasses;
}

/** Taken back table by table. */
async function trespassesIn(
  session: AttackSession,
  tie: Tie,
  tenants: TwoTenants,
): Promise<readonly Trespass[]> {
  const trespasses = await seenBy(session, async () => {
    // A deferred constraint would answer when nobody listens any more.
    await session.app.rows('set constraints all immediate');
    return [...(await foreignParents(session, tie, tenants)), ...(await sharedRows(session, tie, tenants))];
  });
  if (typeof trespasses !== 'string') return trespasses;
  return [
    {
      what: `${tie.relation}: other tenant writes rows of its own and of nobody`,
      result: 'unclear',
      detail: `the server answered with ${trespasses}`,
      hint: 'look at deferred constraints and triggers',
    },
  ];
}
