import { SuretyError } from './error.ts';

/** A value that is read when the estate is loaded, and redacted from every output. */
export type Value =
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'command'; readonly argv: readonly string[] };

/** The three ways for a value to get into an estate. Literal secrets are refused. */
export type Values = {
  env(name: string): Value;
  /** Path relative to the folder of `surety.config.ts`. One trailing newline is dropped. */
  file(path: string): Value;
  /** Run without a shell; its standard output is the value. One trailing newline is dropped. */
  command(...argv: string[]): Value;
};

/** How values are read: the edge passes this in. Each throws an Error whose message is the fact. */
export type ReadValue = {
  env(name: string): string | undefined;
  file(path: string): Promise<string>;
  command(argv: readonly string[]): Promise<string>;
};

export type Problem = { readonly key: string; readonly fact: string; readonly hint: string };

const marker = Symbol('surety value');

type Marked = Value & { readonly [marker]: true };

export const values: Values = {
  env: (name) => mark({ from: 'env', name }),
  file: (path) => mark({ from: 'file', path }),
  command: (...argv) => mark({ from: 'command', argv }),
};

function mark(value: Value): Marked {
  return { ...value, [marker]: true };
}

/** Whether it was made by `env()`, `file()` or `command()`. */
export function isValue(node: object): node is Marked {
  return marker in node;
}

/**
 * Replaces every `Value` below `node` by what it stands for. `learn` is given each value that was read,
 * so that it can be redacted. Problems are collected, so that a person sees all of them at once.
 */
export async function resolveValues(
  node: unknown,
  key: string,
  read: ReadValue,
  learn: (secret: string) => void,
  problems: Problem[],
): Promise<unknown> {
  if (typeof node === 'string') {
    const why = looksSecret(key, node);
    if (why !== null) {
      problems.push({
        key,
        fact: why,
        hint: 'move it out of the file: env("NAME"), file("path") or command("tool", …)',
      });
    }
    return node;
  }
  if (Array.isArray(node)) {
    return Promise.all(
      node.map((item, index) => resolveValues(item, `${key}[${index}]`, read, learn, problems)),
    );
  }
  if (typeof node !== 'object' || node === null) return node;
  if (isValue(node)) return readValue(node, key, read, learn, problems);
  const entries = await Promise.all(
    Object.entries(node).map(
      async ([name, child]) =>
        [
          name,
          await resolveValues(child, key === '' ? name : `${key}.${name}`, read, learn, problems),
        ] as const,
    ),
  );
  return Object.fromEntries(entries);
}

async function readValue(
  value: Value,
  key: string,
  read: ReadValue,
  learn: (secret: string) => void,
  problems: Problem[],
): Promise<string | undefined> {
  try {
    const text = await fetchValue(value, read);
    const secrets = secretsIn(key, text);
    if (secrets.some((secret) => secret.trim().length < shortestSecret)) {
      problems.push({
        key,
        fact: `${nameOf(value)}: a secret of fewer than ${shortestSecret} characters cannot be kept out of the evidence`,
        hint: 'use a longer one; if it is no secret, write it here as it is',
      });
      return undefined;
    }
    for (const secret of secrets) learn(secret);
    return text;
  } catch (error) {
    const { fact, hint } = explain(value, error instanceof Error ? error.message : String(error));
    problems.push({ key, fact, hint });
    return undefined;
  }
}

async function fetchValue(value: Value, read: ReadValue): Promise<string> {
  switch (value.from) {
    case 'env': {
      const text = read.env(value.name);
      if (text === undefined || text === '') throw new Error('is not set');
      return text;
    }
    case 'file':
      return withoutLastNewline(await read.file(value.path));
    case 'command':
      return withoutLastNewline(await read.command(value.argv));
  }
}

function explain(value: Value, fact: string): { fact: string; hint: string } {
  switch (value.from) {
    case 'env':
      return { fact: `${nameOf(value)} ${fact}`, hint: `export ${value.name}=…` };
    case 'file':
      return { fact: `${nameOf(value)}: ${fact}`, hint: `create ${value.path}, or name another file` };
    case 'command':
      return { fact: `${nameOf(value)}: ${fact}`, hint: 'run it by hand and see why' };
  }
}

function nameOf(value: Value): string {
  switch (value.from) {
    case 'env':
      return `environment variable ${value.name}`;
    case 'file':
      return `file ${value.path}`;
    case 'command':
      return `command ${value.argv[0] ?? ''}`;
  }
}

function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

const secretName = /(password|passwd|secret|token|api_?key|private_?key|credential)$/i;

/** Shorter ones stand in other words by chance: blacking them out would leave no evidence. */
const shortestSecret = 4;

const onlyCertificates = /^\s*(?:-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\s*)+$/;

/** What of a value must not be shown: of a URL what signs in, of certificates nothing, else all of it. */
function secretsIn(key: string, text: string): readonly string[] {
  if (onlyCertificates.test(text)) return [];
  // A port: black it out, and no address can be read any more.
  if (/^\d{1,5}$/.test(text) && !secretName.test(lastOf(key))) return [];
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return [text];
  if (!URL.canParse(text)) return [text];
  const { protocol, username, password, searchParams } = new URL(text);
  // In a web address a name without a password is a token; a database asks such a one for nothing.
  const token = /^https?:$/.test(protocol) && password === '' ? username : '';
  const asked = [...searchParams].flatMap(([name, value]) => (secretName.test(name) ? [value] : []));
  return [...bothForms(password), ...bothForms(token), ...asked].filter((secret) => secret !== '');
}

/** As it stands in the URL, and as it is sent. */
function bothForms(part: string): readonly string[] {
  try {
    return [part, decodeURIComponent(part)];
  } catch {
    return [part];
  }
}

/** `targets.api.token` → `token` */
function lastOf(key: string): string {
  return key.split('.').at(-1) ?? key;
}

/** Why a literal string may be a secret, or `null`. */
export function looksSecret(key: string, text: string): string | null {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return 'a private key stands in the file';
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:[^/@\s]+@/i.test(text))
    return 'a URL with a password stands in the file';
  // As libpq takes it, in a URL's query or as `host=… password=…`, and as web services do.
  if (/(^|[?&;\s'"])(ssl)?(password|passwd|pwd|passphrase)\s*=\s*[^\s&;'"]/i.test(text))
    return 'a connection string with a password stands in the file';
  if (
    /^[a-z][a-z0-9+.-]*:\/\/[^\s]*[?&](access[_-]?token|auth[_-]?token|token|api[_-]?key|secret|sig)=[^\s&]{6,}/i.test(
      text,
    )
  )
    return 'a URL with a token stands in the file';
  if (/\b(AKIA|ASIA)[A-Z0-9]{16}\b/.test(text)) return 'an AWS access key stands in the file';
  if (/\b(ghp|gho|ghs|ghu|github_pat|glpat|xox[abp]|sk_live|rk_live)[_-][A-Za-z0-9_-]{10,}/.test(text)) {
    return 'a provider token stands in the file';
  }
  // A JSON pointer (`/accessToken`) says where a token is found, not what it is.
  if (secretName.test(lastOf(key)) && text.length >= 6 && !text.startsWith('/'))
    return 'a secret stands in the file';
  return null;
}

/** One error for all problems of an estate, each with its key and its fix. */
export function problemsError(file: string, problems: readonly Problem[]): SuretyError {
  const lines = problems.map(({ key, fact, hint }) => `  ${key}: ${fact}\n    ${hint}`);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new SuretyError(
    'estate/invalid',
    `${file} has ${count}\n${lines.join('\n')}`,
    'mend the keys above, then run it again',
  );
}
