import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import {
  type AttestationClaim,
  claimText,
  type Entry,
  type ExceptionClaim,
  type Json,
  type Signed,
} from '../src/index.ts';
import { at, day } from './scratch.ts';

export type Person = { readonly name: string; sign<C extends Json>(claim: C): Signed<C> };

function sshString(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** Someone with an SSH key, who signs as `ssh-keygen -Y sign -n surety` does. */
export function person(name: string): Person {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(raw)]);
  return {
    name,
    sign(claim) {
      const hash = createHash('sha512').update(claimText(claim)).digest();
      const head = [sshString('surety'), sshString(''), sshString('sha512')];
      const signature = sign(
        null,
        Buffer.concat([Buffer.from('SSHSIG'), ...head, sshString(hash)]),
        privateKey,
      );
      const parts = [
        sshString(blob),
        ...head,
        sshString(Buffer.concat([sshString('ssh-ed25519'), sshString(signature)])),
      ];
      const armour = Buffer.concat([Buffer.from('SSHSIG\0\0\0\x01', 'latin1'), ...parts]).toString('base64');
      return {
        claim,
        signer: name,
        publicKey: `ssh-ed25519 ${blob.toString('base64')} ${name}`,
        signature: `-----BEGIN SSH SIGNATURE-----\n${armour}\n-----END SSH SIGNATURE-----\n`,
      };
    },
  };
}

export function exception(owner: Person, approver: Person, more: Partial<ExceptionClaim> = {}): Entry {
  const claim: ExceptionClaim = {
    kind: 'exception',
    control: 'a/a',
    binding: 'db',
    subjects: ['x'],
    reason: 'moved out next month',
    owner: owner.name,
    approver: approver.name,
    from: at(-day),
    until: at(day),
    ...more,
  };
  return { record: { type: 'exception', owner: owner.sign(claim), approval: approver.sign(claim) } };
}

export function attestation(signer: Person, more: Partial<AttestationClaim> = {}): Entry {
  const claim: AttestationClaim = {
    kind: 'attestation',
    control: 'a/a',
    binding: 'db',
    statement: 'the runbook was read',
    from: at(-day),
    until: at(30 * day),
    attachments: [],
    ...more,
  };
  return { record: { type: 'attestation', signed: signer.sign(claim) } };
}
