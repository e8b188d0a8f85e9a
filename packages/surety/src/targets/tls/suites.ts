import type { Protocol } from './protocol.ts';
import { suiteNames } from './suite-names.ts';

/** SSLv2 cipher kinds, three bytes each. */
export const ssl2Kinds: ReadonlyMap<number, string> = new Map([
  [0x010080, 'SSL_CK_RC4_128_WITH_MD5'],
  [0x020080, 'SSL_CK_RC4_128_EXPORT40_WITH_MD5'],
  [0x030080, 'SSL_CK_RC2_128_CBC_WITH_MD5'],
  [0x040080, 'SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5'],
  [0x050080, 'SSL_CK_IDEA_128_CBC_WITH_MD5'],
  [0x060040, 'SSL_CK_DES_64_CBC_WITH_MD5'],
  [0x0700c0, 'SSL_CK_DES_192_EDE3_CBC_WITH_MD5'],
]);

/** Those that name no key exchange belong to TLS 1.3 alone; so do the two GOST families with MGM. */
const modern = /^TLS_(AES|CHACHA20|SM4|SHA256|SHA384)_|_MGM_[LS]$/;

/** What a server may be offered with a protocol. */
export function candidates(protocol: Protocol): readonly number[] {
  if (protocol === 'SSLv2') return [...ssl2Kinds.keys()];
  return [...suiteNames].flatMap(([id, name]) =>
    modern.test(name) === (protocol === 'TLS 1.3') ? [id] : [],
  );
}

export function suiteName(id: number): string {
  return suiteNames.get(id) ?? ssl2Kinds.get(id) ?? `0x${id.toString(16).padStart(4, '0')}`;
}

const weaknesses: readonly (readonly [RegExp, string])[] = [
  [/NULL|^TLS_SHA(256|384)_/, 'no encryption'],
  [/EXPORT/, 'export grade'],
  [/_anon_|ECDH_anon/i, 'no authentication'],
  [/RC4/, 'RC4'],
  [/RC2/, 'RC2'],
  [/3DES|DES_192_EDE3/, '3DES'],
  [/DES/, 'DES'],
  [/IDEA|SEED|28147/, 'an obsolete cipher'],
  [/_MD5/, 'MD5'],
  [/_CBC|_SHA$/, 'CBC'],
  [/CCM_8(_|$)/, 'a short tag'],
];

/**
 * Why a suite is weak, or `null`. Strong is what Mozilla's intermediate profile has: an AEAD cipher and a
 * key exchange that keeps recorded traffic secret when the key is stolen later.
 */
export function weakness(name: string): string | null {
  const found = weaknesses.find(([pattern]) => pattern.test(name));
  if (found !== undefined) return found[1];
  if (modern.test(name) || /^TLS_(ECDHE|DHE|ECCPWD)_/.test(name)) return null;
  return /^0x/.test(name) ? 'unknown to us' : 'no forward secrecy';
}
