import { kinds } from '../packages/surety/src/targets/registry.ts';

/** As little as one target of each kind takes, as it stands in `surety.config.ts`. */
const examples: Readonly<Record<string, string>> = {
  backup: `'shop-backup': {
  kind: 'backup', database: 'shop-db', url: env('BACKUP_URL'),
  stores: { disk: { folder: '/mnt/backup' } },
  recipients: [env('BACKUP_RECIPIENT'), env('ESCROW_RECIPIENT')], signers: [env('BACKUP_SIGNER')],
},`,
  http: `'shop-api': {
  kind: 'http', url: env('API_URL'), database: 'shop-db',
  actors: { alice: { tenant: env('ALICE_ID'), token: env('ALICE_TOKEN') }, bob: { tenant: env('BOB_ID'), token: env('BOB_TOKEN') } },
  collections: [{ path: '/orders', rows: '/items', table: 'public.orders' }],
},`,
  postgres: `'shop-db': {
  kind: 'postgres', url: env('DATABASE_URL'),
  inspector: env('DATABASE_INSPECTOR_URL'), // reads every row, attacks nothing
  tenancy: { setting: 'app.current_user_id' },
},`,
  repo: `'shop-repo': {
  kind: 'repo', path: '.',
},`,
  service: `'shop-process': {
  kind: 'service', command: ['node', 'dist/main.js'],
  env: { DATABASE_URL: env('DATABASE_URL') },
  ready: { line: 'listening on (?<url>https?://\\\\S+)' },
},`,
  tls: `'shop-tls': {
  kind: 'tls', host: 'shop.example.com', port: 443,
},`,
};

const samples: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgresql://api@127.0.0.1/shop',
  DATABASE_INSPECTOR_URL: 'postgresql://inspector@127.0.0.1/shop',
  BACKUP_URL: 'postgresql://backup@127.0.0.1/shop',
  BACKUP_RECIPIENT: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  ESCROW_RECIPIENT: 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg',
  BACKUP_SIGNER: '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
  API_URL: 'https://shop.example.com',
};

/** @throws where there is none, or the kind does not take it: an example that does not work is worse than none */
export function exampleOf(kind: string): string {
  const text = examples[kind];
  const known = kinds.get(kind);
  if (text === undefined || known === undefined)
    throw new Error(`scripts/target-examples.ts has no example of the kind ${kind}`);
  const read = new Function('env', `return ({ ${text} })`);
  const [target] = Object.values(read((name: string) => samples[name] ?? 'sample')) as readonly object[];
  const { kind: named, ...facts } = { kind: '', ...target };
  const parsed = known.facts.safeParse(facts);
  if (named !== kind || !parsed.success)
    throw new Error(`the example of ${kind} in scripts/target-examples.ts does not hold: ${parsed.error}`);
  return text;
}
