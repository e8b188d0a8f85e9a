-- Everything that belongs to a space. Money is counted in minor units (cents), never in floating point.
--
-- References between these tables carry the space: a transaction cannot point at an account of another space, and
-- nobody can find out by a foreign key whether an id exists elsewhere.

CREATE TABLE accounts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  space_id uuid NOT NULL REFERENCES spaces (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  kind text NOT NULL CHECK (kind IN ('checking', 'savings', 'credit', 'cash')),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  opening_balance_minor bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (space_id, id)
);

CREATE TABLE categories (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  space_id uuid NOT NULL REFERENCES spaces (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  kind text NOT NULL CHECK (kind IN ('income', 'expense')),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (space_id, id),
  UNIQUE (space_id, name)
);

CREATE TABLE transactions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  space_id uuid NOT NULL REFERENCES spaces (id),
  account_id uuid NOT NULL,
  category_id uuid,
  amount_minor bigint NOT NULL,
  description text NOT NULL CHECK (length(description) BETWEEN 1 AND 200),
  booked_on date NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (space_id, account_id) REFERENCES accounts (space_id, id),
  FOREIGN KEY (space_id, category_id) REFERENCES categories (space_id, id)
);

CREATE INDEX transactions_space_booked_idx ON transactions (space_id, booked_on DESC, id DESC);
CREATE INDEX transactions_account_idx ON transactions (space_id, account_id);
CREATE INDEX transactions_category_idx ON transactions (space_id, category_id);

CREATE TABLE budgets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  space_id uuid NOT NULL REFERENCES spaces (id),
  category_id uuid,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  limit_minor bigint NOT NULL CHECK (limit_minor >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  starts_on date NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (space_id, category_id) REFERENCES categories (space_id, id)
);

CREATE INDEX budgets_category_idx ON budgets (space_id, category_id);

CREATE TABLE transaction_rules (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  space_id uuid NOT NULL REFERENCES spaces (id),
  category_id uuid NOT NULL,
  contains text NOT NULL CHECK (length(contains) BETWEEN 1 AND 100),
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (space_id, category_id) REFERENCES categories (space_id, id)
);

CREATE INDEX transaction_rules_category_idx ON transaction_rules (space_id, category_id);

CREATE TABLE goals (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  space_id uuid NOT NULL REFERENCES spaces (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  target_minor bigint NOT NULL CHECK (target_minor > 0),
  saved_minor bigint NOT NULL DEFAULT 0 CHECK (saved_minor >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  due_on date,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX goals_space_id_idx ON goals (space_id);

CREATE TABLE manual_assets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  space_id uuid NOT NULL REFERENCES spaces (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  value_minor bigint NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  valued_on date NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX manual_assets_space_id_idx ON manual_assets (space_id);
