import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { EvidenceError, systemCode } from './error.ts';
import { printVerification } from './print-verification.ts';
import { verifyLog } from './verify.ts';

const usage = `surety-verify DIR|BUNDLE [--key VKEY] [--earlier FILE] [--json]

Checks a log of evidence offline: that nothing in it was altered, and that every
verdict follows from the observations stored with it.

  --key VKEY       the log's public key (NAME+HASH+BASE64), as you were given it
                   outside the log
  --earlier FILE   a checkpoint of this log that you kept
  --json           one JSON document

exit: 0 nothing wrong, 11 something is, 10 could not look, 2 usage, 1 our own error
`;

/** What the command needs of the world. */
export type Terminal = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly now: () => Date;
};

/** Runs `surety-verify` and gives its exit code back. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const request = readArguments(argv);
  if (request === 'help') {
    terminal.out(usage);
    return 0;
  }
  if (typeof request === 'string') {
    terminal.err(`${request}\nhint: surety-verify --help\n`);
    return 2;
  }
  const { path, key, earlier, json } = request;
  try {
    const verification = await verifyLog(path, {
      now: terminal.now(),
      ...(key !== undefined && { pinnedKey: key }),
      ...(earlier !== undefined && { earlier: await readEarlierFile(earlier) }),
    });
    terminal.out(json ? `${JSON.stringify(verification, null, 2)}\n` : printVerification(verification));
    return verification.ok ? 0 : 11;
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    const { code, message, hint } = error;
    if (json)
      terminal.out(
        `${JSON.stringify({ ok: false, where: path, error: { code, message, hint } }, null, 2)}\n`,
      );
    terminal.err(`${message} (${code})\nhint: ${hint}\n`);
    return 10;
  }
}

async function readEarlierFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new EvidenceError(
      'verify/earlier',
      `the earlier checkpoint ${path} cannot be read: ${systemCode(error)}`,
      'check the path; without --earlier the rest can still be verified',
    );
  }
}

type Request = {
  readonly path: string;
  readonly key: string | undefined;
  readonly earlier: string | undefined;
  readonly json: boolean;
};

/** What was asked for, or what is wrong with how it was asked. */
function readArguments(argv: readonly string[]): Request | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        earlier: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const [path, ...others] = positionals;
    if (path === undefined) return 'which log? name its folder or bundle';
    if (others.length > 0) return `one log at a time, not also ${others.join(' ')}`;
    return { path, key: values.key, earlier: values.earlier, json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable arguments';
  }
}
