import type { Attempt } from '@surety/evidence';
import type { Population } from '../../../core/see.ts';

/** A constraint that answers for rows which nobody sees: it looks at all of them, whatever the policies say. */
export type Channel = {
  readonly kind: 'key' | 'exclusion' | 'reference';
  /** `goals` */
  readonly table: string;
  /** `goals_title_key` */
  readonly name: string;
  readonly columns: readonly string[];
  /** The table that a reference points to. */
  readonly to: string | null;
  /** How its rows lead to their tenant: `space_id`. */
  readonly tenant: readonly string[];
  /** Each row has these for itself, as the rows of the tenants themselves do: a key that began with them would bind nothing. */
  readonly tenantIsKey: boolean;
  /** Why its values tell nothing, although it looks at everybody's. */
  readonly harmless: string | null;
};

/** The owner of a value asks for it, and then another tenant. */
export type ChannelTrial = {
  readonly how: 'insert' | 'update';
  readonly owner: Attempt;
  readonly thief: Attempt;
};

export type SequenceAccess = {
  readonly name: string;
  readonly grants: readonly ('select' | 'usage' | 'update')[];
  /** A column's default asks it for a number, and the role may add rows there. */
  readonly needed: boolean;
};

/** What sessions of the application's role can learn of one another beside rows. */
export type Neighbours = {
  /** Sees statements of other roles as well. */
  readonly readsAllStats: boolean;
  /** Ends sessions of other roles as well. */
  readonly endsSessions: boolean;
  /** How many prepared transactions there may be. */
  readonly preparedTransactions: number;
  /** Functions that send notifications, which every session may listen to. */
  readonly notifiers: readonly string[];
};

export type Channels = {
  /** Constraints of tenant tables that look at everybody's rows. */
  channels(): Promise<Population<Channel>>;
  /** Tried with both tenants in a transaction that is rolled back; none where the role may set none of its columns. */
  tryChannel(channel: Channel): Promise<readonly ChannelTrial[]>;
  /** Tenant tables of whose values pg_stats shows samples. */
  sampledTables(): Promise<readonly string[]>;
  sequences(): Promise<readonly SequenceAccess[]>;
  neighbours(): Promise<Neighbours>;
};
