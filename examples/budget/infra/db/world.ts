import { between, momentFrom, pick, type Random, randomFrom, uuidFrom } from './random.ts';

type Row = readonly (string | number | null)[];

/** Rows for one table, in an order in which they can be inserted. */
export type Table = {
  readonly name: string;
  readonly columns: readonly { name: string; type: string }[];
  readonly rows: Row[];
};

export type Owner = { userId: string; email: string; spaceId: string };

/** The people of a world: one user and one space each. */
export function imagineOwners(tenants: number, seed: number): readonly Owner[] {
  const random = randomFrom(seed);
  return Array.from({ length: tenants }, (_, n) => ({
    userId: uuidFrom(random),
    email: `user${n + 1}@budget.example`,
    spaceId: uuidFrom(random),
  }));
}

/**
 * All rows of a world. The same arguments give the same rows.
 *
 * @param passwordHashes one per owner
 * @param transactions spread evenly over the spaces
 */
export function imagineTables(
  owners: readonly Owner[],
  passwordHashes: readonly string[],
  transactions: number,
  seed: number,
): readonly Table[] {
  const random = randomFrom(seed + 1);
  const tables = emptyTables();
  for (const [n, owner] of owners.entries()) {
    const joined = momentFrom(random);
    const name = `${pick(random, firstNames)} ${pick(random, lastNames)}`;
    tables.users.rows.push([owner.userId, owner.email, name, passwordHashes[n] ?? null, joined]);
    tables.spaces.rows.push([owner.spaceId, `${name}'s money`, owner.userId, joined]);
    tables.members.rows.push([owner.userId, owner.spaceId, 'owner', joined]);
    const before = owners[n - 1];
    if (before !== undefined && n % 10 === 9) {
      tables.members.rows.push([owner.userId, before.spaceId, 'member', joined]);
    }
    const share = Math.floor(transactions / owners.length) + (n < transactions % owners.length ? 1 : 0);
    fillSpace(tables, random, owner, joined, share);
  }
  return Object.values(tables);
}

function fillSpace(tables: Tables, random: Random, owner: Owner, joined: string, share: number): void {
  const space = owner.spaceId;
  const recorded = (table: string, row: string, at: string): void => {
    tables.audit.rows.push([at, owner.userId, 'insert', table, row, space]);
  };
  const currency = pick(random, ['EUR', 'USD', 'MXN']);
  const accounts = accountKinds.map(({ name, kind }) => {
    const id = uuidFrom(random);
    tables.accounts.rows.push([id, space, name, kind, currency, between(random, 0, 500_000), joined]);
    return id;
  });
  const categories = categoryKinds.map((category) => {
    const id = uuidFrom(random);
    const { name, kind, shop, limit } = category;
    tables.categories.rows.push([id, space, name, kind, joined]);
    tables.rules.rows.push([uuidFrom(random), space, id, shop, joined]);
    if (kind === 'expense') {
      tables.budgets.rows.push([uuidFrom(random), space, id, name, limit, currency, '2025-01-01', joined]);
    }
    return { ...category, id };
  });
  const saved = between(random, 0, 300_000);
  tables.goals.rows.push([
    uuidFrom(random),
    space,
    'Holiday',
    300_000,
    saved,
    currency,
    '2026-07-01',
    joined,
  ]);
  tables.goals.rows.push([uuidFrom(random), space, 'Reserve', 900_000, saved, currency, null, joined]);
  const value = between(random, 300_000, 2_500_000);
  tables.assets.rows.push([uuidFrom(random), space, 'Car', value, currency, '2025-06-30', joined]);
  for (const account of accounts) recorded('accounts', account, joined);
  for (const { id } of categories) recorded('categories', id, joined);
  for (let n = 0; n < share; n += 1) {
    const { id, kind, shop } = pick(random, categories);
    const amount = kind === 'income' ? between(random, 180_000, 420_000) : -between(random, 150, 18_000);
    const what = `${shop} ${between(random, 100, 999)}`;
    const at = momentFrom(random);
    const row = [uuidFrom(random), space, pick(random, accounts), id, amount, what, at.slice(0, 10), at];
    tables.transactions.rows.push(row);
    // The newest ones. An audit log of everything that is imagined would be larger than the rest together.
    if (n >= share - auditedTransactions) recorded('transactions', String(row[0]), at);
  }
}

type Tables = ReturnType<typeof emptyTables>;

function emptyTables() {
  const id = 'id uuid';
  const space = 'space_id uuid';
  const created = 'created_at timestamptz';
  const money = 'currency text';
  return {
    users: table('users', id, 'email text', 'display_name text', 'password_hash text', created),
    spaces: table('spaces', id, 'name text', 'created_by uuid', created),
    members: table('user_spaces', 'user_id uuid', space, 'role text', created),
    accounts: table(
      'accounts',
      id,
      space,
      'name text',
      'kind text',
      money,
      'opening_balance_minor bigint',
      created,
    ),
    categories: table('categories', id, space, 'name text', 'kind text', created),
    rules: table('transaction_rules', id, space, 'category_id uuid', 'contains text', created),
    budgets: table(
      'budgets',
      id,
      space,
      'category_id uuid',
      'name text',
      'limit_minor bigint',
      money,
      'starts_on date',
      created,
    ),
    goals: table(
      'goals',
      id,
      space,
      'name text',
      'target_minor bigint',
      'saved_minor bigint',
      money,
      'due_on date',
      created,
    ),
    assets: table(
      'manual_assets',
      id,
      space,
      'name text',
      'value_minor bigint',
      money,
      'valued_on date',
      created,
    ),
    transactions: table(
      'transactions',
      id,
      space,
      'account_id uuid',
      'category_id uuid',
      'amount_minor bigint',
      'description text',
      'booked_on date',
      created,
    ),
    audit: table(
      'audit_log',
      'at timestamptz',
      'actor_id uuid',
      'action text',
      'table_name text',
      'row_id uuid',
      space,
    ),
  };
}

function table(name: string, ...columns: readonly string[]): Table {
  const parsed = columns.map((column) => {
    const [columnName = '', type = ''] = column.split(' ');
    return { name: columnName, type };
  });
  return { name, columns: parsed, rows: [] };
}

/** Of each space. */
const auditedTransactions = 20;

const firstNames = [
  'Ada',
  'Ben',
  'Carla',
  'Deniz',
  'Elif',
  'Femi',
  'Grace',
  'Hugo',
  'Ines',
  'Jonas',
  'Kaya',
  'Lena',
];
const lastNames = [
  'Alvarez',
  'Berg',
  'Costa',
  'Demir',
  'Eriksen',
  'Fischer',
  'Garcia',
  'Haas',
  'Ito',
  'Jansen',
];
const accountKinds = [
  { name: 'Everyday', kind: 'checking' },
  { name: 'Savings', kind: 'savings' },
  { name: 'Card', kind: 'credit' },
] as const;
const categoryKinds = [
  { name: 'Salary', kind: 'income', shop: 'Payroll', limit: 0 },
  { name: 'Groceries', kind: 'expense', shop: 'Market', limit: 60_000 },
  { name: 'Rent', kind: 'expense', shop: 'Housing', limit: 120_000 },
  { name: 'Transport', kind: 'expense', shop: 'Tickets', limit: 15_000 },
  { name: 'Eating out', kind: 'expense', shop: 'Bistro', limit: 25_000 },
  { name: 'Health', kind: 'expense', shop: 'Pharmacy', limit: 10_000 },
  { name: 'Leisure', kind: 'expense', shop: 'Cinema', limit: 12_000 },
  { name: 'Utilities', kind: 'expense', shop: 'Power', limit: 18_000 },
] as const;
