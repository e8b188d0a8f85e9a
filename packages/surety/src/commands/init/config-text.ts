import { slug } from '../slug.ts';
import type { Found } from './detect.ts';

/** What init knows and was told; everything that the configuration says comes from here. */
export type Choices = {
  readonly name: string;
  readonly environment: string;
  readonly database: {
    readonly variable: string;
    readonly inspector: string;
    readonly setting: string;
  } | null;
  readonly api: { readonly variable: string } | null;
};

export type Need = { readonly variable: string; readonly what: string; readonly how: string };

export function choose(found: Found, folder: string): Choices {
  const database =
    found.orms.length > 0 ||
    found.tenantSetting !== null ||
    found.services.some(({ image }) => /(?:^|\/)(?:postgres|postgis|pgvector|timescaledb)/.test(image ?? ''));
  const variable =
    found.variables.find((name) => name === 'DATABASE_URL') ??
    found.variables.find((name) => /^(?:POSTGRES|PG|DATABASE|DB)\w*_(?:URL|URI)$/.test(name)) ??
    'DATABASE_URL';
  return {
    name: slug(found.name ?? folder, 'estate'),
    environment: 'production',
    database: database
      ? {
          variable,
          inspector: 'DATABASE_INSPECTOR_URL',
          setting: found.tenantSetting ?? 'app.current_user_id',
        }
      : null,
    api: found.frameworks.length > 0 ? { variable: 'API_URL' } : null,
  };
}

/** The variables that the configuration reads, and how to get what belongs into them. */
export function needs({ database, api }: Choices): readonly Need[] {
  return [
    ...(database
      ? [
          {
            variable: database.variable,
            what: 'connection string of the role that the application really uses; attacks are made with it',
            how: 'take it from where the application gets it, not from an administrator',
          },
          {
            variable: database.inspector,
            what: 'connection string of a role that may read every row and that no application uses; it attacks nothing',
            how: "create role surety_inspector login bypassrls password '…'; grant pg_read_all_data to surety_inspector;",
          },
        ]
      : []),
    ...(api
      ? [
          {
            variable: api.variable,
            what: 'where the API answers: https://api.example.com',
            how: 'take the address that your users use, not one behind the proxy',
          },
        ]
      : []),
  ];
}

/** `surety.config.ts`, with remarks for whoever reads it next. */
export function configText(choices: Choices, found: Found): string {
  const { name, environment, database, api } = choices;
  const lines = [
    "import type { SuretyConfig } from 'surety';",
    '',
    `// What is yours to prove. Seen here: ${seen(found)}.`,
    '// Secrets come by env(), file() or command(); literals that look like one are refused.',
    `export default (({ ${database || api ? 'env' : ''} }) => ({`.replace('{  }', '{}'),
    `  name: ${quoted(name)},`,
    `  environment: ${quoted(environment)},`,
    '  targets: {',
    `    ${quoted(`${name}-repo`)}: { kind: 'repo', path: '.' },`,
    ...(database ? databaseLines(name, database) : remarkedDatabase(name)),
    ...(database ? remarkedBackups(name) : []),
    ...(api
      ? apiLines(name, api, database !== null)
      : ["    // no API was found; one is added as { kind: 'http', url: … }"]),
    '  },',
    '  // Who may attest, own and approve. They sign with their own SSH key.',
    '  people: {',
    "    // alice: { name: 'Alice Example', key: 'ssh-ed25519 AAAA…' },",
    '  },',
    "  frameworks: ['tsc', 'mp22', 'phase7'],",
    '  // Whoever owns what is not on this machine says here that it may be attacked, and until when.',
    "  // authorised: { by: 'alice', until: '2027-01-31' },",
    '})) satisfies SuretyConfig;',
  ];
  return `${lines.join('\n')}\n`;
}

function databaseLines(name: string, database: NonNullable<Choices['database']>): readonly string[] {
  return [
    `    ${quoted(`${name}-db`)}: {`,
    "      kind: 'postgres',",
    '      // The role that the application really uses: what it may do is what an attacker may do.',
    `      url: env(${quoted(database.variable)}),`,
    '      // A role that reads every row (BYPASSRLS) and that no application uses. It attacks nothing.',
    `      inspector: env(${quoted(database.inspector)}),`,
    '      // The role that owns the tables; only apply and undo use it. Straight to the server, not through a pooler.',
    "      // migrator: env('DATABASE_MIGRATOR_URL'), // postgresql://migrator:…@db.example.com:5432/app",
    '      // The setting that your policies read and your API sets for every request.',
    `      tenancy: { setting: ${quoted(database.setting)} },`,
    '    },',
  ];
}

/** What a database would take, for somebody to fill in. */
function remarkedDatabase(name: string): readonly string[] {
  const usual = {
    variable: 'DATABASE_URL',
    inspector: 'DATABASE_INSPECTOR_URL',
    setting: 'app.current_user_id',
  };
  return [
    '    // No database was found. With one, this is what it takes, and ({ env }) above:',
    ...databaseLines(name, usual).map((line) => `    // ${line.slice(4)}`),
  ];
}

/** What backups take: keys that are made first, and where they go, which nobody can guess. */
function remarkedBackups(name: string): readonly string[] {
  const lines = [
    `${quoted(`${name}-backups`)}: {`,
    "  kind: 'backup',",
    `  database: ${quoted(`${name}-db`)},`,
    '  // A superuser, or BYPASSRLS with pg_read_all_data: a role under row security would dump nothing, and succeed.',
    "  url: env('BACKUP_DATABASE_URL'),",
    '  // Best two that are not lost together; docs/targets.md says what a bucket takes.',
    "  stores: { vault: { folder: '/srv/backups' } },",
    '  // `surety backup --new-identity FILE` makes one and prints its recipient; one of them goes into escrow.',
    "  recipients: [env('BACKUP_RECIPIENT'), env('BACKUP_RECIPIENT_ESCROW')],",
    '  // As `surety backup --signer` prints it here.',
    "  signers: [env('BACKUP_SIGNER')],",
    '},',
  ];
  return [
    '    // Its backups, made by `surety backup` and tried by `surety drill`:',
    ...lines.map((line) => `    // ${line}`),
  ];
}

function apiLines(name: string, api: NonNullable<Choices['api']>, database: boolean): readonly string[] {
  return [
    `    ${quoted(`${name}-api`)}: {`,
    "      kind: 'http',",
    `      url: env(${quoted(api.variable)}),`,
    ...(database ? [`      database: ${quoted(`${name}-db`)},`] : []),
    '      // Two actors of different tenants let attacks between tenants run; see docs/targets.md.',
    '    },',
  ];
}

function seen(found: Found): string {
  const parts = [
    found.packageManager,
    ...found.frameworks,
    ...found.orms,
    count(found.dockerfiles.length, 'Dockerfile'),
    count(found.workflows.length, 'workflow'),
    count(found.services.length, 'compose service'),
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'nothing that is known' : parts.join(', ');
}

function count(number: number, noun: string): string | null {
  return number === 0 ? null : `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
