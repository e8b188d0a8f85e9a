import type { JsonObject } from '@surety/evidence';
import type { z } from 'zod';
import type { Change, Impact, Step, Trial } from './plan.ts';

/**
 * What a run may leave behind, mildest first.
 *
 * - `nothing`: reads only.
 * - `rollback`: writes inside transactions that are always rolled back; takes locks, moves sequences.
 * - `scratch`: writes to a copy that the run made and removes.
 * - `writes`: leaves traces: accounts locked, sessions ended, files stored. Needs `--allow writes`.
 * - `disrupts`: stops or degrades something. Needs `--allow disrupts`.
 */
export const touches = ['nothing', 'rollback', 'scratch', 'writes', 'disrupts'] as const;
export type Touch = (typeof touches)[number];

/**
 * The handle types by target kind. Each `targets/KIND/target.ts` adds its own by declaration merging, so
 * that core knows no target and a control still gets typed handles.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled in by declaration merging
export interface TargetKinds {}

export type Kind = keyof TargetKinds & string;

/** What every open target can say of itself, whatever its kind. */
export type Handle = {
  /** Who it is, as it says itself. Read from the live thing, never from the estate. */
  identity(): Promise<JsonObject>;
  /** The state that a proof is made from; `null` where the kind has none. A proof of another revision is stale. */
  revision(): Promise<string | null>;
  /** Whom we are to it: `app (not superuser)`; `null` where we are nobody. */
  principal(): Promise<string | null>;
  /**
   * Carries out the steps of one change, or its undo. Kinds that cannot be changed leave it out.
   *
   * @throws {BusyError} it was in use, and is as it was
   * @throws {UncertainError} nobody can say whether it was done
   */
  carryOut?(steps: readonly Step[]): Promise<void>;
  /** Lets nobody else of us change it until `close`. @throws {SuretyError} naming who does, or why it cannot be changed */
  claim?(): Promise<void>;
  /**
   * Tries the changes, their undo, and the changes again on a copy without rows, `shadow` where one is given.
   * Gives what it tried them on.
   *
   * @throws {SuretyError} what would have failed, or why there is no copy
   */
  rehearse?(trials: readonly Trial[], shadow: string | undefined): Promise<string>;
  /** Whether steps that were begun hold; `null` where only a new plan can say. */
  examine?(steps: readonly Step[]): Promise<boolean | null>;
  /** What the steps lock and how, in the order in which that happens. */
  locks?(steps: readonly Step[]): readonly string[];
  /** What would start to fail if the change were applied now, counted on the live thing. */
  impact?(change: Change): Promise<readonly Impact[]>;
  close(): Promise<void>;
};

export type OpenContext = {
  /** The most that this opening may do. Handles refuse more. */
  readonly touch: Touch;
  /** Aborted when the control's time is up or the user stops the run. */
  readonly signal: AbortSignal;
  /** Registers a secret that was only now learnt (a session token, say), so that it is redacted everywhere. */
  readonly secret: (value: string) => void;
  /** Folder that relative paths in the estate start from. */
  readonly root: string;
};

/** One kind of target: what the estate must say of it, and how to open it. */
export type TargetKind<Name extends Kind = Kind, Facts = unknown> = {
  readonly kind: Name;
  /** One line for docs: what it is. */
  readonly summary: string;
  /** The facts that cannot be discovered. Every field describes itself, for `init` and error messages. */
  readonly facts: z.ZodType<Facts>;
  /** Where it is, as host names and addresses, so that attacks beyond loopback can be held back. Empty: on this machine. */
  hosts(facts: Facts): readonly string[];
  /** @throws {BlindError} when it cannot be reached or does not let us in. */
  open(facts: Facts, context: OpenContext): Promise<TargetKinds[Name] & Handle>;
};

/** A kind as the runner sees it: it opens something, and the control says what it takes it for. */
export type OpenableKind = Omit<TargetKind, 'open'> & {
  open(facts: unknown, context: OpenContext): Promise<Handle>;
};
