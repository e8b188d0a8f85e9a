import { BlindError } from '../../core/error.ts';

type Explained = { readonly code: string; readonly fact: string; readonly hint: string };

const refused: Explained = {
  code: 'net/refused',
  fact: 'connection refused',
  hint: 'start the service, or mend its address in surety.config.ts',
};
const noHost: Explained = {
  code: 'net/no-such-host',
  fact: 'the host name does not resolve',
  hint: 'check the name and the resolver: getent hosts NAME',
};
const silent: Explained = {
  code: 'net/timeout',
  fact: 'no answer in time',
  hint: 'check that the service is up and that no firewall drops us; a slow one needs a larger `timeout`',
};
const cut: Explained = {
  code: 'net/cut',
  fact: 'the connection was cut before an answer',
  hint: 'look at the log of the service and of what stands in front of it',
};
const unrouted: Explained = {
  code: 'net/unreachable',
  fact: 'no route to the host',
  hint: 'run surety from a network that reaches it',
};
const untrusted: Explained = {
  code: 'tls/untrusted',
  fact: 'its certificate is not signed by a CA that we trust',
  hint: 'name the CA that signs it as `ca`, or have the service send its whole chain',
};
const expired: Explained = {
  code: 'tls/expired',
  fact: 'its certificate has expired',
  hint: 'renew the certificate, and check this clock',
};
const notYet: Explained = {
  code: 'tls/not-yet-valid',
  fact: 'its certificate is not valid yet',
  hint: 'check this clock against the one that issued the certificate',
};
const wrongName: Explained = {
  code: 'tls/wrong-name',
  fact: 'its certificate is for another name',
  hint: 'use the name that the certificate is for, or issue one for this name',
};
const noHandshake: Explained = {
  code: 'tls/handshake',
  fact: 'the TLS handshake failed',
  hint: 'see what it offers: surety prove network/tls',
};
const garbled: Explained = {
  code: 'http/garbled',
  fact: 'the answer is not HTTP',
  hint: 'check that the port is the one that speaks HTTP',
};

const byErrorCode: Readonly<Record<string, Explained>> = {
  ECONNREFUSED: refused,
  ENOTFOUND: noHost,
  EAI_AGAIN: noHost,
  ETIMEDOUT: silent,
  UND_ERR_CONNECT_TIMEOUT: silent,
  UND_ERR_HEADERS_TIMEOUT: silent,
  UND_ERR_BODY_TIMEOUT: silent,
  ECONNRESET: cut,
  EPIPE: cut,
  UND_ERR_SOCKET: cut,
  EHOSTUNREACH: unrouted,
  ENETUNREACH: unrouted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: notYet,
  ERR_TLS_CERT_ALTNAME_INVALID: wrongName,
  EPROTO: noHandshake,
};

/** What a failed connection means for a person. Unknown codes keep their own name and no more. */
function explain(error: unknown): Explained {
  if (error instanceof BlindError) return { code: error.code, fact: error.message, hint: error.hint };
  if (error instanceof DOMException && error.name === 'TimeoutError') return silent;
  const code = errorCode(error);
  const known = byErrorCode[code];
  if (known !== undefined) return known;
  if (code.startsWith('ERR_SSL_')) return noHandshake;
  if (code.startsWith('HPE_')) return garbled;
  if (code === 'ABORT_ERR' || code === 'UND_ERR_ABORTED')
    return { code: 'run/stopped', fact: 'stopped before an answer came', hint: 'run it again' };
  return { code: 'net/failed', fact: `the connection failed (${code})`, hint: cut.hint };
}

/** The error's own code: `ECONNREFUSED`, `CERT_HAS_EXPIRED`; its name where it has none. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error.cause instanceof Error) return errorCode(error.cause);
  return error.name === 'AbortError' ? 'ABORT_ERR' : error.name;
}

/** A failed connection as a BlindError that says where, what and what to do. */
export function unreachable(where: string, error: unknown): BlindError {
  if (error instanceof BlindError) return error;
  const { code, fact, hint } = explain(error);
  return new BlindError(code, `${where}: ${fact}`, hint, { cause: error });
}
