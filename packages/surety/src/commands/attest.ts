import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { AttestationClaim } from '@surety/evidence';
import { controls } from '../controls/registry.ts';
import { SuretyError } from '../core/error.ts';
import type { Estate } from '../core/estate.ts';
import { type Job, scope } from '../core/run.ts';
import { openEstateLog } from './estate-log.ts';
import { loadEstate } from './load-estate.ts';
import { keyFile, personNamed, sign } from './people.ts';
import { createRunRedactor } from './redact.ts';
import { exits, type Terminal, type Verb } from './verb.ts';

type Options = {
  readonly config?: string;
  readonly as: string;
  readonly statement?: string;
  readonly binding?: string;
  readonly key?: string;
  readonly attach?: readonly string[];
  readonly json?: boolean;
};

export const attest: Verb = {
  name: 'attest',
  summary: 'say, signed with your own SSH key, what only a person can say',
  define(command, terminal, finish) {
    command
      .argument('<control>', 'the control that waits for a person: monitoring/runbooks')
      .requiredOption('--as <person>', 'who you are, as surety.config.ts names you')
      .option('--statement <text>', 'what you say; asked for where it is missing')
      .option('--binding <name>', 'for which targets, where there are several')
      .option('--key <file>', 'your SSH key (default: ~/.ssh/id_ed25519)')
      .option('--attach <file...>', 'files whose digests belong to the statement')
      .option('--config <file>', 'the estate (default: surety.config.ts here)')
      .option('--json', 'print one JSON document')
      .action(async (control: string, options: Options) => {
        const claim = await attestControl(control, options, terminal);
        terminal.out(
          options.json === true
            ? `${JSON.stringify(claim)}\n`
            : `attested  ${claim.control}  ${claim.binding}\n  by ${options.as}, until ${claim.until.slice(0, 10)}\n  hint: surety prove ${claim.control}\n`,
        );
        finish(exits.pass);
      });
  },
};

async function attestControl(
  control: string,
  options: Options,
  terminal: Terminal,
): Promise<AttestationClaim> {
  const redactor = createRunRedactor();
  const estate = await loadEstate(options.config, terminal, redactor.secret);
  const { registered, binding } = jobOf(estate, control, options.binding);
  const { attested } = registered.control;
  if (attested === undefined) {
    throw new SuretyError(
      'attest/not-needed',
      `${control} is proven by looking, not by a person's word`,
      `surety prove ${control}`,
    );
  }
  const person = personNamed(estate, options.as);
  const statement = options.statement ?? (await terminal.ask(`${attested.question}\n> `));
  if (statement.trim() === '')
    throw new SuretyError('attest/empty', 'nothing was said', 'say what you checked, and how');
  const from = terminal.now();
  const claim: AttestationClaim = {
    kind: 'attestation',
    control,
    binding: binding.name,
    statement: redactor.redactText(statement.trim()),
    from: from.toISOString(),
    until: new Date(from.getTime() + attested.days * 86_400_000).toISOString(),
    attachments: await Promise.all((options.attach ?? []).map((file) => attachment(file, terminal))),
  };
  const signed = await sign(claim, person, keyFile(options.key, terminal));
  const log = await openEstateLog(estate, terminal);
  try {
    await log.append([{ record: { type: 'attestation', signed } }]);
  } finally {
    await log.close();
  }
  return claim;
}

async function attachment(file: string, { cwd }: Terminal): Promise<AttestationClaim['attachments'][number]> {
  try {
    const content = await readFile(resolve(cwd, file));
    return { name: basename(file), sha256: createHash('sha256').update(content).digest('hex') };
  } catch {
    throw new SuretyError('attest/attachment', `${file} cannot be read`, 'name a file that exists');
  }
}

/** The one job of a control that is meant. @throws {SuretyError} naming the choices */
export function jobOf(estate: Estate, control: string, binding: string | undefined): Job {
  const jobs = scope(controls, estate).jobs.filter(({ registered }) => registered.ref.id === control);
  if (jobs.length === 0) {
    throw new SuretyError(
      'usage/no-such-control',
      `${control} has nothing to look at in this estate`,
      'surety prove lists what has',
    );
  }
  const meant = jobs.filter((job) => binding === undefined || job.binding.name === binding);
  const [job] = meant;
  if (job !== undefined && meant.length === 1) return job;
  const names = jobs.map((one) => one.binding.name).join(', ');
  throw new SuretyError(
    'usage/which-binding',
    `${control} has several bindings, or none called so: ${names}`,
    '--binding NAME',
  );
}
