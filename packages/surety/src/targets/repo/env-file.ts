import { baseOf, type RepoPath } from './name.ts';

/** `plain` holds values, `template` shows which there are, `sealed` is meant to be encrypted. */
export type EnvFile = 'plain' | 'template' | 'sealed';

const code = /\.(?:[cm]?[jt]sx?|mdx?|go|py|rs|rb|java|html?|css|sh)$/;
const remarks = /\.(?:mdx?|d\.ts)$/;
const templateWord = /(?:^|[._-])(?:example|sample|template|dist|defaults?|schema|tpl|tmpl)$/;
const sealedWord = /\.(?:vault|enc|encrypted|age|gpg|asc|sops)$/;

/** What a path is by its name; `null` where it is no env file. */
export function envFileOf(path: RepoPath): EnvFile | null {
  const base = baseOf(path).toLowerCase();
  const folders = path.toLowerCase().split('/').slice(0, -1);
  if (/^env[._-]/.test(base) && templateWord.test(base)) return 'template';
  // A name that begins so is one, whatever it ends in (`.env.js`, `.env~`); `app.env.ts` is source code.
  const named = /^\.env(?:rc)?(?![a-z])/.test(base)
    ? !remarks.test(base)
    : /\.env(?:rc)?(?![a-z])/.test(base) && !code.test(base);
  const kept = folders.some((folder) => folder === '.env' || folder === '.envs');
  if (!named && !kept) return null;
  if (templateWord.test(base) || /^(?:example|sample|template)[._-]env$/.test(base)) return 'template';
  return sealedWord.test(base) ? 'sealed' : 'plain';
}

/** Names that teams give to env files, one of which must be ignored as well as the other. */
export const usualEnvNames = [
  '.env',
  '.env.local',
  '.env.development',
  '.env.test',
  '.env.staging',
  '.env.production',
  '.env.production.local',
  '.env.devnet',
  '.env.sandbox',
] as const;

export type Suspicion = {
  /** The variable, or `line 7` where what stands before the sign is no usual name. */
  readonly where: string;
  readonly why: string;
};

/** Values in a template that are more than placeholders. The values themselves are not given. */
export function suspicions(text: string): readonly Suspicion[] {
  return text.split(/\r?\n/).flatMap((line, index): readonly Suspicion[] => {
    const { key, value } = assignment(line);
    const where = /^[A-Z][A-Z0-9_]{0,63}$/.test(key) && !isProviderSecret(key) ? key : `line ${index + 1}`;
    if (isProviderSecret(line)) return [{ where, why: 'it has the shape of a real secret' }];
    const password = passwordOf(value);
    if (password === null && isPlaceholder(value)) return [];
    if (password !== null) return password ? [{ where, why: 'an address with a password in it' }] : [];
    return holdsSecret(key, value) ? [{ where, why: 'a value that is no placeholder' }] : [];
  });
}

/** Whether a file that should be encrypted shows values all the same. */
export function isSealed(bytes: Buffer): boolean {
  const text = bytes.toString('latin1');
  if (/^(?:age-encryption\.org\/|-----BEGIN (?:AGE|PGP) |Salted__|U2FsdGVkX1)/.test(text)) return true;
  if (/[\0\x80-\x9f]/.test(text)) return !/^\s*(?:export\s+)?[A-Z][A-Z0-9_]*\s*=/m.test(text);
  return text
    .split(/\r?\n/)
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .every((line) => {
      const { key, value } = assignment(line);
      const outer = /^(?:DOTENV_VAULT|DOTENV_PUBLIC_KEY|sops_)/.test(key);
      return outer || /^(?:encrypted:|ENC\[)/.test(value) || (key !== '' && value === '');
    });
}

function assignment(line: string): { readonly key: string; readonly value: string } {
  // A variable that was commented out still shows its value; other remarks are prose.
  const found =
    /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/.exec(line) ??
    /^\s*([A-Z][A-Z0-9_]*)\s*:\s+(.*)$/.exec(line) ??
    /^\s*#\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*)$/.exec(line);
  const raw = found?.[2]?.trim() ?? '';
  const quoted = /^(["'`])(.*?)\1/.exec(raw)?.[2];
  return { key: found?.[1] ?? '', value: quoted ?? raw.replace(/(?:^|\s+)#.*$/, '').trim() };
}

const providerShapes = [
  /\b(?:AKIA|ASIA)([A-Z0-9]{16})\b/,
  /\bgh[pousr]_([A-Za-z0-9]{36,})\b/,
  /\bgithub_pat_(\w{40,})/,
  /\bglpat-([\w-]{20,})/,
  /\b[sr]k_(?:live|test)_([A-Za-z0-9]{16,})/,
  /\bwhsec_([A-Za-z0-9+/=]{24,})/,
  /\bxox[abeprs]-([\w-]{12,})/,
  /\bhooks\.slack\.com\/services\/(T\w+\/B\w+\/\w+)/,
  /\bAIza([\w-]{35})\b/,
  /\bSG\.([\w-]{16,}\.[\w-]{16,})/,
  /\bnpm_([A-Za-z0-9]{36})\b/,
  /\bsk-(?:ant-|proj-)?([A-Za-z0-9_-]{24,})/,
  /\b(eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,})/,
  /\bAGE-SECRET-KEY-(1[A-Z0-9]{50,})/,
  /-----BEGIN [A-Z ]*(PRIVATE KEY)-----/,
];

/** Whether something has the shape that a provider gives its secrets, and is no filler in that shape. */
function isProviderSecret(text: string): boolean {
  return providerShapes.some((shape) => {
    const body = shape.exec(text)?.[1];
    if (body === undefined) return false;
    return body === 'PRIVATE KEY' || (new Set(body).size > 5 && !/example|placeholder|your|x{6}/i.test(body));
  });
}

const placeholderWords =
  /example|change|your|replace|placeholder|dummy|todo|fixme|insert|sample|redacted|generate|openssl|fill|set[-_ ]?me|here\b|x{3}|\*{3}|\.{3}|…/i;

function isPlaceholder(value: string): boolean {
  if (value === '' || new Set(value).size <= 3) return true;
  if (/^(?:<[^>]*>|\$\{[^}]*\}|\$[A-Z_]+|\{\{.*\}\})$/.test(value)) return true;
  if (/^(?:true|false|null|none|\d{1,6})$/i.test(value)) return true;
  return placeholderWords.test(value) && !looksRandom(value);
}

const secretName =
  /(?:secret|passw(?:or)?d|passphrase|pass|pwd|token|credentials?|salt|pepper|(?:^|_)key)s?$/i;
const publicName = /public|publishable|(?:sort|cache|primary|foreign|partition)_?key$/i;

/** A literal given to a name that asks for a secret, whether it looks random or not. */
function holdsSecret(key: string, value: string): boolean {
  if (!secretName.test(key) || publicName.test(key)) return false;
  // One short word in small letters is what local databases are started with, and no secret.
  return !/^[a-z]{1,12}$/.test(value);
}

/** Whether the password in an address is more than a local default; `null` where it has none. */
function passwordOf(value: string): boolean | null {
  const found = /^[a-z][a-z0-9+.-]*:\/\/([^:/@\s]*):([^@\s]*)@([^/\s:?,]+)/i.exec(value);
  if (found === null) return null;
  const [, user = '', password = '', host = ''] = found;
  if (isPlaceholder(password) || user === password) return false;
  const local =
    /^(?:localhost|127\.0\.0\.1|\[::1\]|[a-z0-9_-]+|.*\.(?:local|internal\.example|example(?:\.\w+)?))$/i.test(
      host,
    );
  return looksRandom(password) || !(local && /^[a-z]{1,12}$/.test(password));
}

/** One unbroken piece of 16 and more characters of several kinds. */
function looksRandom(value: string): boolean {
  return value.split(/[-_ .:/]/).some((piece) => {
    const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(piece)).length;
    return piece.length >= 16 && kinds >= 2 && new Set(piece).size >= 8;
  });
}
