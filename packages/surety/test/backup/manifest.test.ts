import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { it } from 'node:test';
import { publicKeyText, sealEnvelope } from '@surety/evidence';
import { openReceipt } from '../../src/backup/drill/receipt.ts';
import { openManifest, sealManifest } from '../../src/backup/manifest.ts';
import { sealStatement } from '../../src/backup/statement.ts';
import { sampleSet } from './sample-sets.ts';

const ours = generateKeyPairSync('ed25519');
const signers = [publicKeyText(ours.publicKey)];
const { manifest } = sampleSet(new Date('2026-11-22T02:00:00.000Z'));

/** As stored, with the payload changed. */
function edited(bytes: Buffer, change: (payload: string) => string): Buffer {
  const envelope = JSON.parse(bytes.toString('utf8'));
  const payload = change(Buffer.from(envelope.payload, 'base64').toString('utf8'));
  return Buffer.from(JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }));
}

it('is read as it was signed, with all that it may have', () => {
  const full = { ...manifest, leftOut: ['role-passwords' as const] };
  for (const one of [manifest, full])
    assert.deepEqual(openManifest(sealManifest(one, ours.privateKey), signers), one);
});

it('counts only by whom and as what it was signed', () => {
  const signed = sealManifest(manifest, ours.privateKey);
  const stranger = generateKeyPairSync('ed25519');
  const refused = (bytes: Uint8Array, code: string): void =>
    assert.throws(() => openManifest(bytes, signers), { code });
  refused(sealManifest(manifest, stranger.privateKey), 'manifest/foreign-key');
  refused(
    edited(signed, (payload) => payload.replace('"rows":100000', '"rows":100001')),
    'manifest/altered',
  );
  refused(Buffer.from('{}'), 'manifest/malformed');
  const others = sealStatement(
    'urn:surety:backup:v1',
    [],
    JSON.parse(JSON.stringify(manifest)),
    ours.privateKey,
  );
  refused(others, 'manifest/altered');
  const nonsense = sealEnvelope('application/vnd.in-toto+json', Buffer.from('no JSON'), ours.privateKey);
  refused(nonsense, 'manifest/malformed');
  assert.throws(() => openReceipt(signed, signers), { code: 'receipt/malformed' });
});
