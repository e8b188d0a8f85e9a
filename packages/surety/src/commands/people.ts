import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { claimText, type Json, type Signed, sshFault } from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import type { Estate, Person } from '../core/estate.ts';
import type { Terminal } from './verb.ts';

const run = promisify(execFile);

/** @throws {SuretyError} `people/unknown`, naming who is known */
export function personNamed(estate: Estate, id: string): Person {
  const person = estate.people.find((one) => one.id === id);
  if (person !== undefined) return person;
  const known = estate.people.map((one) => one.id).join(', ') || 'nobody yet';
  throw new SuretyError(
    'people/unknown',
    `${id} is not among the people of the estate (${known})`,
    `add people: { ${id}: { name: '…', key: 'ssh-ed25519 …' } } to surety.config.ts`,
  );
}

/** What `--key` names, or the key that OpenSSH would take first. */
export function keyFile(key: string | undefined, { cwd }: Pick<Terminal, 'cwd'>): string {
  return resolve(cwd, key ?? join(homedir(), '.ssh', 'id_ed25519'));
}

/**
 * Signs a claim as a person, with their own SSH key or agent: `ssh-keygen -Y sign`, namespace `surety`.
 *
 * @param keyFile private key, or the public key of one that an agent holds
 * @throws {SuretyError} `people/…` where ssh-keygen is missing, refuses, or signs with another key than the estate has
 */
export async function sign<Claim extends Json>(
  claim: Claim,
  person: Person,
  keyFile: string,
): Promise<Signed<Claim>> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-sign-'));
  try {
    const message = join(folder, 'claim.json');
    await writeFile(message, claimText(claim));
    await run('ssh-keygen', ['-Y', 'sign', '-n', 'surety', '-f', keyFile, message], { timeout: 60_000 });
    const signature = await readFile(`${message}.sig`, 'utf8');
    const signed = { claim, signer: person.id, publicKey: person.key, signature };
    const trouble = sshFault({ publicKey: person.key, signature, message: claimText(claim) });
    if (trouble === null) return signed;
    throw new SuretyError(
      'people/wrong-key',
      `${keyFile} does not sign for ${person.id}: ${trouble}`,
      `use the key that surety.config.ts names for ${person.id}`,
    );
  } catch (error) {
    if (error instanceof SuretyError) throw error;
    throw new SuretyError(
      'people/cannot-sign',
      `ssh-keygen could not sign with ${keyFile}: ${reason(error)}`,
      'is OpenSSH installed, and is this your key?',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given';
  const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return stderr.split('\n').at(-1) || error.message.split('\n')[0] || 'no reason given';
}
