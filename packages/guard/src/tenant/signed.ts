import { createHmac } from 'node:crypto';
import { TenantError } from './error.ts';
import type { Naming, Statement } from './tenancy.ts';

/** One key for signing tenants. The secret is at least 32 random bytes and is known to the API and to `ctx.signing_keys`. */
export type SigningKey = { readonly id: string; readonly secret: Uint8Array };

export type SignedByOptions = {
  readonly key: SigningKey;
  /** As in `signedContextSql`. Default `ctx`. */
  readonly schema?: string;
  /** How long a token is good for. Default 60; the clocks of API and database may differ by less than that. */
  readonly seconds?: number;
  /** Bind each token to the server process it is sent to. Not behind a pooler, which gives out processes of its own. */
  readonly perBackend?: boolean;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
};

/**
 * Names the tenant by a token that only a holder of the key can make, to a database that `signedContextSql` has
 * prepared. SQL that an attacker gets into a query can then not name another tenant.
 *
 * What it does not stop: whoever reads a token can use it again until it expires (bound to one server process with
 * `perBackend`), and whoever can send a statement of their own can still `SET` the setting: `TenantClient` refuses that.
 *
 * @example
 * createTenancy({ setting: 'app.current_user_id', naming: signedBy({ key: { id: '2025-01', secret } }) });
 *
 * @throws {TenantError} `tenant/option`
 */
export function signedBy(options: SignedByOptions): Naming {
  const { key, schema = 'ctx', seconds = 60, perBackend = false, now = Date.now } = options;
  checkKey(key);
  checkName('schema', schema);
  const text = `select "${schema}".begin($1)`;
  return (tenant, { setting, backend }) => {
    if (perBackend && backend === null) {
      throw new TenantError(
        'tenant/driver',
        'the driver does not say which server process answers',
        'leave out perBackend',
      );
    }
    const claims = [
      key.id,
      String(Math.ceil(now() / 1000) + seconds),
      perBackend ? String(backend) : '0',
      Buffer.from(tenant, 'utf8').toString('hex'),
    ].join('.');
    const mac = createHmac('sha256', key.secret).update(`${setting}.${claims}`).digest('hex');
    return { text, values: [`${claims}.${mac}`] };
  };
}

/** Puts a key where `ctx.begin` finds it. Run it as the migrator; the secret travels as a bind. */
export function addSigningKey(
  key: SigningKey,
  { schema = 'ctx' }: { readonly schema?: string } = {},
): Statement {
  checkKey(key);
  checkName('schema', schema);
  return {
    text: `insert into "${schema}".signing_keys (id, secret) values ($1, decode($2, 'hex'))`,
    values: [key.id, Buffer.from(key.secret).toString('hex')],
  };
}

function checkKey({ id, secret }: SigningKey): void {
  if (!/^[\w-]{1,40}$/.test(id)) {
    throw new TenantError(
      'tenant/option',
      'the id of the signing key has an odd form',
      'letters, digits, - and _',
    );
  }
  if (secret.byteLength < 32) {
    throw new TenantError(
      'tenant/option',
      'the signing key is shorter than 32 bytes',
      'make one: openssl rand -hex 32',
    );
  }
}

/** Names that need no quoting, so that a quote inside one is never a question. */
export function checkName(what: string, name: string): void {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(name)) return;
  throw new TenantError('tenant/option', `the ${what} has an odd name`, 'lower-case letters, digits and _');
}
