import type { Attempt } from '@surety/evidence';
import type { Change } from '../../core/plan.ts';
import type { Population } from '../../core/see.ts';
import type { Channels } from './attack/channel-types.ts';
import type { Act, ActName } from './attack/matrix.ts';
import type { Survey } from './attack/survey/survey.ts';
import type { PairedTimes } from './cost/paired-times.ts';
import type { PolicyCost } from './cost/policy-costs.ts';
import type { Becoming } from './paths/becoming.ts';
import type { OpenWays } from './paths/open-ways.ts';
import type { MarkerSearch } from './paths/sighting.ts';
import type { RoleAccess } from './roles/role-access.ts';
import type { HoleUse, ServerVersion } from './server-version.ts';
import type { AuditSample } from './tenancy/audit-sample.ts';
import type { Doubt } from './tenancy/doubts.ts';
import type { Ownership } from './tenancy/whose.ts';

/** A name in the catalog. As text it is `accounts` in schema public, else `billing.invoices`. */
export type RelationName = {
  readonly schema: string;
  readonly name: string;
  toString(): string;
};

export type RelationKind =
  | 'table'
  | 'partitioned table'
  | 'partition'
  | 'view'
  | 'materialized view'
  | 'foreign table';

export type Command = 'select' | 'insert' | 'update' | 'delete';

export type Policy = {
  readonly name: string;
  readonly permissive: boolean;
  readonly command: Command | 'all';
  /** Names of roles; empty is everyone. */
  readonly roles: readonly string[];
  /** Whether it applies to the role that the application uses. */
  readonly applies: boolean;
  /** The same, also as any role that it may become. */
  readonly reachable: boolean;
  /** As `pg_get_expr` writes them. */
  readonly using: string | null;
  readonly check: string | null;
  /** Relations other than its own table that it reads, as `schema.name`, with columns of its own table that it looks at. */
  readonly reads: readonly string[];
  readonly columns: readonly string[];
  /** Whether it asks for the tenant setting, itself or through a function. */
  readonly asksForTenant: boolean;
  /** IMMUTABLE functions that it may ask for the tenant with, itself or behind others, as `public.me()`: a plan that is kept keeps their answer too. */
  readonly frozen: readonly string[];
  /** Why two tenants cannot show all that it lets through, in words: another setting, a tenant named by its key. */
  readonly untried: readonly string[];
};

/** Something that the application can set off, and that then runs as a role that row security does not bind. */
export type SideDoor = {
  readonly kind: 'function' | 'rule' | 'trigger';
  /** `wipe(n integer)`, `notes.copied`; with its schema outside of public. */
  readonly name: string;
  readonly owner: string;
  /** Whether its text asks for the tenant setting. */
  readonly asksForTenant: boolean;
  /** A trigger that does INSTEAD OF the view's own what is written to it. */
  readonly onView: boolean;
};

export type Relation = RelationName & {
  readonly oid: number;
  readonly kind: RelationKind;
  readonly owner: string;
  readonly rowSecurity: { readonly enabled: boolean; readonly forced: boolean };
  readonly policies: readonly Policy[];
  /** What the role may do with at least one column of it as it stands, without SET ROLE. */
  readonly grants: readonly Command[];
  /** Whether the role may do anything to it at all, also as any role that it may become. */
  readonly reachable: boolean;
  /** Whether the role may empty it, which row security is not asked about. */
  readonly mayTruncate: boolean;
  /** Whether the role may put triggers on it, which then run as whoever writes. */
  readonly mayTrigger: boolean;
  /** For views. */
  readonly securityInvoker: boolean;
  /** For views: it shows rows of one relation and of nothing else, neither joined nor summed up. */
  readonly plain: boolean;
  /** Whether row security does not bind its owner: superuser, BYPASSRLS, or owner of unforced tables below it, let in by a policy of its own; or what a view reads below. */
  readonly ownerExempt: boolean;
  /** Relations that a view reads directly, as `schema.name`. */
  readonly readsFrom: readonly string[];
  /** How a row leads to its tenant, for people: `space_id → user_spaces.user_id`. Left out where nothing says so. */
  readonly path?: string;
  /** Policies by which a tenant writes rows of nobody that everybody sees. Left out where there is none. */
  readonly nobodys?: readonly string[];
};

/** A table whose rows belong to tenants, by its own column or through another table. */
export type TenantTable = Relation & {
  /** How a row leads to its tenant, for people: `space_id → user_spaces.user_id`. */
  readonly path: string;
  /** Whether the role may change every column that decides whose a row is. */
  readonly movable: boolean;
};

/** What one party may try on one table. Every act is rolled back before the next. */
export type Party = {
  /** Key of the pair of a witness and an attack; never a row value. */
  readonly actor: string;
  /** What can be tried on this table, and what nobody could do on it and why. */
  readonly acts: readonly Act[];
  readonly leftOut: readonly { readonly act: Act; readonly why: string }[];
  /** Does it to rows of the owner; for `update, giving rows away`, to its own. */
  try(act: ActName): Promise<Attempt>;
  /** All of them, as fast as can be; fewer where a table keeps everybody waiting. In the order of `acts`. */
  tryAll(acts: readonly Act[]): Promise<readonly Tried[]>;
};

export type Tried = { readonly act: Act; readonly attempt: Attempt };

/** A state of the tenant setting in which nobody may see or write anything. */
export const contexts = [
  'never set',
  'empty',
  'malformed',
  'unknown tenant',
  'after its transaction',
] as const;
export type ContextState = (typeof contexts)[number];

export type Session = {
  readonly user: string;
  readonly superuser: boolean;
  readonly bypassRls: boolean;
  readonly createRole: boolean;
  readonly replication: boolean;
  /** Every role that it is a member of, directly or through others, with what makes row security not bind it. */
  readonly memberOf: readonly {
    readonly role: string;
    readonly superuser: boolean;
    readonly bypassRls: boolean;
  }[];
};

/** A database, as the role that the application uses. */
export type PostgresTarget = Channels & {
  /** Name of the tenant setting. @throws {BlindError} when the estate does not say */
  setting(): string;
  session(): Promise<Session>;
  /** What the server says of itself, which needs of its known holes are there, and today. @throws {BlindError} */
  server(): Promise<{
    readonly version: ServerVersion;
    readonly uses: readonly HoleUse[];
    readonly day: Date;
  }>;
  /**
   * Rows of one statement, as the application's role, in a read-only transaction that is rolled back.
   * For catalogs and settings: what it gives must not reach an observation as it is.
   *
   * @throws {BlindError}
   */
  query<Row extends Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]>;
  /** The same as the inspector. @throws {BlindError} when the estate names none */
  inspect<Row extends Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]>;
  /** Tables to whose tenants two ways lead that say differently whose a row is, or that nobody compared. */
  rivalDoubts(): Promise<readonly Doubt[]>;
  /** Memberships that say whether they count, where policies take them all. */
  membershipDoubts(): Promise<readonly Doubt[]>;
  /** Whose the rows of a table are, as the inspector sees them. @throws {BlindError} */
  ownership(table: string): Promise<Ownership>;
  /** Who did what to whose rows, by the newest entries of the audit log and by `size` random ones. @throws {BlindError} */
  auditSample(size: number): Promise<AuditSample>;
  /** What roles are declared to do, and what they may really do. @throws {BlindError} when none is declared */
  roles(): RoleAccess;
  /** Tables, partitions, views, materialized views and foreign tables outside the system's and extensions' own. */
  relations(): Promise<Population<Relation>>;
  /** Tables whose rows lead to a tenant, or that row security guards, and that the role can reach. */
  tenantTables(): Promise<Population<TenantTable>>;
  /** The owner of some rows of the table, and another tenant. */
  asTwoTenants(table: TenantTable): Promise<readonly [owner: Party, thief: Party]>;
  /** What runs as a role that row security does not bind, when the application sets it off. */
  sideDoors(): Promise<readonly SideDoor[]>;
  /** Views, materialized views and foreign tables that the role may touch and that show rows of tenants. */
  tenantViews(): Promise<readonly Relation[]>;
  /** Both read a view whole; `null` where no column of it says whose a row is. */
  readAsTwoTenants(view: Relation): Promise<readonly [owner: Attempt, thief: Attempt] | null>;
  /**
   * What is tried of all tables at once: every kind of tenant, kept plans, and more; `null` without an inspector.
   *
   * @param except oids of tables to leave out
   */
  survey(except: ReadonlySet<number>): Promise<Survey | null>;
  /** Marks of one tenant's rows, looked for by another in every relation that it may read and every function it may call. */
  searchMarkers(): Promise<MarkerSearch>;
  /** Every role of the server, as the session tries to become it inside a SELECT. */
  becomeRoles(): Promise<Becoming>;
  /** Ways past row security that lie in roles, rights and the server's own things; each as what is open of it. */
  openWays(): Promise<readonly OpenWays[]>;
  /** Nobody: a session of the role in which the tenant setting is in that state. */
  asNobody(state: ContextState, table: TenantTable): Promise<Party>;
  /** What row security costs one page of the table, as the plan shows it; `null` where nothing ties it to a tenant. */
  policyCost(table: RelationName & { readonly oid: number }): Promise<PolicyCost | null>;
  /** The largest tables, measured with policies and with the same condition by hand, alone and four at once. */
  policyTimes(): Promise<
    readonly { readonly table: RelationName; readonly alone: PairedTimes; readonly together: PairedTimes }[]
  >;
  /** What would keep tenants apart; `target` is the control's name for this database. Reads only. */
  planIsolation(target: string): Promise<readonly Change[]>;
};
