import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';

/** Thrown at the start, with one line per setting that is wrong. Never holds a value: some of them are secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Config = z.infer<typeof environment>;

const file = z
  .string()
  .min(1)
  .transform((path, context) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      context.addIssue({ code: 'custom', message: `the file cannot be read (${code})` });
      return z.NEVER;
    }
  });

const databaseUrl = z.string().refine(
  (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return url !== undefined && /^postgres(ql)?:$/.test(url.protocol) && url.hostname !== '';
  },
  { error: 'must be postgresql://role:password@host:port/database' },
);

const jwtSecret = z
  .string({ error: 'is missing: make one with openssl rand -hex 32' })
  .refine((value) => Buffer.byteLength(value) >= 32, {
    error: 'must have at least 32 bytes: openssl rand -hex 32',
  })
  .refine(
    (value) => new Set(value).size >= 10 && !/secret|change|default|example|password|test/i.test(value),
    {
      error: 'is a weak or default value: make one with openssl rand -hex 32',
    },
  );

const environment = z
  .object({
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(8443),
    TLS_CERT_FILE: file,
    TLS_KEY_FILE: file,
    DATABASE_URL: databaseUrl,
    /** Certificate authority of the database server. With it, the connection checks chain and host name. */
    DATABASE_CA_FILE: file.optional(),
    /** Connections of this process. All processes together must stay under the role's limit (roles.sql). */
    DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(50).default(10),
    JWT_SECRET: jwtSecret,
    JWT_ISSUER: z.string().min(1).default('https://budget.example'),
    JWT_AUDIENCE: z.string().min(1).default('budget-api'),
    /** Seconds; at most 15 minutes, because an access token cannot be taken back. */
    JWT_LIFETIME: z.coerce.number().int().min(30).max(900).default(600),
    /** log2 of the scrypt cost that accounts have: an unknown email then takes as long as a known one. */
    PASSWORD_COST: z.coerce.number().int().min(14).max(20).default(17),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  })
  .superRefine((env, context) => {
    const url = new URL(env.DATABASE_URL);
    if ([...url.searchParams.keys()].some((key) => key.startsWith('ssl'))) {
      const message = 'must not have ssl parameters: TLS comes from DATABASE_CA_FILE, and is always verified';
      context.addIssue({ code: 'custom', path: ['DATABASE_URL'], message });
    }
    if (env.DATABASE_CA_FILE === undefined && !isLoopback(url.hostname)) {
      const message = 'is missing: a database that is not on this machine needs verified TLS';
      context.addIssue({ code: 'custom', path: ['DATABASE_CA_FILE'], message });
    }
  });

/** @throws {ConfigError} naming every setting that is missing or wrong */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = environment.safeParse(env);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return `${name} ${env[name] === undefined && issue.code === 'invalid_type' ? 'is missing' : issue.message}`;
  });
  throw new ConfigError(lines.join('\n'));
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
