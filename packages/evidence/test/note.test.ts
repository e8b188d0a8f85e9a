import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCheckpoint, signCheckpoint } from '../src/checkpoint.ts';
import { preAuthEncoding, readEnvelope, sealEnvelope, verifyEnvelope } from '../src/envelope.ts';
import {
  EvidenceError,
  formatVerifierKey,
  generateKey,
  parseVerifierKey,
  privateKeyFromPem,
  privateKeyToPem,
  publicKeyText,
} from '../src/index.ts';
import { keyDigest } from '../src/key.ts';
import { checkNote, parseNote, signNote } from '../src/note.ts';
import { emptyRoot } from '../src/tree.ts';

// From the documentation of golang.org/x/mod/sumdb/note.
const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const published = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

test('the published note is signed by the published key', () => {
  const note = parseNote(published);
  assert.ok(note);
  assert.equal(checkNote(note, parseVerifierKey(peter)), 'signed');
  assert.equal(formatVerifierKey(parseVerifierKey(peter)), peter);
  assert.equal(checkNote(note, { name: 'PeterNeumann', key: generateKey() }), 'absent');
});

test('a note with any other byte is not that note', () => {
  const verifier = parseVerifierKey(peter);
  const bytes = Buffer.from(published);
  for (let at = 0; at < bytes.length; at += 1)
    for (const bit of [0x01, 0x20, 0x80]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ bit;
      const note = parseNote(changed.toString('utf8'));
      assert.ok(note === null || checkNote(note, verifier) !== 'signed', `byte ${at}`);
    }
  for (const other of [
    published.replaceAll('\n', '\r\n'),
    `${published}\n`,
    published.trimEnd(),
    ` ${published}`,
    '',
  ])
    assert.ok(
      parseNote(other) === null ||
        checkNote(parseNote(other) ?? { text: '', signatures: [] }, verifier) !== 'signed',
    );
});

test('a text with empty lines is signed to its last one', () => {
  const key = generateKey();
  const note = parseNote(signNote('one\n\ntwo\n', 'example.com/a', key));
  assert.equal(note?.text, 'one\n\ntwo\n');
  assert.equal(checkNote(note, { name: 'example.com/a', key }), 'signed');
});

test('checkpoints have their one form', () => {
  const key = generateKey();
  const text = signCheckpoint('example.com/a', 7, emptyRoot, key);
  const checkpoint = parseCheckpoint(text);
  assert.equal(checkpoint?.size, 7);
  assert.ok(checkpoint.root.equals(emptyRoot));
  const root = emptyRoot.toString('base64');
  for (const body of [
    `a\n07\n${root}\n`,
    `a\n7\n${root}\nmore\n`,
    `a\n7\nAAAA\n`,
    `a\n-1\n${root}\n`,
    `7\n${root}\n`,
  ])
    assert.equal(parseCheckpoint(signNote(body, 'a', key)), null);
});

test('a key survives PEM and its published form, and nothing else is taken for one', () => {
  const key = generateKey();
  assert.equal(publicKeyText(privateKeyFromPem(privateKeyToPem(key))), publicKeyText(key));
  const published = formatVerifierKey({ name: 'example.com/a', key });
  assert.equal(publicKeyText(parseVerifierKey(published).key), publicKeyText(key));
  const unreadable = (error: unknown) => error instanceof EvidenceError && error.code === 'key/unreadable';
  assert.throws(() => privateKeyFromPem('nothing'), unreadable);
  for (const text of [
    '',
    'a+b+c',
    published.replace('example', 'exemple'),
    `${published}A`,
    published.slice(0, -4),
  ])
    assert.throws(() => parseVerifierKey(text), unreadable);
});

test('DSSE signs type and payload with their lengths, as its specification shows', () => {
  const encoded = preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
  assert.equal(encoded.toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('an envelope is read in its one form only', () => {
  const key = generateKey();
  const bytes = sealEnvelope('text/plain', Buffer.from('hello'), key);
  const envelope = readEnvelope(bytes);
  assert.ok(envelope);
  assert.ok(verifyEnvelope(envelope, key, keyDigest(key)));
  const other = generateKey();
  assert.ok(!verifyEnvelope(envelope, other, keyDigest(other)));
  assert.ok(!verifyEnvelope({ ...envelope, keyid: keyDigest(other) }, other, keyDigest(other)));
  assert.ok(!verifyEnvelope({ ...envelope, payloadType: 'text/html' }, key, keyDigest(key)));
  const text = bytes.toString();
  for (const changed of [` ${text}`, text.replace(',', ', '), text.replace('aGVsbG8=', 'aGVsbG9=')])
    assert.equal(readEnvelope(Buffer.from(changed)), null);
  const json: { signatures: unknown[] } = JSON.parse(text);
  json.signatures.push(json.signatures[0]);
  assert.equal(readEnvelope(Buffer.from(JSON.stringify(json))), null);
});
