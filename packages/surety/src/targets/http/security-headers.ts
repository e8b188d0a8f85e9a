import { type HttpAnswer, headerValues } from './answer.ts';
import { parsePolicies, policyFlaws } from './content-security-policy.ts';

/** What one header of one answer is worth, as a browser would read it. */
export type HeaderFinding = {
  readonly header: string;
  readonly want: string;
  readonly got: string;
  readonly holds: boolean;
};

type Head = Pick<HttpAnswer, 'headers'>;
type Rule = {
  readonly header: string;
  readonly want: string;
  /** What is wrong with the values as sent, at least one of which is not empty; `null`: nothing. */
  readonly flaw: (values: readonly string[], answer: Head) => string | null;
};

const year = 31_536_000;

const rules: readonly Rule[] = [
  {
    header: 'Strict-Transport-Security',
    want: 'max-age of a year or more, includeSubDomains',
    flaw: hstsFlaw,
  },
  {
    header: 'Content-Security-Policy',
    want: 'a policy that lets nothing injected run, load or frame',
    flaw: (values, answer) => policyFlaws(parsePolicies(values), isPage(answer)).join('; ') || null,
  },
  // Fetch reads the first of a list, whether in one line or several.
  {
    header: 'X-Content-Type-Options',
    want: 'nosniff',
    flaw: (values) => unless(listed(values)[0] === 'nosniff', shown(values)),
  },
  { header: 'Referrer-Policy', want: 'no path to other origins', flaw: referrerFlaw },
  {
    header: 'Cross-Origin-Opener-Policy',
    want: 'same-origin',
    flaw: single(['same-origin', 'same-origin-allow-popups', 'noopener-allow-popups']),
  },
  { header: 'Cross-Origin-Resource-Policy', want: 'same-origin', flaw: single(['same-origin', 'same-site']) },
  {
    header: 'Permissions-Policy',
    want: 'camera, microphone and geolocation off or own',
    flaw: permissionsFlaw,
  },
];

/** Judges every header that each answer must have, and those that it must not. */
export function judgeHeaders(answer: Head, authenticated: boolean): readonly HeaderFinding[] {
  const required = authenticated ? [...rules, noStore] : rules;
  return [
    ...required.map(({ header, want, flaw }): HeaderFinding => {
      const values = headerValues(answer, header);
      const empty = values.every((value) => value.trim() === '');
      const why = values.length === 0 ? 'missing' : empty ? 'empty' : flaw(values, answer);
      return { header, want, got: why ?? 'as wanted', holds: why === null };
    }),
    disclosure(answer),
    ...cookies(answer),
  ];
}

const noStore: Rule = {
  header: 'Cache-Control',
  want: 'no-store, because it is for one session only',
  flaw: (values) => unless(listed(values).includes('no-store'), shown(values)),
};

/** Whether browsers would render it, so that scripts in it would run. */
export function isPage(answer: Head): boolean {
  return /^\s*(text\/html|application\/xhtml\+xml|image\/svg\+xml)\b/i.test(
    headerValues(answer, 'content-type')[0] ?? '',
  );
}

function hstsFlaw(values: readonly string[]): string | null {
  // Browsers take the first and other clients the last (RFC 6797 §8.1): two that differ are none.
  if (new Set(values.map((value) => value.toLowerCase().replace(/\s/g, ''))).size > 1)
    return `sent ${values.length} times, differently: ${shown(values)}`;
  const directives = (values[0] ?? '').split(';').flatMap((part) => part.trim().toLowerCase() || []);
  const names = directives.map((directive) => directive.split('=', 1)[0]?.trim());
  if (new Set(names).size < names.length) return `a directive is repeated: ${shown(values)}`;
  const age = directives.flatMap((directive) => /^max-age\s*=\s*"?(\d+)"?$/.exec(directive)?.[1] ?? [])[0];
  return unless(Number(age ?? 0) >= year && directives.includes('includesubdomains'), shown(values));
}

const quiet = ['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin'];
const chatty = ['no-referrer-when-downgrade', 'origin', 'origin-when-cross-origin', 'unsafe-url'];

/** The last value that a browser knows is in force. */
function referrerFlaw(values: readonly string[]): string | null {
  const last = listed(values).findLast((value) => quiet.includes(value) || chatty.includes(value));
  return unless(last !== undefined && quiet.includes(last), shown(values));
}

/** One item, once: browsers ignore the header when there are two, even when they agree. */
function single(allowed: readonly string[]) {
  return (values: readonly string[]): string | null => {
    if (values.length > 1) return `sent ${values.length} times, so that browsers ignore it: ${shown(values)}`;
    const item = (values[0] ?? '').split(';', 1)[0]?.trim() ?? '';
    return unless(allowed.includes(item), shown(values));
  };
}

/** Lists merge, and the last mention of a feature counts (RFC 9651 §4.2.2). */
function permissionsFlaw(values: readonly string[]): string | null {
  const members = new Map(
    values
      .join(',')
      .split(/,(?![^(]*\))/)
      .map((member) => {
        const [feature = '', ...rest] = member.split('=');
        return [feature.trim(), rest.join('=').split(';', 1)[0]?.trim() ?? ''] as const;
      }),
  );
  const off = (feature: string) => /^(\(\s*(self)?\s*\)|self)$/.test(members.get(feature) ?? '');
  const open = ['camera', 'microphone', 'geolocation'].filter((feature) => !off(feature));
  return open.length === 0 ? null : `open: ${open.join(', ')}`;
}

const telling = ['X-Powered-By', 'X-AspNet-Version', 'X-AspNetMvc-Version', 'X-Generator'];

function disclosure(answer: Head): HeaderFinding {
  const told = [
    ...headerValues(answer, 'server').flatMap((value) => (/\d/.test(value) ? [`Server: ${value}`] : [])),
    ...telling.flatMap((name) => headerValues(answer, name).map((value) => `${name}: ${value}`)),
  ];
  return {
    header: 'Server, X-Powered-By',
    want: 'no product version',
    got: told.map(clip).join('; ') || 'none',
    holds: told.length === 0,
  };
}

/** Names and flags only: values are secrets. */
function cookies(answer: Head): readonly HeaderFinding[] {
  return headerValues(answer, 'set-cookie').flatMap((line) => {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const name = pair.split('=', 1)[0] ?? '';
    const flags = attributes.map((attribute) => attribute.toLowerCase().replace(/\s*=\s*/, '='));
    // One that is being removed carries nothing.
    if (pair === `${name}=` && flags.some((flag) => flag === 'max-age=0' || flag.startsWith('expires=')))
      return [];
    const flaws = [
      ...(name.startsWith('__Host-') ? [] : ['not named __Host-']),
      ...(flags.includes('secure') ? [] : ['not Secure']),
      ...(flags.includes('httponly') ? [] : ['not HttpOnly']),
      ...(flags.includes('path=/') ? [] : ['not Path=/']),
      ...(flags.some((flag) => flag.startsWith('domain=')) ? ['has a Domain'] : []),
    ];
    const got = flaws.join(', ') || 'as wanted';
    return [
      { header: `cookie ${clip(name)}`, want: '__Host-, Secure, HttpOnly', got, holds: flaws.length === 0 },
    ];
  });
}

function listed(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => value.split(',').map((part) => part.trim().toLowerCase()));
}

function unless(holds: boolean, got: string): string | null {
  return holds ? null : got;
}

function shown(values: readonly string[]): string {
  return clip(values.join(' | '));
}

function clip(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
