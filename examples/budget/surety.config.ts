import type { SuretyConfig } from 'surety';
import { budgetBackups } from './surety/budget-backups.ts';

/**
 * What cannot be discovered about this system. `surety prove` looks at it, `npm run demo` in the repository of surety
 * starts all of it on this machine first. Every value comes from the environment: `.env.example` says what each is.
 */
export default (({ env }) => ({
  name: 'budget',
  environment: 'demo',
  writer: 'demo',
  targets: {
    'budget-api': {
      kind: 'http',
      url: env('API_URL'),
      ca: env('BUDGET_CA_FILE'),
      database: 'budget-db',
      requests: 10_000,
      actors: {
        alice: {
          tenant: env('ALICE_ID'),
          signIn: {
            path: '/auth/sign-in',
            body: { email: env('ALICE_EMAIL'), password: env('DEMO_PASSWORD') },
            token: '/accessToken',
          },
        },
        bob: {
          tenant: env('BOB_ID'),
          signIn: {
            path: '/auth/sign-in',
            body: { email: env('BOB_EMAIL'), password: env('DEMO_PASSWORD') },
            token: '/accessToken',
          },
        },
      },
      collections: [
        { path: '/spaces', rows: '/items', table: 'public.spaces' },
        { path: '/accounts', rows: '/items', table: 'public.accounts' },
        { path: '/transactions', rows: '/items', table: 'public.transactions' },
        { path: '/budgets', rows: '/items', table: 'public.budgets' },
      ],
      probes: {
        public: '/health/live',
        authenticated: '/accounts',
        write: { path: '/auth/sign-in', method: 'POST' },
        // Nobody is in this space: the policy of the table refuses the row, and the transaction is rolled back.
        violating: {
          path: '/budgets',
          body: {
            spaceId: '00000000-0000-4000-8000-000000000000',
            name: 'nobody’s',
            limitMinor: 1,
            currency: 'EUR',
            startsOn: '2026-01-01',
          },
        },
      },
    },
    'budget-tls': { kind: 'tls', host: '127.0.0.1', port: env('API_PORT'), ca: env('BUDGET_CA_FILE') },
    'budget-db': {
      kind: 'postgres',
      url: env('DATABASE_URL'),
      inspector: env('DATABASE_INSPECTOR_URL'),
      tenancy: { setting: 'app.current_user_id' },
      // infra/db/roles.sql and privileges.sql, said once more in other words: the two must agree.
      roles: {
        // The administrator, who made the cluster. Nothing logs in as it but infra/db/migrate.ts.
        postgres: { superuser: true },
        budget_owner: {
          login: false,
          memberOf: ['budget_authenticator', 'budget_provisioner', 'budget_recorder'],
          database: ['create'],
          owns: ['public.*', 'migrations.*'],
        },
        budget_migrator: { memberOf: ['budget_owner'] },
        budget_api: {
          url: env('DATABASE_URL'),
          schemas: { public: ['usage'] },
          tables: {
            'public.users': ['select (id, email, display_name, created_at)'],
            'public.spaces': ['select', 'update (name)'],
            'public.user_spaces': ['select'],
            'public.accounts': ['select', 'insert', 'delete', 'update (name, kind)'],
            'public.transactions': [
              'select',
              'insert',
              'delete',
              'update (account_id, category_id, amount_minor, description, booked_on)',
            ],
            'public.budgets': [
              'select',
              'insert',
              'delete',
              'update (category_id, name, limit_minor, currency, starts_on)',
            ],
            'public.categories': ['select', 'insert', 'delete', 'update (name, kind)'],
            'public.transaction_rules': ['select', 'insert', 'delete', 'update (category_id, contains)'],
            'public.goals': [
              'select',
              'insert',
              'delete',
              'update (name, target_minor, saved_minor, due_on)',
            ],
            'public.manual_assets': ['select', 'insert', 'delete', 'update (name, value_minor, valued_on)'],
          },
          functions: ['public.sign_in_credentials', 'public.create_space'],
        },
        budget_reader: {
          schemas: { public: ['usage'] },
          tables: {
            'public.users': ['select (id, email, display_name, created_at)'],
            'public.audit_log': [],
            'public.*': ['select'],
          },
        },
        budget_auditor: {
          bypassRls: true,
          memberOf: ['pg_read_all_settings', 'pg_read_all_stats'],
          schemas: { public: ['usage'] },
          tables: {
            'public.users': ['select (id, email, display_name, created_at)'],
            'public.*': ['select'],
          },
        },
        budget_backup: { bypassRls: true, memberOf: ['pg_read_all_data'], schemas: { public: ['usage'] } },
        budget_authenticator: {
          login: false,
          schemas: { public: ['usage'] },
          tables: { 'public.users': ['select (id, email, password_hash)'] },
          owns: ['public.sign_in_credentials'],
        },
        budget_provisioner: {
          login: false,
          schemas: { public: ['usage'] },
          tables: { 'public.spaces': ['insert'], 'public.user_spaces': ['insert'] },
          owns: ['public.create_space'],
        },
        budget_recorder: {
          login: false,
          schemas: { public: ['usage'] },
          tables: { 'public.audit_log': ['insert'] },
          owns: ['public.record_change'],
        },
      },
    },
    'budget-backups': {
      ...budgetBackups({ env }),
      alerts: {
        rules: 'infra/backup/alerts.yaml',
        prometheus: env('PROMETHEUS_URL'),
        receiver: env('ALERTMANAGER_URL'),
      },
      // Its bucket is no real one in the demo, and each verdict says so.
      standIn: true,
    },
    'budget-repo': { kind: 'repo', path: '.' },
  },
  people: {},
})) satisfies SuretyConfig;
