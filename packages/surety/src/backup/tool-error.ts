import { SuretyError } from '../core/error.ts';

/** How much of what a program says to standard error is kept, in characters. */
export const keptOutput = 16_384;

/** What may quote a row, or a statement with literals in it. */
const quoting =
  /^(DETAIL|CONTEXT|STATEMENT|QUERY|HINT|COPY|Command was|LINE \d+|LOCATION|SQL (function|statement)|PL\/)/;

/**
 * What a program said, as one short text: no row values, no statements, no secrets, no control characters.
 *
 * @param secrets blacked out wherever they stand
 */
export function scrub(output: string, secrets: readonly string[]): string {
  const lines = heads(output)
    .map((line) => line.replace(/^(pg_\w+|psql): /, '').replace(/^(error|fatal): (detail|hint): .*/i, ''))
    .filter(
      (line) =>
        line.trim() !== '' &&
        /^(error|warning|fatal|ERROR|FATAL|PANIC|invalid|could not|connection|query|permission|\w+: (error|fatal))/i.test(
          line,
        ) &&
        !quoting.test(line.trim()),
    )
    .map((line) =>
      line
        .replace(/^(error|fatal): /i, '')
        // The server quotes what it could not read: `invalid input syntax for type integer: "…"`.
        .replace(/(: |value |literal |syntax )"(?:[^"]|"")*"?/g, '$1"…"')
        .replace(/=\([^)]*\)?/g, '=(…)'),
    );
  const text = lines.slice(0, 4).join('; ');
  const safe = secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
  return safe.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 600);
}

const ownLine = /^(pg_\w+|psql): /;
const raised = /^CONTEXT: {2}(PL\/\w+ function [^\n]*?) line \d+ at RAISE/m;

/**
 * The first line of each message: what follows it without the name of the program may be a value that has lines of its own. And what
 * a function of the database says by itself may be of a row.
 */
function heads(output: string): readonly string[] {
  const messages: string[][] = [[]];
  for (const line of output.split('\n')) {
    if (ownLine.test(line)) messages.push([line]);
    else messages.at(-1)?.push(line);
  }
  const [before = [], ...own] = messages;
  return [
    ...before,
    ...own.map(([head = '', ...rest]) => {
      const [, who] = raised.exec(rest.join('\n')) ?? [];
      return who === undefined ? head : head.replace(/((?:ERROR|FATAL): ).*$/, `$1${who} refused it`);
    }),
  ];
}

/** Why a program failed, and what helps. */
export function toolError(program: string, ended: string, said: string): SuretyError {
  const { code, hint } = known.find(({ pattern }) => pattern.test(said)) ?? {
    code: 'failed',
    hint: `run ${program} by hand with the same role and read what it says`,
  };
  return new SuretyError(`tool/${code}`, `${program} ${ended}${said === '' ? '' : `: ${said}`}`, hint);
}

const known = [
  {
    pattern: /row-level security|row security/i,
    code: 'row-security',
    hint: 'alter role … bypassrls: a dump of what the policies show would not be all of it',
  },
  {
    pattern: /invalid memory alloc request size|out of memory/i,
    code: 'too-large',
    hint: 'a value of half a gigabyte has no text that a server could send: split it (large objects have no such limit), or back up by pgBackRest',
  },
  {
    pattern: /permission denied for large object/i,
    code: 'permission',
    hint: 'grant select on large object … to the role, or let a superuser dump',
  },
  {
    pattern: /permission denied/i,
    code: 'permission',
    hint: 'grant pg_read_all_data to the role',
  },
  {
    pattern: /lock timeout|could not obtain lock|canceling statement due to lock/i,
    code: 'locked',
    hint: 'somebody holds a table: try again when no migration runs',
  },
  {
    pattern: /server version mismatch/i,
    code: 'version',
    hint: 'install the client of the server’s own major release',
  },
  {
    pattern: /password authentication failed|no password supplied/i,
    code: 'password',
    hint: 'mend the password in the connection string',
  },
  {
    pattern: /server closed the connection|terminating connection|connection to server|could not connect/i,
    code: 'connection',
    hint: 'see whether the server is up, and try again',
  },
  {
    pattern: /No space left|could not write/i,
    code: 'no-room',
    hint: 'make room and try again',
  },
] as const;
