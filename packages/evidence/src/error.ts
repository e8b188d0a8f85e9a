/** An error that a person caused or can mend: a lowercase fact, and one hint of what to do next. */
export class EvidenceError extends Error {
  override readonly name = 'EvidenceError';
  /** Stable, for programs: `log/locked`. */
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** The `code` of a system error (`ENOENT`), or `''`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
