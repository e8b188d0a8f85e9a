import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isTable, readCatalog } from '../../../../src/targets/postgres/catalog/catalog.ts';
import { connect } from '../../../../src/targets/postgres/connection.ts';
import { postgresFacts, type TenancyFacts } from '../../../../src/targets/postgres/facts.ts';
import { quotedRelation } from '../../../../src/targets/postgres/name.ts';
import { type PostgresServer, startServer } from '../../../../src/targets/postgres/server.ts';
import { discoverTenancy, type Tenancy } from '../../../../src/targets/postgres/tenancy/tenancy.ts';
import { databaseUrl, inDatabase } from '../../../../src/testing/pg-client.ts';

let server: PostgresServer;
let databases = 0;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** What is found in a database of that shape. */
async function discover(ddl: string, tenancy: TenancyFacts): Promise<Found> {
  databases += 1;
  const database = `shape_${databases}`;
  await inDatabase(server.url, 'postgres', (client) => client.query(`create database ${database}`));
  await inDatabase(server.url, database, (client) => client.query(ddl));
  const url = databaseUrl(server.url, database);
  const facts = postgresFacts.parse({ url, tenancy }).tenancy ?? tenancy;
  const connection = await connect({ url, who: 'test', signal: new AbortController().signal });
  try {
    const catalog = await readCatalog(connection, facts.setting);
    const found = discoverTenancy(catalog, facts);
    // What was found must be SQL that the server takes.
    for (const { relation, belongsTo, policy, shown, owned } of found.ties.values()) {
      for (const predicate of [belongsTo, policy, shown]) {
        await connection.rows(
          `select from ${quotedRelation(relation)} t where ${predicate('t', `null::${found.key.type}`)} and ${owned('t')}`,
        );
      }
    }
    return {
      root: `${found.root}.${found.key.name}`,
      paths: Object.fromEntries(
        catalog.relations
          .filter((relation) => isTable(relation) || found.ties.has(relation.oid))
          .map((relation) => [`${relation}`, wayOf(found, relation.oid)]),
      ),
    };
  } finally {
    await connection.end();
  }
}

type Found = { readonly root: string; readonly paths: Readonly<Record<string, string>> };

/** The path, or in brackets why there is none. */
function wayOf({ ties, whyPathless }: Tenancy, oid: number): string {
  return ties.get(oid)?.path ?? `(${whyPathless(oid)})`;
}

const nothing = '(no foreign key, and no column named like one, leads to a tenant)';

type Shape = {
  readonly facts: TenancyFacts;
  readonly ddl: string;
  readonly root: string;
  readonly paths: Readonly<Record<string, string>>;
};

/** People share organisations, in which there are projects that may have an owner. */
const organisations = `create table users (id int primary key); create table organisations (id int primary key);
  create table memberships (organisation_id int references organisations, user_id int references users, primary key (organisation_id, user_id));
  create table projects (id int primary key, organisation_id int not null references organisations, owner_id int references users);`;
const inOrganisations = {
  users: 'id',
  organisations: 'memberships.user_id',
  memberships: 'organisation_id → memberships.user_id',
  projects: 'organisation_id → memberships.user_id',
};

const shapes: Readonly<Record<string, Shape>> = {
  'people share spaces through memberships': {
    facts: { setting: 'app.current_user_id' },
    ddl: `create table users (id uuid primary key);
      create table spaces (id uuid primary key);
      create table user_spaces (user_id uuid references users, space_id uuid references spaces, primary key (user_id, space_id));
      create table accounts (id uuid primary key, space_id uuid not null references spaces, created_by uuid references users);
      create table transactions (id bigint primary key, account_id uuid not null references accounts);
      create table receipts (id bigint primary key, transaction_id bigint not null references transactions);
      create table currencies (code text primary key);
      create view account_names as select space_id, id from accounts;
      create materialized view copies as select space_id, id from accounts`,
    root: 'users.id',
    paths: {
      users: 'id',
      spaces: 'user_spaces.user_id',
      user_spaces: 'space_id → user_spaces.user_id',
      accounts: 'space_id → user_spaces.user_id',
      transactions: 'account_id → accounts',
      receipts: 'transaction_id → transactions',
      currencies: nothing,
      account_names: 'space_id → user_spaces.user_id',
      copies: 'space_id → user_spaces.user_id',
    },
  },
  'the setting names the space, and users are below it': {
    facts: { setting: 'app.space_id' },
    ddl: `create table users (id uuid primary key);
      create table spaces (id uuid primary key);
      create table user_spaces (user_id uuid references users, space_id uuid references spaces, primary key (user_id, space_id));
      create table notes (id int primary key, space_id uuid not null references spaces, user_id uuid not null references users);
      create table comments (id int primary key, note_id int not null references notes, user_id uuid not null references users);
      create table devices (id int primary key, user_id uuid not null references users)`,
    root: 'spaces.id',
    paths: {
      users: 'user_spaces.space_id',
      spaces: 'id',
      user_spaces: 'space_id',
      notes: 'space_id',
      comments: 'note_id → notes',
      devices: 'user_id → user_spaces.space_id',
    },
  },
  'organisations spelled the other way, users in one of them': {
    facts: { setting: 'app.org_id' },
    ddl: `create table organizations (id bigint generated always as identity primary key);
      create table users (id bigint primary key, organization_id bigint not null references organizations);
      create table projects (id bigint primary key, organization_id bigint not null references organizations);
      create table tasks (id bigint primary key, project_id bigint not null references projects, assignee_id bigint not null references users);
      create table sessions (id text primary key, user_id bigint not null references users);
      create table transfers (id int primary key, from_org bigint references organizations, to_org bigint references organizations)`,
    root: 'organizations.id',
    paths: {
      organizations: 'id',
      users: 'organization_id',
      projects: 'organization_id',
      tasks: 'project_id → projects',
      sessions: 'user_id → users',
      transfers: 'from_org, to_org',
    },
  },
  'no foreign keys at all, names as Rails gives them': {
    facts: { setting: 'app.tenant_id' },
    ddl: `create table tenants (id bigserial primary key);
      create table accounts (id bigserial primary key, tenant_id bigint not null);
      create table line_items (id bigserial primary key, order_id int not null);
      create table orders (id bigserial primary key, account_id bigint not null);
      create table attachments (id bigserial primary key, owner_type text not null, owner_id bigint not null);
      create table companies (id bigserial primary key, tenant_id bigint);
      create table deals (id bigserial primary key, company_id bigint);
      create table schema_migrations (version text primary key)`,
    root: 'tenants.id',
    paths: {
      tenants: 'id',
      accounts: 'tenant_id',
      orders: 'account_id → accounts',
      line_items: 'order_id → orders',
      attachments:
        '(owner_type and owner_id name rows of several tables, which no key can say: say which column leads to the tenant, as tenancy.paths)',
      companies: 'tenant_id',
      deals: 'company_id → companies',
      schema_migrations: nothing,
    },
  },
  'names as Prisma gives them': {
    facts: { setting: 'app.currentUserId' },
    ddl: `create table "User" (id text primary key);
      create table "Workspace" (id text primary key);
      create table "Membership" (id text primary key, "userId" text not null references "User", "workspaceId" text not null references "Workspace", unique ("userId", "workspaceId"));
      create table "Document" (id text primary key, "workspaceId" text not null references "Workspace");
      create table "DocumentVersion" (id text primary key, "documentId" text not null);
      create table "ApiKey" (id text primary key, "userId" text not null)`,
    root: 'User.id',
    paths: {
      User: 'id',
      Workspace: 'Membership.userId',
      Membership: 'workspaceId → Membership.userId',
      Document: 'workspaceId → Membership.userId',
      DocumentVersion: 'documentId → Document',
      ApiKey: 'userId',
    },
  },
  'composite keys that carry the tenant': {
    facts: { setting: 'app.current_tenant' },
    ddl: `create table tenants (id int primary key);
      create table accounts (tenant_id int references tenants, id int, primary key (tenant_id, id));
      create table entries (tenant int, account int, no int, primary key (tenant, account, no), foreign key (tenant, account) references accounts);
      create table lines (t int, a int, n int, line int, primary key (t, a, n, line), foreign key (t, a, n) references entries)`,
    root: 'tenants.id',
    paths: { tenants: 'id', accounts: 'tenant_id', entries: 'tenant', lines: 't' },
  },
  'several schemas with tables of the same name': {
    facts: { setting: 'app.tenant_id' },
    ddl: `create schema crm; create schema billing;
      create table tenants (id uuid primary key);
      create table crm.accounts (id uuid primary key, tenant_id uuid not null references tenants);
      create table billing.accounts (id uuid primary key, tenant_id uuid not null references tenants);
      create table crm.deals (id uuid primary key, account_id uuid not null references crm.accounts);
      create table billing.invoices (id uuid primary key, account_id uuid not null);
      create table exports (id uuid primary key, account_id uuid not null)`,
    root: 'tenants.id',
    paths: {
      tenants: 'id',
      'crm.accounts': 'tenant_id',
      'billing.accounts': 'tenant_id',
      'crm.deals': 'account_id → crm.accounts',
      'billing.invoices': 'account_id → billing.accounts',
      exports: 'account_id → crm.accounts',
    },
  },
  'odd names, a dot in one of them': {
    facts: { setting: 'app.tenant_id' },
    ddl: `create schema "a.b"; create schema "Größe 😀";
      create table "Tenants" ("ID" uuid primary key);
      create table "a.b"."c" (x int primary key, "Tenant ID" uuid not null references "Tenants");
      create table "a.b.c" (x int primary key, "tenant""id" uuid not null references "Tenants");
      create table "Größe 😀"."line
break; drop table x --" ("p1" int primary key, "Tenant ID" uuid not null references "Tenants");
      create table p1 (m int primary key references "Größe 😀"."line
break; drop table x --")`,
    root: 'Tenants.ID',
    paths: {
      Tenants: 'ID',
      '"a.b"."c"': 'Tenant ID',
      '"public"."a.b.c"': 'tenant"id',
      'Größe 😀.line\nbreak; drop table x --': 'Tenant ID',
      p1: 'm → Größe 😀.line\nbreak; drop table x --',
    },
  },
  'a root whose key is not its primary key': {
    facts: { setting: 'app.tenant_slug' },
    ddl: `create table tenants (id serial primary key, slug text not null unique, code text not null unique);
      create table pages (id int primary key, tenant_slug text not null references tenants (slug));
      create table visits (id int primary key, tenant_id int not null references tenants);
      create table hits (id int primary key, visit_id int not null references visits)`,
    root: 'tenants.slug',
    paths: {
      tenants: 'slug',
      pages: 'tenant_slug',
      visits: 'tenant_id → tenants',
      hits: 'visit_id → visits',
    },
  },
  'keys of domains over domains': {
    facts: { setting: 'app.tenant_id' },
    ddl: `create domain key as uuid; create domain tenant_key as key check (value is not null);
      create table tenants (id tenant_key primary key);
      create table things (id int primary key, tenant_id tenant_key references tenants);
      create table drafts (id int primary key, tenant_id uuid not null)`,
    root: 'tenants.id',
    paths: { tenants: 'id', things: 'tenant_id', drafts: 'tenant_id' },
  },
  'partitions on two levels, and heirs': {
    facts: { setting: 'app.tenant_id' },
    ddl: `create table tenants (id int primary key);
      create table events (id int, tenant_id int not null references tenants, at date not null) partition by range (at);
      create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01') partition by list (tenant_id);
      create table events_2024_1 partition of events_2024 for values in (1);
      create table logs (id int primary key, who int not null references tenants);
      create table old_logs (archived date) inherits (logs);
      create table older_logs () inherits (old_logs);
      create table parts (id int primary key, at date, log int references logs);
      create table splits (id int primary key) partition by hash (id);
      create table splits_0 partition of splits for values with (modulus 2, remainder 0);
      create table splits_1 partition of splits for values with (modulus 2, remainder 1);
      alter table splits add tenant_id int references tenants;
      create table pieces (id int primary key, split_id int not null references splits)`,
    root: 'tenants.id',
    paths: {
      tenants: 'id',
      events: 'tenant_id',
      events_2024: 'tenant_id',
      events_2024_1: 'tenant_id',
      logs: 'who',
      old_logs: 'who',
      older_logs: 'who',
      parts: 'log → logs',
      splits: 'tenant_id',
      splits_0: 'tenant_id',
      splits_1: 'tenant_id',
      pieces: 'split_id → splits',
    },
  },
  'tables that name themselves and one another': {
    facts: { setting: 'app.tenant_id' },
    ddl: `create table tenants (id int primary key, parent_id int references tenants);
      create table trees (id int primary key, parent_id int references trees);
      create table hens (id int primary key); create table eggs (id int primary key, hen_id int references hens);
      alter table hens add egg_id int references eggs;
      create table nests (id int primary key, tenant_id int references tenants);
      create table birds (id int primary key, nest_id int not null references nests, mother_id int references birds);
      alter table nests add bird_id int references birds`,
    root: 'tenants.id',
    paths: {
      tenants: 'id',
      trees: '(its only key leads to itself)',
      hens: '(its keys lead to eggs, and from there none leads to a tenant)',
      eggs: '(its keys lead to hens, and from there none leads to a tenant)',
      nests: 'tenant_id',
      birds: 'nest_id → nests',
    },
  },
  'two parents, one of which says it better': {
    facts: { setting: 'app.tenant_id' },
    ddl: `create table tenants (id int primary key);
      create table customers (id int primary key, tenant_id int not null references tenants);
      create table products (id int primary key, tenant_id int not null references tenants);
      create table carts (id int primary key, customer_id int not null references customers on delete cascade, product_id int not null references products);
      create table orders (id int primary key, customer_id int not null references customers, product_id int references products);
      create table wishes (id int primary key, customer_id int not null references customers, product_id int not null references products);
      create table views (id int primary key, customer_id int references customers, product_id int references products);
      alter table views enable row level security;
      create policy p on views using (exists (select from products p where p.id = product_id))`,
    root: 'tenants.id',
    paths: {
      tenants: 'id',
      customers: 'tenant_id',
      products: 'tenant_id',
      carts: 'customer_id → customers',
      orders: 'customer_id → customers',
      wishes: 'customer_id → customers or product_id → products',
      views: 'product_id → products',
    },
  },
  'what the estate says goes before what was found': {
    facts: {
      setting: 'app.tenant_id',
      root: 'public.firms',
      key: 'code',
      paths: { wishes: 'product_id', files: 'owner_id -> products', 'public.jobs': 'run_for' },
    },
    ddl: `create table tenants (id int primary key);
      create table firms (id int primary key, code text not null unique);
      create table customers (id int primary key, firm text not null references firms (code));
      create table products (id int primary key, firm text not null references firms (code));
      create table wishes (id int primary key, customer_id int not null references customers, product_id int not null references products);
      create table files (id int primary key, owner_type text, owner_id int);
      create table jobs (id int primary key, run_for varchar(40))`,
    root: 'firms.code',
    paths: {
      tenants: nothing,
      firms: 'code',
      customers: 'firm',
      products: 'firm',
      wishes: 'product_id → products',
      files: 'owner_id → products',
      jobs: 'run_for',
    },
  },
  'policies that compare by a function, and a root of another name': {
    facts: { setting: 'app.current_tenant' },
    ddl: `create function me() returns int language sql stable as $$ select nullif(current_setting('app.current_tenant', true), '')::int $$;
      create table companies (id int primary key);
      create table tenants (id int primary key);
      create table people (id int primary key, company int not null references companies);
      create table offers (id int primary key, company int not null references companies);
      create table letters (id int primary key, company int not null references companies);
      alter table people enable row level security; create policy p on people using (company = (select me()));
      alter table offers enable row level security; create policy p on offers using (company = me());
      alter table letters enable row level security;
      create policy p on letters using (company = (select nullif(current_setting('app.current_tenant', true), '')::int))`,
    root: 'companies.id',
    paths: { companies: 'id', tenants: nothing, people: 'company', offers: 'company', letters: 'company' },
  },
  'stars give nothing away, and neither do comments': {
    facts: { setting: 'app.user_id' },
    ddl: `create table users (id int primary key);
      create table orgs (id int primary key);
      create table org_members (org_id int references orgs, user_id int references users, primary key (org_id, user_id));
      create table repos (id int primary key, org_id int not null references orgs);
      create table stars (user_id int references users, repo_id int references repos, primary key (user_id, repo_id));
      create table comments (id int primary key, user_id int not null references users, repo_id int not null references repos)`,
    root: 'users.id',
    paths: {
      users: 'id',
      orgs: 'org_members.user_id',
      org_members: 'org_id → org_members.user_id',
      repos: 'org_id → org_members.user_id',
      stars: 'user_id',
      comments: 'user_id',
    },
  },
  'a task is its project’s, whoever it was given to': {
    facts: { setting: 'app.current_user_id' },
    ddl: `${organisations}
      create table tasks (id int primary key, project_id int not null references projects, assignee_id int references users);
      create table steps (id int primary key, task_id int not null references tasks, created_by int references users, done_by int references users);
      create table remarks (id int primary key, step_id int not null references steps);
      create table reminders (id int primary key, task_id int not null references tasks, user_id int not null references users);
      create table drafts (id int primary key, project_id int references projects, user_id int references users);
      create table posts (id int primary key, user_id int not null references users);
      create table answers (id int primary key, post_id int not null references posts, author_id int references users)`,
    root: 'users.id',
    paths: {
      ...inOrganisations,
      tasks: 'project_id → projects',
      steps: 'task_id → tasks',
      remarks: 'step_id → steps',
      reminders: 'user_id',
      drafts: 'user_id',
      posts: 'user_id',
      answers: 'author_id',
    },
  },
  'whom a row may name shares nothing by it, though policies of others read it': {
    facts: { setting: 'app.current_user_id' },
    ddl: `${organisations}
      create table tasks (id int primary key, project_id int not null references projects, assignee_id int references users);
      create table remarks (id int primary key, task_id int not null references tasks);
      alter table remarks enable row level security;
      create policy p on remarks using (exists (select from tasks t join projects p on p.id = t.project_id where t.id = task_id))`,
    root: 'users.id',
    paths: { ...inOrganisations, tasks: 'project_id → projects', remarks: 'task_id → tasks' },
  },
  'tables that have to name one another, and may name a person': {
    facts: { setting: 'app.current_user_id' },
    ddl: `create table users (id int primary key);
      create table tasks (id int primary key, list_id int not null, assignee_id int references users);
      create table lists (id int primary key, task_id int not null references tasks);
      alter table tasks add foreign key (list_id) references lists`,
    root: 'users.id',
    paths: { users: 'id', tasks: 'assignee_id', lists: 'task_id → tasks' },
  },
};

for (const [name, { facts, ddl, root, paths }] of Object.entries(shapes)) {
  test(`discovered: ${name}`, async () => {
    assert.deepEqual(await discover(ddl, facts), { root, paths });
  });
}

test('where the root is not certain, it says what it could be', async () => {
  const two = `create schema auth; create table auth.users (id uuid primary key); create table users (id uuid primary key);`;
  await assert.rejects(discover(two, { setting: 'app.user_id' }), {
    code: 'postgres/no-root',
    message: 'cannot tell whose rows are whose: app.user_id may hold the key of auth.users or public.users',
    hint: 'name the table whose key the setting holds, as tenancy.root of the target',
  });
  const referred = `${two} create table notes (id int primary key, user_id uuid references auth.users)`;
  assert.equal((await discover(referred, { setting: 'request.jwt.claim.sub' })).root, 'auth.users.id');
  const unnamed = `create table firms (id int primary key); create table a (id int primary key, firm int references firms);
    create table b (id int primary key, firm int references firms, a int references a)`;
  await assert.rejects(discover(unnamed, { setting: 'app.tenant' }), {
    message:
      'cannot tell whose rows are whose: no table is named as app.tenant says, and no policy compares a key with it' +
      '; most keys point to firms (2), a (1)',
  });
  await assert.rejects(discover(unnamed, { setting: 'app.tenant', root: 'tenants' }), {
    message: 'cannot tell whose rows are whose: there is no table tenants',
  });
  await assert.rejects(discover(unnamed, { setting: 'app.tenant', root: 'firms', key: 'name' }), {
    message: 'cannot tell whose rows are whose: name is no key of firms by itself',
  });
});

test('a way that the estate names has to be there', async () => {
  const ddl = `create table tenants (id int primary key); create table notes (id int primary key, at date)`;
  const because = (paths: Record<string, string>) =>
    discover(ddl, { setting: 'app.tenant_id', paths }).then(
      () => 'found',
      (error: Error) => error.message.replace('tenancy.paths names a way that is not there: ', ''),
    );
  assert.equal(await because({ nots: 'id' }), 'there is no table nots');
  assert.equal(await because({ notes: 'by' }), 'notes has no column by');
  assert.equal(await because({ notes: 'id -> users' }), 'there is no table users');
  assert.equal(await because({ notes: 'at' }), 'at of notes cannot hold a key of tenants');
});

test('claims as JSON are no key of a tenant', async () => {
  const ddl = `create table users (id uuid primary key); alter table users enable row level security;
    create policy own on users using (id = ((current_setting('app.user', true))::json ->> 'sub')::uuid)`;
  for (const setting of ['app.user', 'request.jwt.claims'])
    await assert.rejects(discover(ddl, { setting }), { code: 'postgres/json-setting' });
});

test('a lattice of tables, through which a thousand ways lead, is told in a bounded text', async () => {
  const tables = Array.from({ length: 12 }, (_, level) =>
    ['a', 'b'].map((side) =>
      level === 0
        ? `create table ${side}0 (id int primary key, tenant_id int not null references tenants)`
        : `create table ${side}${level} (id int primary key, x int not null references a${level - 1}, y int not null references b${level - 1})`,
    ),
  ).flat();
  const { paths } = await discover(`create table tenants (id int primary key); ${tables.join(';')}`, {
    setting: 'app.tenant_id',
  });
  assert.equal(paths.a4, 'x → a3 or y → b3');
  assert.equal(
    paths.a5,
    '(its keys lead to a4, b4, and more ways than can be asked lead from there to a tenant: name one as tenancy.paths)',
  );
});
