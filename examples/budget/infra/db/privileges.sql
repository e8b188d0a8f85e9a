-- What each role may do to each object: first nothing, then what it needs. Applied with the policies, as a whole.
-- No UPDATE of an id or a space: a row does not move to another tenant. No TRUNCATE, REFERENCES or TRIGGER for anybody.

REVOKE ALL ON ALL TABLES IN SCHEMA public
  FROM PUBLIC, budget_api, budget_reader, budget_auditor, budget_backup, budget_authenticator, budget_provisioner,
  budget_recorder;
-- Taking the table privilege away leaves those on columns: they go one by one.
DO $$
DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT DISTINCT table_name, column_name, grantee FROM information_schema.column_privileges
    WHERE table_schema = 'public' AND grantee LIKE 'budget\_%' AND grantee <> 'budget_owner'
  LOOP
    EXECUTE format('REVOKE ALL (%I) ON %I FROM %I', held.column_name, held.table_name, held.grantee);
  END LOOP;
END
$$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public
  FROM PUBLIC, budget_api, budget_reader, budget_auditor, budget_backup, budget_authenticator, budget_provisioner,
  budget_recorder;
REVOKE ALL ON SCHEMA public
  FROM PUBLIC, budget_api, budget_reader, budget_auditor, budget_backup, budget_authenticator, budget_provisioner,
  budget_recorder;

GRANT USAGE ON SCHEMA public
  TO budget_api, budget_reader, budget_auditor, budget_backup, budget_authenticator, budget_provisioner, budget_recorder;
GRANT EXECUTE ON FUNCTION app_current_user_id() TO budget_api, budget_reader, budget_provisioner, budget_recorder;

-- The API. Password hashes are not among the columns it can read.
GRANT SELECT (id, email, display_name, created_at) ON users TO budget_api;
GRANT SELECT, UPDATE (name) ON spaces TO budget_api;
GRANT SELECT ON user_spaces TO budget_api;
GRANT SELECT, INSERT, DELETE, UPDATE (name, kind) ON accounts TO budget_api;
GRANT SELECT, INSERT, DELETE, UPDATE (account_id, category_id, amount_minor, description, booked_on) ON transactions
  TO budget_api;
GRANT SELECT, INSERT, DELETE, UPDATE (category_id, name, limit_minor, currency, starts_on) ON budgets TO budget_api;
GRANT SELECT, INSERT, DELETE, UPDATE (name, kind) ON categories TO budget_api;
GRANT SELECT, INSERT, DELETE, UPDATE (category_id, contains) ON transaction_rules TO budget_api;
GRANT SELECT, INSERT, DELETE, UPDATE (name, target_minor, saved_minor, due_on) ON goals TO budget_api;
GRANT SELECT, INSERT, DELETE, UPDATE (name, value_minor, valued_on) ON manual_assets TO budget_api;

-- Readers. The auditor sees all rows, so it is the one kept from the hashes by name.
GRANT SELECT (id, email, display_name, created_at) ON users TO budget_reader, budget_auditor;
GRANT SELECT ON spaces, user_spaces, accounts, transactions, budgets, categories, transaction_rules, goals, manual_assets
  TO budget_reader, budget_auditor;
GRANT SELECT ON audit_log TO budget_auditor;

-- The functions: who may call them, and their owners, which need CREATE on the schema only to become owners. Nobody calls
-- record_change: triggers do.
GRANT EXECUTE ON FUNCTION sign_in_credentials(text), create_space(text) TO budget_api;
GRANT SELECT (id, email, password_hash) ON users TO budget_authenticator;
GRANT INSERT ON spaces, user_spaces TO budget_provisioner;
GRANT INSERT ON audit_log TO budget_recorder;
GRANT CREATE ON SCHEMA public TO budget_authenticator, budget_provisioner, budget_recorder;
ALTER FUNCTION sign_in_credentials(text) OWNER TO budget_authenticator;
ALTER FUNCTION create_space(text) OWNER TO budget_provisioner;
ALTER FUNCTION record_change() OWNER TO budget_recorder;
REVOKE CREATE ON SCHEMA public FROM budget_authenticator, budget_provisioner, budget_recorder;
