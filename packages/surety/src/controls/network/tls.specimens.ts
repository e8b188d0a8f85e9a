import { scratchTls } from '../../testing/scratch-tls.ts';
import { specimens } from '../../testing/specimens.ts';
import tls from './tls.ts';

const rc4 = 0x0005;
const tripleDes = 0x000a;
const exportRc4 = 0x0003;
const strong12 = 'ECDHE-ECDSA-AES128-GCM-SHA256';

export default specimens({
  control: tls,
  on: scratchTls,
  lookalikes: {
    'one suite only': { break: { server: { ciphers: 'TLS_AES_256_GCM_SHA384' } } },
    'a certificate for more names': {
      break: {
        certificate: {
          names: [
            { type: 'dns', value: 'www.other.test' },
            { type: 'dns', value: 'localhost' },
          ],
        },
      },
    },
    'an RSA certificate': { break: { certificate: { key: 'rsa' } } },
    'a short-lived certificate, two days before its end': { break: { certificate: { from: -4, until: 2 } } },
    'asks for another key share first': { break: { server: { ecdhCurve: 'P-384' } } },
    'closes without an alert on old hellos': { break: { front: { old: 'close' } } },
    'refuses SSLv2 in SSLv2, as Java does': { break: { front: { ssl2Error: true } } },
    'resets the connection on old hellos': { break: { front: { old: 'reset' } } },
    'TLS 1.2 with one strong suite, where the estate says so': {
      break: {
        server: { minVersion: 'TLSv1.2', ciphers: `TLS_AES_128_GCM_SHA256:${strong12}` },
        facts: { minimum: '1.2' },
      },
    },
    'TLS 1.3 only, where 1.2 would do': { break: { facts: { minimum: '1.2' } } },
    'reached by its address': { break: { facts: { host: '127.0.0.1' } } },
    'reached by its address, asked by its name': {
      break: { facts: { host: '127.0.0.1', serverName: 'localhost' } },
    },
  },
  sabotages: {
    'TLS 1.2 on': { break: { server: { minVersion: 'TLSv1.2' } }, names: 'TLS 1.2' },
    'TLS 1.2 only': {
      break: { server: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } },
      names: 'TLS 1.3: offered',
    },
    'TLS 1.1 on': {
      break: { server: { minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } },
      names: 'TLS 1.1',
    },
    'TLS 1.0 on': {
      break: { server: { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } },
      names: 'TLS 1.0',
    },
    'TLS 1.0 on, TLS 1.2 off': {
      break: { front: { speaks: [{ protocol: 'TLS 1.0', suites: [0x002f] }] } },
      names: 'TLS 1.0',
    },
    'SSLv3 on': {
      break: { front: { speaks: [{ protocol: 'SSLv3', suites: [tripleDes] }] } },
      names: 'SSLv3',
    },
    'SSLv2 on': { break: { front: { speaks: [{ protocol: 'SSLv2', suites: [0x010080] }] } }, names: 'SSLv2' },
    '3DES in TLS 1.2': {
      break: {
        facts: { minimum: '1.2' },
        front: { speaks: [{ protocol: 'TLS 1.2', suites: [0xc02b, tripleDes] }] },
      },
      names: 'TLS_RSA_WITH_3DES_EDE_CBC_SHA (3DES)',
    },
    'RC4 in TLS 1.2': {
      break: {
        facts: { minimum: '1.2' },
        front: { speaks: [{ protocol: 'TLS 1.2', suites: [0xc02b, rc4] }] },
      },
      names: 'TLS_RSA_WITH_RC4_128_SHA (RC4)',
    },
    'an export suite in TLS 1.0': {
      break: { front: { speaks: [{ protocol: 'TLS 1.0', suites: [exportRc4] }] } },
      names: 'TLS_RSA_EXPORT_WITH_RC4_40_MD5',
    },
    'CBC and no forward secrecy in TLS 1.2': {
      break: {
        facts: { minimum: '1.2' },
        server: { minVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA' },
        certificate: { key: 'rsa' },
      },
      names: 'TLS_RSA_WITH_AES_128_GCM_SHA256 (no forward secrecy)',
    },
    'anonymous suites in TLS 1.2': {
      break: {
        facts: { minimum: '1.2' },
        server: { minVersion: 'TLSv1.2', ciphers: 'AECDH-AES128-SHA:ECDHE+AESGCM:@SECLEVEL=0' },
      },
      names: 'no authentication',
    },
    'no encryption in TLS 1.3': {
      break: { front: { speaks: [{ protocol: 'TLS 1.3', suites: [0x1301, 0xc0b4] }] } },
      names: 'TLS_SHA256_SHA256 (no encryption)',
    },
    'compression on': {
      break: {
        facts: { minimum: '1.2' },
        front: { speaks: [{ protocol: 'TLS 1.2', suites: [0xc02b], compression: true }] },
      },
      names: 'compression',
    },
    'renegotiation unprotected': {
      break: { facts: { minimum: '1.2' }, front: { speaks: [{ protocol: 'TLS 1.2', suites: [0xc02b] }] } },
      names: 'renegotiation',
    },
    'certificate expired': { break: { certificate: { from: -90, until: -1 } }, names: 'CERT_HAS_EXPIRED' },
    'certificate not valid yet': {
      break: { certificate: { from: 2, until: 90 } },
      names: 'CERT_NOT_YET_VALID',
    },
    'certificate about to expire': {
      break: { certificate: { from: -80, until: 10 } },
      names: 'renewed in time',
    },
    'certificate for another name': {
      break: { certificate: { names: [{ type: 'dns', value: 'www.other.test' }] } },
      names: 'certificate: is for localhost',
    },
    'certificate for a wildcard that is too wide': {
      break: { certificate: { names: [{ type: 'dns', value: '*.localhost' }] } },
      names: 'certificate: is for localhost',
    },
    'certificate by an unknown CA': { break: { signedBy: 'another CA' }, names: 'chain verifies' },
    'certificate signed by itself': { break: { signedBy: 'itself' }, names: 'chain verifies' },
  },
});
