/** An error that a person caused or can mend. Printed as its message and one hint, never as a stack. */
export class SuretyError extends Error {
  override readonly name = 'SuretyError';
  /** Stable, for programs: `estate/missing-key`. */
  readonly code: string;
  /** What to do next: a command or one sentence. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** Thrown where nothing could be looked at. It becomes an `unknown` that names what was missing, or exit 10. */
export class BlindError extends SuretyError {}

/** Thrown where a target was in use, and nothing was done: it can be done later. */
export class BusyError extends SuretyError {}

/** Thrown where a step failed for what it found, and nothing of its change was done: an earlier change may be missing. */
export class StepError extends SuretyError {}

/** Thrown where a change could not be tried on a copy, taken back and tried again, to the same end. */
export class TrialError extends SuretyError {}

/** Thrown where nobody can say whether it was done: the connection went while it was made final. */
export class UncertainError extends SuretyError {}
