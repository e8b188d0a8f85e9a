import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as x509 from '@peculiar/x509';
import { isProgram, program } from '../program.ts';

export type TestCertificates = {
  /** What clients trust, PEM. */
  caFile: string;
  /** What the server shows: its certificate. */
  certFile: string;
  /** Mode 0600. */
  keyFile: string;
};

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

/**
 * Makes a certificate authority, and a certificate of it for `localhost` and `127.0.0.1`, for tests and first steps
 * only. The authority's key is thrown away, so that nothing else can be signed by it.
 *
 * @param folder is made if need be; nothing in it should be committed
 * @param days how long both are valid
 */
export async function makeTestCertificates(folder: string, days = 7): Promise<TestCertificates> {
  const notBefore = new Date(Date.now() - 5 * 60_000);
  const notAfter = new Date(Date.now() + days * day);
  const authorityKeys = await newKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=budget-example test authority',
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const serverKeys = await newKeys();
  const server = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: 'CN=localhost',
    issuer: authority.subject,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(serverKeys.publicKey),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = {
    caFile: resolve(folder, 'ca.crt'),
    certFile: resolve(folder, 'server.crt'),
    keyFile: resolve(folder, 'server.key'),
  };
  writeFileSync(files.caFile, authority.toString('pem'));
  writeFileSync(files.certFile, server.toString('pem'));
  writeFileSync(files.keyFile, x509.PemConverter.encode(key, 'PRIVATE KEY'), { mode: 0o600 });
  return files;
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: algorithm.name, namedCurve: algorithm.namedCurve }, true, [
    'sign',
    'verify',
  ]);
}

function serial(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .fill(0x01, 0, 1)
    .toString('hex');
}

if (isProgram(import.meta)) {
  await program(async () => {
    const folder = process.argv[2] ?? join(import.meta.dirname, 'generated');
    process.stdout.write(`${JSON.stringify(await makeTestCertificates(folder))}\n`);
  });
}
