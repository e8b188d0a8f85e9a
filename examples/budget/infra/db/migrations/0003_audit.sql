-- What users did to rows, one entry for each row that they made, changed or deleted: who, what, which table, which row, in
-- which space. No contents: an audit log that repeats amounts and descriptions would be a second place to lose them.
--
-- No foreign keys: an entry outlives what it is about.

CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor_id uuid NOT NULL,
  action text NOT NULL CHECK (action IN ('insert', 'update', 'delete')),
  table_name text NOT NULL,
  row_id uuid NOT NULL,
  space_id uuid NOT NULL
);

CREATE INDEX audit_log_at_idx ON audit_log (at);
CREATE INDEX audit_log_space_id_idx ON audit_log (space_id, at);
