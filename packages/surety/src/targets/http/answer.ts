/** One request as a control asks for it. Undeclared parts are left out of the request. */
export type HttpAsk = {
  /** Default: GET. */
  readonly method?: string;
  /** With the query, sent as it is: `/accounts?limit=1`. Follows the path of the target's `url`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; a string, bytes or a stream as they are. */
  readonly body?: object | string | Uint8Array;
  /** Statuses that are an answer here, though elsewhere they mean that nobody looked: 429, 502, 503, 504. */
  readonly accept?: readonly number[];
  /** Stops the request; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
};

export type HttpAnswer = {
  readonly status: number;
  /** Names as sent, duplicates kept, in the order that they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** At most 1 MiB. */
  readonly body: Buffer;
  /** There was more than was read. */
  readonly truncated: boolean;
  /** What was wrong with the answer as HTTP: `closed in the body`. */
  readonly protocolError?: string;
};

/** Most bytes of a body that are read. */
export const bodyLimit = 1024 * 1024;

/** Every value of a header, in order; none where it was not sent. */
export function headerValues({ headers }: Pick<HttpAnswer, 'headers'>, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  return headers.flatMap(([key, value]) => (key.toLowerCase() === wanted ? [value] : []));
}

/** The body as JSON; `undefined` where it is none. */
export function jsonBody({ body, truncated }: HttpAnswer): unknown {
  if (truncated) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What an RFC 6901 pointer points at; `undefined` where there is nothing. */
export function pointedAt(document: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((node, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
    return Reflect.get(node, key);
  }, document);
}
