import type { Greeting } from './greet.ts';
import { type Protocol, versionName, wireVersions } from './protocol.ts';
import { candidates, suiteName } from './suites.ts';

/** What a server takes of one protocol, asked suite by suite. */
export type Offer = {
  readonly protocol: Protocol;
  /** Names, in the order that the server chose them. None: it refuses the protocol. */
  readonly suites: readonly string[];
  /** How it turned the rest down: `alert protocol_version`, `closed`. */
  readonly refusal: string;
  /** Why the list may not be whole: the server fell silent, could not be reached. */
  readonly blind: string | null;
  readonly compression: boolean;
  readonly secureRenegotiation: boolean;
};

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Some servers fail on a hello with 128 suites and more. */
const atOnce = 120;

/**
 * Offers every suite of a protocol and takes away the one that was chosen, until the server wants none.
 *
 * @param ask says hello with these suites
 */
export async function enumerate(
  protocol: Protocol,
  ask: (suites: readonly number[]) => Promise<Greeting>,
): Promise<Offer> {
  const taken: number[] = [];
  const end: Omit<Writable<Offer>, 'protocol' | 'suites'> = {
    refusal: '',
    blind: null,
    compression: false,
    secureRenegotiation: false,
  };
  for (const chunk of chunks(candidates(protocol))) {
    let left = chunk;
    while (left.length > 0) {
      const greeting = await ask(left);
      const chosen = chosenFrom(greeting, protocol, left);
      if (chosen === null) {
        end.blind = blindness(greeting);
        end.refusal ||= refusal(greeting);
        break;
      }
      end.compression ||= chosen.compression;
      end.secureRenegotiation ||= chosen.secureRenegotiation;
      taken.push(...chosen.suites);
      left = protocol === 'SSLv2' ? [] : left.filter((suite) => !chosen.suites.includes(suite));
    }
    // The version itself was refused, or nobody answers: other suites would be told the same.
    if (end.blind !== null || (taken.length === 0 && end.refusal === 'alert protocol_version')) break;
  }
  return { protocol, suites: taken.map(suiteName), ...end };
}

function chunks(suites: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(suites.length / atOnce) }, (_, index) =>
    suites.slice(index * atOnce, (index + 1) * atOnce),
  );
}

/** The server's choice, where it is one of those offered, in the protocol offered. */
function chosenFrom(
  greeting: Greeting,
  protocol: Protocol,
  offered: readonly number[],
): Extract<Greeting, { kind: 'hello' }> | null {
  if (greeting.kind !== 'hello' || greeting.version !== wireVersions[protocol]) return null;
  return greeting.suites.length > 0 && greeting.suites.every((suite) => offered.includes(suite))
    ? greeting
    : null;
}

function blindness(greeting: Greeting): string | null {
  switch (greeting.kind) {
    case 'silent':
      return 'no answer in time';
    case 'unreachable':
      return `no connection (${greeting.code})`;
    case 'garbled':
      return 'the answer is not TLS';
    default:
      return null;
  }
}

function refusal(greeting: Greeting): string {
  if (greeting.kind === 'alert') return `alert ${greeting.alert}`;
  if (greeting.kind === 'hello') return `answered in ${versionName(greeting.version)}`;
  return greeting.kind;
}
