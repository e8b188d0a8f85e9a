import type { Tie } from '../tenancy/tenancy.ts';
import type { Party } from '../types.ts';
import type { AttackSession } from './attack-session.ts';
import type { Row } from './rows.ts';

/** Who acts, and on what: the rows of the owner, which one side may touch and the other may not. */
export type Stance = {
  readonly actor: string;
  readonly session: AttackSession;
  readonly tie: Tie;
  /** Makes the session act as this party. */
  readonly become: () => Promise<void>;
  readonly isOwner: boolean;
  /** Its acts follow one another unanswered: none may send anything after an answer. */
  readonly hurried: boolean;
  /** A tenant that does not exist. */
  readonly ownsNothing: boolean;
  /** Its own key, for columns that name who wrote a row. */
  readonly self: string;
  /** Rows of the owner. */
  readonly targets: readonly Row[];
  /** Rows of its own. */
  readonly own: readonly Row[];
  /** Tie columns of the owner, and its own. */
  readonly owners: Row | null;
  readonly mine: Row | null;
  /** A new row of the owner. */
  readonly template: Row | null;
  /** How many rows of the table are its own or nobody's; `null` where nobody can say. */
  readonly allowance: number | null;
  /** The same with those that it may only see. */
  readonly visible: number | null;
  /** How many of these rows belong to others; `null` where nobody can say. */
  readonly foreignAmong: (rows: readonly Row[]) => Promise<number | null>;
  /** Makes the session act as the owner. */
  readonly becomeOwner: (() => Promise<void>) | null;
  /** How many of the owner's rows it finds changed or gone, seen as the owner; `null` where that would disturb. */
  readonly lost: (() => Promise<number>) | null;
  /** Why nothing can be tried on this table, or `null`. */
  readonly missing: string | null;
  /** The same party as somebody who owns nothing, for acts that its own rows get in the way of. */
  readonly stranger: (() => Party) | null;
};
