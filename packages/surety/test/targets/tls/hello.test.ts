import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { clientHello } from '../../../src/targets/tls/client-hello.ts';
import { protocols } from '../../../src/targets/tls/protocol.ts';
import { readReply } from '../../../src/targets/tls/server-hello.ts';
import { candidates, suiteName, weakness } from '../../../src/targets/tls/suites.ts';

/** A TLS 1.2 ServerHello without extensions, that picks one suite. */
const serverHello = Buffer.from(`160303002a02000026${'0303'}${'07'.repeat(32)}00${'c02b'}00`, 'hex');

describe('what a server says to a hello', () => {
  test('is read whole, however it is cut into pieces', () => {
    const whole = readReply(serverHello);
    deepEqual(whole, {
      kind: 'hello',
      version: 0x0303,
      suites: [0xc02b],
      compression: false,
      retry: false,
      secureRenegotiation: false,
    });
    for (let length = 0; length < serverHello.length; length += 1)
      equal(readReply(serverHello.subarray(0, length)), 'incomplete', `after ${length} bytes`);
  });

  test('is read across two records', () => {
    const message = serverHello.subarray(5);
    const record = (part: Buffer) => Buffer.concat([Buffer.from([22, 3, 3, 0, part.length]), part]);
    deepEqual(
      readReply(Buffer.concat([record(message.subarray(0, 9)), record(message.subarray(9))])),
      readReply(serverHello),
    );
  });

  test('a warning is not the answer, a fatal alert is', () => {
    const warning = Buffer.from('15030300020170', 'hex');
    deepEqual(readReply(Buffer.concat([warning, serverHello])), readReply(serverHello));
    deepEqual(readReply(Buffer.from('15030100020246', 'hex')), { kind: 'alert', alert: 'protocol_version' });
  });

  test('a refusal in SSLv2 is a refusal', () => {
    deepEqual(readReply(Buffer.from('80030000011503030002020a', 'hex')), {
      kind: 'alert',
      alert: 'no_cipher',
    });
  });

  test('no bytes make the reader throw, or see a suite that is not there', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(4), (noise, header) => {
        const start = [
          Buffer.alloc(0),
          serverHello.subarray(0, 9),
          Buffer.from([0x80, 40, 4]),
          serverHello,
          Buffer.from([21, 3, 3]),
        ];
        const bytes = Buffer.concat([start[header] ?? Buffer.alloc(0), noise]);
        const reply = readReply(bytes);
        ok(reply === 'incomplete' || ['hello', 'alert', 'garbled'].includes(reply.kind));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a hello of ours', () => {
  test('says its own lengths right, for every protocol and any suites', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...protocols.slice(1)),
        fc.uniqueArray(fc.nat(0xffff), { minLength: 1, maxLength: 120 }),
        fc.option(fc.domain()),
        (protocol, suites, serverName) => {
          const hello = clientHello({ protocol, suites, serverName });
          equal(hello.readUInt16BE(3), hello.length - 5);
          equal(hello.readUIntBE(6, 3), hello.length - 9);
          const at = 44 + (hello[43] ?? 0);
          const sent = Array.from({ length: hello.readUInt16BE(at) / 2 }, (_, index) =>
            hello.readUInt16BE(at + 2 + 2 * index),
          );
          deepEqual(sent, suites);
        },
      ),
    );
  });
});

describe('suites', () => {
  test('are weak for the reason that a reader expects', () => {
    const reasons: Readonly<Record<string, string | null>> = {
      TLS_AES_128_GCM_SHA256: null,
      TLS_CHACHA20_POLY1305_SHA256: null,
      TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: null,
      TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256: null,
      TLS_RSA_WITH_AES_128_GCM_SHA256: 'no forward secrecy',
      TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256: 'no forward secrecy',
      TLS_PSK_WITH_AES_128_GCM_SHA256: 'no forward secrecy',
      TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'CBC',
      TLS_DH_anon_WITH_AES_128_GCM_SHA256: 'no authentication',
      TLS_RSA_WITH_3DES_EDE_CBC_SHA: '3DES',
      TLS_RSA_WITH_RC4_128_SHA: 'RC4',
      TLS_RSA_WITH_NULL_SHA: 'no encryption',
      TLS_AES_128_CCM_8_SHA256: 'a short tag',
      '0xabcd': 'unknown to us',
    };
    deepEqual(Object.fromEntries(Object.keys(reasons).map((name) => [name, weakness(name)])), reasons);
  });

  test('are offered with the protocols that can have them', () => {
    deepEqual(
      candidates('TLS 1.3')
        .map(suiteName)
        .filter((name) => name.includes('_WITH_') && !name.includes('MGM')),
      [],
    );
    ok(candidates('TLS 1.0').map(suiteName).includes('TLS_RSA_WITH_RC4_128_SHA'));
    equal(candidates('TLS 1.2').map(suiteName).includes('TLS_AES_128_GCM_SHA256'), false);
  });
});
