import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import {
  claimText,
  type ExceptionClaim,
  exceptionFault,
  inOneLine,
  judge,
  redactedMark,
  type Signed,
} from '@surety/evidence';
import { z } from 'zod';
import { SuretyError } from '../core/error.ts';
import type { Estate } from '../core/estate.ts';
import { jobOf } from './attest.ts';
import { lastObservations, openEstateLog } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { keyFile, personNamed, sign } from './people.ts';
import { createRunRedactor, type RunRedactor } from './redact.ts';
import { exits, type Terminal, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly as: string;
  readonly approve?: string;
  readonly json?: boolean;
  readonly subject?: readonly string[];
  readonly reason?: string;
  readonly approver?: string;
  readonly until?: string;
  readonly binding?: string;
  readonly key?: string;
};

export const except: Verb = {
  name: 'except',
  summary: 'accept a risk for a while: the owner asks, another person approves',
  define(command, terminal, finish) {
    command
      .argument('[control]', 'the control whose failure is accepted')
      .requiredOption('--as <person>', 'who you are, as surety.config.ts names you')
      .option('--subject <text...>', 'what exactly, as the verdict prints it')
      .option('--reason <text>', 'why that is acceptable')
      .option('--approver <person>', 'who is asked to approve; not you')
      .option('--until <date>', 'YYYY-MM-DD; at most a year from now')
      .option('--binding <name>', 'for which targets, where there are several')
      .option('--approve <file>', 'approve a request that the owner signed')
      .option('--key <file>', 'your SSH key (default: ~/.ssh/id_ed25519)')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--json', 'print one JSON document')
      .action(async (control: string | undefined, options: Options) => {
        const redactor = createRunRedactor();
        const estate = await loadEstate(options.config, terminal, redactor.secret);
        if (options.approve !== undefined) await approve(estate, options.approve, options, terminal);
        else await request(estate, control, options, terminal, redactor);
        finish(exits.pass);
      });
  },
};

const day = 86_400_000;

async function request(
  estate: Estate,
  control: string | undefined,
  options: Options,
  terminal: Terminal,
  redactor: RunRedactor,
): Promise<void> {
  const { subject = [], reason = '', approver, until } = options;
  if (
    control === undefined ||
    subject.length === 0 ||
    reason.trim() === '' ||
    approver === undefined ||
    until === undefined
  ) {
    throw new SuretyError(
      'usage/except',
      'an exception needs a control, --subject, --reason, --approver and --until',
      'surety except --help',
    );
  }
  if (subject.some((one) => one.includes(redactedMark)))
    throw new SuretyError(
      'except/ambiguous',
      `a subject with ${redactedMark} in it would also cover others that were blacked out`,
      'rename what carries the secret, or mend it',
    );
  if ([...subject, reason].some((one) => redactor.redactText(one) !== one))
    throw new SuretyError(
      'except/secret',
      'the subject or the reason holds a secret, and would be kept for good',
      'say it without',
    );
  const [owner, other] = [personNamed(estate, options.as), personNamed(estate, approver)];
  if (owner.id === other.id)
    throw new SuretyError(
      'except/own-approval',
      'nobody approves their own exception',
      '--approver somebody else',
    );
  const from = terminal.now();
  const end = new Date(`${until}T00:00:00.000Z`);
  if (Number.isNaN(end.getTime()) || end <= from || end.getTime() > from.getTime() + 366 * day) {
    throw new SuretyError(
      'except/until',
      `--until ${until} is not a day within the next year`,
      '--until YYYY-MM-DD',
    );
  }
  const { binding } = jobOf(estate, control, options.binding);
  await requireBroken(estate, control, binding.name, subject, terminal);
  const claim: ExceptionClaim = {
    kind: 'exception',
    control,
    binding: binding.name,
    subjects: subject,
    reason: reason.trim(),
    owner: owner.id,
    approver: other.id,
    from: from.toISOString(),
    until: end.toISOString(),
  };
  const signed = await sign(claim, owner, keyFile(options.key, terminal));
  const file = await writeRequest(estate, signed);
  const place = relative(terminal.cwd, file);
  terminal.out(
    options.json === true
      ? `${JSON.stringify({ asked: place })}\n`
      : `asked  ${control}  ${binding.name}\n  hint: ${other.id} runs: surety except --as ${other.id} --approve ${place}\n`,
  );
}

/** An exception that covers nothing now would cover something later, unseen. */
async function requireBroken(
  estate: Estate,
  control: string,
  binding: string,
  subjects: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const seen = await lastObservations(estate, control, binding, terminal.env);
  const broken = judge(seen).judged.flatMap(({ bearing, observation }) =>
    bearing === 'breaks' ? [observation.subject] : [],
  );
  const strange = subjects.filter((subject) => !broken.includes(subject));
  if (strange.length === 0) return;
  throw new SuretyError(
    'except/no-such-subject',
    `the last proof of ${control} on ${binding} did not fail for: ${strange.join('; ')}`,
    broken.length === 0 ? `surety prove ${control}` : `it failed for: ${broken.join('; ')}`,
  );
}

async function approve(estate: Estate, file: string, options: Options, terminal: Terminal): Promise<void> {
  const owner = await readRequest(resolve(terminal.cwd, file));
  const { claim } = owner;
  const approver = personNamed(estate, options.as);
  if (claim.approver !== approver.id) {
    throw new SuretyError(
      'except/not-asked',
      `${claim.approver} was asked, not ${approver.id}`,
      `surety except --as ${claim.approver} --approve ${file}`,
    );
  }
  const subjects = claim.subjects.map((one) => `  ${inOneLine(one)}\n`).join('');
  terminal.err(
    `${inOneLine(claim.owner)} accepts until ${claim.until.slice(0, 10)} for ${inOneLine(claim.control)} on ${inOneLine(claim.binding)}:\n${subjects}  because ${inOneLine(claim.reason)}\n`,
  );
  const record = {
    type: 'exception',
    owner,
    approval: await sign(claim, approver, keyFile(options.key, terminal)),
  } as const;
  const trouble = exceptionFault(record);
  if (trouble !== null)
    throw new SuretyError(
      'except/invalid',
      `this exception would not count: ${trouble}`,
      'the owner asks again',
    );
  const log = await openEstateLog(estate, terminal);
  try {
    await log.append([{ record }]);
  } finally {
    await log.close();
  }
  await rm(resolve(terminal.cwd, file));
  terminal.out(
    options.json === true
      ? `${JSON.stringify({ excepted: claim })}\n`
      : `excepted  ${claim.control}  ${claim.binding}\n  until ${claim.until.slice(0, 10)}, counted in every report\n`,
  );
}

async function writeRequest(estate: Estate, signed: Signed<ExceptionClaim>): Promise<string> {
  const folder = join(estate.root, '.surety', 'requests');
  const text = `${JSON.stringify(signed, null, 2)}\n`;
  const name = createHash('sha256').update(claimText(signed.claim)).digest('hex').slice(0, 16);
  const file = join(folder, `exception-${name}.json`);
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
  return file;
}

const signedException = z.strictObject({
  claim: z.strictObject({
    kind: z.literal('exception'),
    control: z.string(),
    binding: z.string(),
    subjects: z.array(z.string()).min(1),
    reason: z.string(),
    owner: z.string(),
    approver: z.string(),
    from: z.iso.datetime(),
    until: z.iso.datetime(),
  }),
  signer: z.string(),
  publicKey: z.string(),
  signature: z.string(),
});

async function readRequest(file: string): Promise<Signed<ExceptionClaim>> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null)
    throw new SuretyError('except/no-request', `${file} cannot be read`, 'ask the owner for the file');
  try {
    return signedException.parse(JSON.parse(text));
  } catch {
    throw new SuretyError(
      'except/bad-request',
      `${file} is not a request for an exception`,
      'the owner asks again with surety except',
    );
  }
}
