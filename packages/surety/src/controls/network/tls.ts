import type { Attempt } from '@surety/evidence';
import { control, partly, supports } from '../../core/control.ts';
import { BlindError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import type { CertificateLook } from '../../targets/tls/certificate.ts';
import type { Offer } from '../../targets/tls/offer.ts';
import { type Protocol, protocols } from '../../targets/tls/protocol.ts';
import { weakness } from '../../targets/tls/suites.ts';
import { accepted, type TlsTarget } from '../../targets/tls/target.ts';

/** It is a live look by a stranger, whatever of it is only read. */
const live = { method: 'attack' } as const;

/**
 * How servers turn an old protocol down. Not in time is no refusal: what dropped us may stand in front of
 * the server, and let others through.
 */
const refusals = [
  'alert protocol_version',
  'alert handshake_failure',
  'alert no_cipher',
  'alert insufficient_security',
  'alert illegal_parameter',
  'alert unexpected_message',
  'alert decode_error',
  'alert close_notify',
  'alert internal_error',
  'closed',
  'reset',
];

export default control({
  claim: 'Strangers are served over current TLS only, with a certificate that they can verify',
  why: 'An old protocol or a weak suite lets whoever sits on the wire read or change what tenants send.',
  requirements: [
    supports('mp22:3.1', 'TLS 1.3 is offered and everything older is refused'),
    supports('tsc:CC6.7', 'what is transmitted is protected on the way'),
    partly('tsc:CC6.6', 'one of the measures at the boundary'),
  ],
  targets: { server: 'tls' },
  touch: 'nothing',
  async prove({ server }, see) {
    const [old, current] = split(server.minimum);
    const offers = await inTurn(current, (protocol) => server.offer(protocol));
    const greeted = greetedWith(offers);
    see.must(`${current.join(' or ')}: offered`, greeted.attempt, {
      hint: 'switch on TLS 1.3 in what ends TLS: ssl_protocols TLSv1.3;',
    });
    if (greeted.attempt.result === 'broken') return;
    let answers = true;
    for (const protocol of old) {
      if (answers) answers = await oldProtocol(server, protocol, greeted.protocol, see);
      else
        see.blind(protocol, 'not asked: the server stopped answering', {
          hint: 'run it from an address that is not limited',
        });
    }
    for (const offer of offers.filter(({ suites }) => suites.length > 0)) currentProtocol(offer, see);
    await certificate(server, see);
  },
});

function split(minimum: Protocol): readonly [old: readonly Protocol[], current: readonly Protocol[]] {
  const at = protocols.indexOf(minimum);
  return [protocols.slice(0, at), protocols.slice(at)];
}

/** One after the other: a burst of hellos is what limiters are for. */
async function inTurn<T, U>(items: readonly T[], step: (item: T) => Promise<U>): Promise<readonly U[]> {
  const done: U[] = [];
  for (const item of items) done.push(await step(item));
  return done;
}

const act = 'is greeted with a ServerHello';

/** The first current protocol that the server takes, as an act of the rightful party. */
function greetedWith(offers: readonly Offer[]): { protocol: Protocol; attempt: Attempt } {
  const taken = offers.find(({ suites }) => suites.length > 0);
  const asked = taken ?? offers.find(({ blind }) => blind !== null) ?? offers[0];
  if (asked === undefined) throw new Error('no protocol was asked for');
  const { protocol } = asked;
  return { protocol, attempt: attempted(`${act}`, asked) };
}

function attempted(what: string, { protocol, suites, refusal, blind }: Offer): Attempt {
  const tried = { act: what, actor: `a client that offers only ${protocol}`, method: 'attack' } as const;
  if (suites.length > 0) return { ...tried, result: 'done', detail: `${protocol} with ${described(suites)}` };
  return blind === null
    ? { ...tried, result: 'refused', detail: refusal }
    : { ...tried, result: 'broken', detail: blind };
}

function described(suites: readonly string[]): string {
  const weak = suites.filter((suite) => weakness(suite) !== null);
  const count = suites.length === 1 ? '1 suite' : `${suites.length} suites`;
  return weak.length === 0
    ? count
    : `${count}, weak: ${weak.slice(0, 3).join(', ')}${weak.length > 3 ? ', …' : ''}`;
}

/** The attack, and right after it the witness: the same hello in a protocol that the server takes. Says whether it did. */
async function oldProtocol(
  server: TlsTarget,
  protocol: Protocol,
  taken: Protocol,
  see: See,
): Promise<boolean> {
  const what = `${act}, beside ${protocol}`;
  const offer = await server.offer(protocol);
  // An older answer than was asked for is a refusal of this one; the older one is asked for by itself.
  const because = [
    ...refusals,
    ...protocols.flatMap((other) => (other === protocol ? [] : [`answered in ${other}`])),
  ];
  see.refused(`${protocol}: offered by the client alone`, attempted(what, offer), {
    because,
    hint: `switch ${protocol} off in what ends TLS`,
  });
  const greeting = await server.hello(taken);
  const served = accepted(taken, greeting);
  const witness = { act: what, actor: `a client that offers only ${taken}`, method: 'attack' } as const;
  see.allowed(
    `${taken}: still served after ${protocol} was tried`,
    served
      ? { ...witness, result: 'done', detail: taken }
      : { ...witness, result: 'broken', detail: `then ${taken} was not served either (${greeting.kind})` },
  );
  return served;
}

function currentProtocol(
  { protocol, suites, blind, compression, secureRenegotiation }: Offer,
  see: See,
): void {
  if (blind !== null) see.blind(`${protocol}: suites`, `the list broke off after ${suites.length}: ${blind}`);
  const weak = suites.flatMap((suite) => {
    const why = weakness(suite);
    return why === null ? [] : [`${suite} (${why})`];
  });
  see.equal(`${protocol}: weak suites`, [], weak, {
    ...live,
    hint: 'leave only AEAD suites with ECDHE or DHE',
  });
  see.must(`${protocol}: compression off`, !compression, {
    ...live,
    hint: 'switch TLS compression off (CRIME)',
  });
  if (protocol === 'TLS 1.3') return;
  see.must(`${protocol}: renegotiation protected (RFC 5746)`, secureRenegotiation, live);
}

async function certificate(server: TlsTarget, see: See): Promise<void> {
  const look = await server.certificate().catch((error: unknown) => {
    if (!(error instanceof BlindError)) throw error;
    see.blind('certificate', error.message, { hint: error.hint });
    return null;
  });
  if (look !== null) judgeCertificate(look, server.name, see);
}

function judgeCertificate(look: CertificateLook, name: string, see: See): void {
  see.must('certificate: chain verifies', look.distrust === null, {
    ...live,
    want: 'a chain to a trusted CA',
    got: look.distrust ?? 'verified',
    hint: 'send the whole chain, from a CA that clients trust; name a private one as `ca`',
  });
  see.must(`certificate: is for ${name}`, look.nameMatches, {
    ...live,
    want: name,
    got: look.names.join(', ') || 'no names',
    hint: 'issue a certificate with this name among its alternative names',
  });
  const least = Math.min(14, look.lifetimeDays / 4);
  const left = Math.floor(look.daysLeft);
  see.must('certificate: renewed in time', look.daysLeft >= least, {
    ...live,
    want: `at least ${Math.floor(least)} days left`,
    got: left < 0 ? `expired on ${look.validTo}` : `${left} days left, until ${look.validTo}`,
    hint: 'see why the renewal did not run: it is due long before this',
  });
  see.must('certificate: key is strong', strongKey(look.key), {
    ...live,
    want: 'RSA of 2048 bits, P-256 or more',
    got: look.key,
  });
}

function strongKey(key: string): boolean {
  const [type, size = ''] = key.split(' ');
  if (type === 'rsa' || type === 'rsa-pss') return Number(size) >= 2048;
  if (type === 'ec')
    return /^(prime256v1|secp256k1|secp384r1|secp521r1|brainpoolP(256|320|384|512)[rt]1)$/.test(size);
  return type === 'ed25519' || type === 'ed448';
}
