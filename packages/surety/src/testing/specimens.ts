import type { Control } from '../core/control.ts';

/** Facts of the targets in a scratch estate, by target name, as `surety.config.ts` would give them. */
export type ScratchTargets = {
  readonly [name: string]: { readonly kind: string } & Readonly<Record<string, unknown>>;
};

/** One healthy or broken system, running. */
export type Scene = {
  readonly targets: ScratchTargets;
  /** Folder that relative paths in the facts start from. Default: the working directory. */
  readonly root?: string;
  /** A digest of everything that a run must leave as it was (catalog and rows, files, …). */
  fingerprint(): Promise<string>;
  /** Strings planted as secrets or personal data; none may show up in any output. */
  readonly canaries: readonly string[];
  stop(): Promise<void>;
};

/**
 * A maker of scratch systems of one kind. `Break` is what turns a healthy one into a specimen: SQL for a
 * database, edits for a repository, options for a service.
 */
export type Scratch<Break> = {
  /** What it needs that this machine may lack, or `null` when it can run here. Said aloud, never skipped in silence. */
  unavailable(): Promise<string | null>;
  /** Starts a healthy system, broken by `broken` where given. */
  scene(broken?: Break): Promise<Scene>;
  /**
   * Each way for this kind to be blind, by name: from a healthy scene to the one that a blind prober is given.
   * What a way starts besides ends with the scene that it was made from, or with `close`.
   */
  readonly blind: { readonly [way: string]: (scene: Scene) => Promise<Scene> };
  /** Lets go of what scenes share (a server, a template). */
  close(): Promise<void>;
};

/** Thrown by `scene` where one specimen needs what this machine lacks. Said aloud and counted, as `unavailable` is. */
export class NotHere extends Error {
  override readonly name = 'NotHere';
}

/** A harmless oddity: the control must pass. `excepted` are the subjects that an accepted risk covers there. */
export type Lookalike<Break> = { readonly break: Break; readonly excepted?: readonly string[] };

export type Sabotage<Break> = {
  readonly break: Break;
  /** Words that a broken observation must contain, so that the verdict names the object. */
  readonly names: string;
  /** The control's own plan mends it: applied → pass, planned again → nothing, undone → fail again. */
  readonly mended?: true;
};

/** What a control is tested with: it must pass the healthy system and the look-alikes, and fail every sabotage. */
export type Specimens<Break = unknown> = {
  readonly control: Control;
  on(): Scratch<Break>;
  readonly lookalikes: { readonly [name: string]: Lookalike<Break> };
  readonly sabotages: { readonly [name: string]: Sabotage<Break> };
};

/** Types the specimens of one control; adds nothing at run time. */
export function specimens<Break>(definition: Specimens<Break>): Specimens<Break> {
  return definition;
}
