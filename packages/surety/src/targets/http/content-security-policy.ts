/** One policy: directive names in lower case, with their sources as sent. A repeated directive does not count. */
export type Policy = ReadonlyMap<string, readonly string[]>;

/** Every policy of an answer: each header, and each part between commas, is one, and all of them hold (CSP 3 §2.2). */
export function parsePolicies(values: readonly string[]): readonly Policy[] {
  return values
    .flatMap((value) => value.split(','))
    .map(parsePolicy)
    .filter((policy) => policy.size > 0);
}

function parsePolicy(text: string): Policy {
  const policy = new Map<string, readonly string[]>();
  for (const part of text.split(';')) {
    const [name, ...sources] = part.trim().split(/\s+/);
    if (name && !policy.has(name.toLowerCase())) policy.set(name.toLowerCase(), sources);
  }
  return policy;
}

const none = (sources: readonly string[] | undefined) =>
  sources !== undefined &&
  (sources.length === 0 || (sources.length === 1 && sources[0]?.toLowerCase() === "'none'"));
const noneOrSelf = (sources: readonly string[] | undefined) =>
  none(sources) || (sources?.length === 1 && sources[0]?.toLowerCase() === "'self'");

/** The sources of a directive that falls back on `default-src`. */
const fetched = (policy: Policy, name: string) => policy.get(name) ?? policy.get('default-src');

const nonce = /^'nonce-([A-Za-z0-9+/_-]+={0,2})'$/i;
const hash = /^'sha(256|384|512)-[A-Za-z0-9+/_-]+={0,2}'$/i;

/** The nonces of an answer's policies, to see that they change. */
export function noncesIn(policies: readonly Policy[]): readonly string[] {
  return policies.flatMap((policy) =>
    [...policy.values()].flat().flatMap((source) => nonce.exec(source)?.[1] ?? []),
  );
}

type Rule = { readonly flaw: string; readonly holds: (policy: Policy) => boolean };

const framing: Rule = {
  flaw: 'frame-ancestors lets others frame it',
  holds: (policy) => noneOrSelf(policy.get('frame-ancestors')),
};

/** What is not a page loads nothing, so that nothing is what it may load. */
const dataRules: readonly Rule[] = [
  {
    flaw: "default-src is not 'none'",
    holds: (policy) => none(policy.get('default-src')) && !loosened(policy),
  },
  framing,
  { flaw: "base-uri is not 'none'", holds: (policy) => none(policy.get('base-uri')) },
];

const pageRules: readonly Rule[] = [
  {
    flaw: 'script-src runs what was injected',
    holds: (policy) => keepsOut(fetched(policy, 'script-src'), true),
  },
  {
    flaw: 'style-src applies what was injected',
    holds: (policy) => keepsOut(fetched(policy, 'style-src'), false),
  },
  { flaw: "object-src is not 'none'", holds: (policy) => none(fetched(policy, 'object-src')) },
  { flaw: "base-uri is not 'none' or 'self'", holds: (policy) => noneOrSelf(policy.get('base-uri')) },
  framing,
];

/** What the policies of one answer leave open. Each rule is met when one policy meets it, because all of them hold. */
export function policyFlaws(policies: readonly Policy[], page: boolean): readonly string[] {
  if (policies.length === 0) return ['no policy'];
  return (page ? pageRules : dataRules).filter(({ holds }) => !policies.some(holds)).map(({ flaw }) => flaw);
}

/** A directive that takes back what `default-src 'none'` gives. */
function loosened(policy: Policy): boolean {
  return [...policy].some(
    ([name, sources]) => /^(script|style|object|worker|frame|child|connect)-src/.test(name) && !none(sources),
  );
}

/** Neither inline code, nor code from whole schemes or anywhere. A nonce or a hash switches 'unsafe-inline' off. */
function keepsOut(sources: readonly string[] | undefined, script: boolean): boolean {
  if (sources === undefined) return false;
  const lower = sources.map((source) => source.toLowerCase());
  const guarded = sources.some((source) => strongNonce(source) || hash.test(source));
  if (sources.some((source) => nonce.test(source) && !strongNonce(source))) return false;
  if (lower.includes("'unsafe-inline'") && !guarded) return false;
  if (script && lower.includes("'unsafe-eval'")) return false;
  // With 'strict-dynamic' browsers ignore hosts and schemes, which stand there for old ones.
  const wide = lower.some((source) => /^(\*|https?:|data:|blob:|filesystem:|https?:\/\/\*)$/.test(source));
  return !wide || (script && guarded && lower.includes("'strict-dynamic'"));
}

/** 128 bits, as CSP 3 §7.1 wants them. */
function strongNonce(source: string): boolean {
  const value = nonce.exec(source)?.[1];
  return value !== undefined && value.replace(/=+$/, '').length >= 22;
}
