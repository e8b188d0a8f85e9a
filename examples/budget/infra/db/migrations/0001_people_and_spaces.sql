-- People, the spaces (tenants) that they keep their money in, and who belongs to which.

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL CHECK (email = lower(email) AND length(email) <= 254),
  display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 100),
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX users_email_key ON users (email);

CREATE TABLE spaces (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX spaces_created_by_idx ON spaces (created_by);

-- The row that every policy asks about. User first: "which spaces are mine" is the question of every request.
CREATE TABLE user_spaces (
  user_id uuid NOT NULL REFERENCES users (id),
  space_id uuid NOT NULL REFERENCES spaces (id),
  role text NOT NULL CHECK (role IN ('owner', 'member')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, space_id)
);

CREATE INDEX user_spaces_space_id_idx ON user_spaces (space_id);
