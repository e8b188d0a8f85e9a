import { type Catalog, isTable } from '../../catalog/catalog.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import type { TwoTenants } from '../../tenancy/tenants.ts';
import type { AttackSession } from '../attack-session.ts';
import { inPieces } from '../in-pieces.ts';
import { fieldOf, shownTo } from './beyond.ts';
import { asEveryTenant, kindsOfTenants, type OfTenants } from './every-tenant.ts';
import { joinKept, joinLapsed, joinPromotions, joinShadows, joinTenants } from './joining.ts';
import { type Kept, plansKept, switchedMidway } from './keeping.ts';
import { asLapsedMembers, type Lapsed } from './lapsed.ts';
import { codeOf, type Namer, namedTenants, namersOf } from './namers.ts';
import { type Promotion, promotionsOf } from './promotions.ts';
import { besideShadows, type Shadowed } from './shadows.ts';
import type { Trespass } from './trespass.ts';
import { trespassesOf } from './trespasses.ts';

/** What is tried of all tables at once, because it depends on who asks or on what was asked before. */
export type Survey = {
  /** Tables with rows by oid, as people write them. */
  readonly tables: ReadonlyMap<number, string>;
  /** How many tenants read everything. */
  readonly tenants: number;
  readonly everyTenant: OfTenants;
  readonly lapsed: readonly Lapsed[];
  readonly promotions: readonly Promotion[];
  readonly shadows: Shadowed;
  readonly plans: Kept;
  readonly switched: ReadonlySet<number>;
  readonly trespasses: readonly Trespass[];
};

/** `null` where no inspector can say which tenants there are, and how much is for each to see. */
export async function surveyOf(
  session: AttackSession,
  catalog: Catalog,
  tenants: TwoTenants,
  mayAsk: (oid: number) => boolean,
): Promise<Survey | null> {
  if (session.inspector === null) return null;
  const ties = catalog.relations.flatMap((relation): readonly Tie[] => {
    const tie = session.tenancy.ties.get(relation.oid);
    const isSeen = relation.grants.includes('select') && mayAsk(relation.oid);
    return isTable(relation) && isSeen && tie !== undefined ? [tie] : [];
  });
  const code = await codeOf(session, catalog);
  const namers = await namersOf(session, catalog, code);
  const all = await kindsOfTenants(session, namers, await namedTenants(session, code), tenants);
  const asked = { session, namers, kinds: all, tenants };
  const rounds: Round[] = [];
  for (const some of inPieces(ties, session.tablesAtOnce)) rounds.push(await roundOf(asked, some));
  return {
    tables: new Map(rounds.flatMap(({ tables }) => tables)),
    tenants: all.length,
    everyTenant: joinTenants(rounds.map(({ everyTenant }) => everyTenant)),
    lapsed: joinLapsed(rounds.map(({ lapsed }) => lapsed)),
    promotions: joinPromotions(rounds.map(({ promotions }) => promotions)),
    shadows: joinShadows(rounds.map(({ shadows }) => shadows)),
    plans: joinKept(rounds.map(({ plans }) => plans)),
    switched: new Set(rounds.flatMap(({ switched }) => [...switched])),
    trespasses: await trespassesOf(session, writable(session, catalog, mayAsk), tenants),
  };
}

type Asked = {
  readonly session: AttackSession;
  readonly namers: readonly Namer[];
  /** Tenants of every kind. */
  readonly kinds: readonly string[];
  readonly tenants: TwoTenants;
};

/** What is tried of some tables at once, whose rows may have to be planted. */
type Round = {
  readonly tables: readonly (readonly [number, string])[];
  readonly everyTenant: OfTenants;
  readonly lapsed: readonly Lapsed[];
  readonly promotions: readonly Promotion[];
  readonly shadows: Shadowed;
  readonly plans: Kept;
  readonly switched: ReadonlySet<number>;
};

async function roundOf({ session, namers, kinds, tenants }: Asked, ties: readonly Tie[]): Promise<Round> {
  await session.clear();
  const field = await fieldOf(session, ties, tenants.owner);
  await session.keep();
  const everyTenant = await asEveryTenant(session, field, kinds);
  // What could not be read by anybody would only cost its time again.
  const open = field.ties.filter(({ relation }) => !everyTenant.failed.has(relation.oid));
  const shown = await shownTo(session, { ...field, ties: open }, tenants.thief);
  return {
    tables: field.ties.map(({ relation }) => [relation.oid, `${relation}`] as const),
    everyTenant,
    lapsed: await asLapsedMembers(session, { ...field, ties: open }),
    promotions: await promotionsOf(session, namers, open, tenants.thief, shown),
    shadows: await besideShadows(session, namers, open, tenants, shown),
    plans: await plansKept(session, open, tenants),
    switched: await switchedMidway(session, open, tenants),
  };
}

/** What the role may write, though it may not see all of it. */
function writable(
  { tenancy }: AttackSession,
  catalog: Catalog,
  mayAsk: (oid: number) => boolean,
): readonly Tie[] {
  return catalog.relations.flatMap((relation): readonly Tie[] => {
    const tie = tenancy.ties.get(relation.oid);
    const isWritten = relation.columns.some(({ grants }) => grants.some((command) => command !== 'select'));
    return isTable(relation) && isWritten && mayAsk(relation.oid) && tie !== undefined ? [tie] : [];
  });
}
