-- Row-level security: who sees which row, decided by the database, whatever the API forgets.
--
-- Applied by migrate.ts after the migrations, each time and as a whole, so that a policy that somebody dropped by hand
-- comes back. It needs the table owner (budget_owner), not a superuser.
--
-- The API says who is asking, once per request and only for the transaction of that request:
--
--     SELECT set_config('app.current_user_id', '<user id>', true);
--
-- (SET LOCAL with a parameter.) Without it, or with anything that is not a user id, there are no rows.

-- The only reader of that setting. A setting that was local once is '' afterwards, and ''::uuid is an error: the CASE
-- makes the empty, the missing and the malformed all mean nobody. The body is bound when it is created, so no
-- search_path can change what it calls.
CREATE OR REPLACE FUNCTION app_current_user_id() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE
    WHEN current_setting('app.current_user_id', true) ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
    THEN current_setting('app.current_user_id', true)::uuid
  END;

-- ENABLE makes policies count for others, FORCE for the owner as well.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
ALTER TABLE spaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE spaces FORCE ROW LEVEL SECURITY;
ALTER TABLE user_spaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_spaces FORCE ROW LEVEL SECURITY;
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts FORCE ROW LEVEL SECURITY;
ALTER TABLE transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE transactions FORCE ROW LEVEL SECURITY;
ALTER TABLE budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE budgets FORCE ROW LEVEL SECURITY;
ALTER TABLE categories ENABLE ROW LEVEL SECURITY;
ALTER TABLE categories FORCE ROW LEVEL SECURITY;
ALTER TABLE transaction_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE transaction_rules FORCE ROW LEVEL SECURITY;
ALTER TABLE goals ENABLE ROW LEVEL SECURITY;
ALTER TABLE goals FORCE ROW LEVEL SECURITY;
ALTER TABLE manual_assets ENABLE ROW LEVEL SECURITY;
ALTER TABLE manual_assets FORCE ROW LEVEL SECURITY;

-- Each (SELECT …) and ARRAY(SELECT …) below is computed once per statement, not once per row, and leaves a plain
-- comparison with the tenant column, which its index serves.

DROP POLICY IF EXISTS self ON users;
CREATE POLICY self ON users FOR SELECT TO budget_api, budget_reader
  USING (id = (SELECT app_current_user_id()));

-- A user sees his own memberships. Nobody writes them through the API: see create_space below.
DROP POLICY IF EXISTS own_memberships ON user_spaces;
CREATE POLICY own_memberships ON user_spaces FOR SELECT TO budget_api, budget_reader
  USING (user_id = (SELECT app_current_user_id()));

DROP POLICY IF EXISTS members ON spaces;
CREATE POLICY members ON spaces TO budget_api, budget_reader
  USING (id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))))
  WITH CHECK (id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))));

DROP POLICY IF EXISTS members ON accounts;
CREATE POLICY members ON accounts TO budget_api, budget_reader
  USING (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))))
  WITH CHECK (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))));

DROP POLICY IF EXISTS members ON transactions;
CREATE POLICY members ON transactions TO budget_api, budget_reader
  USING (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))))
  WITH CHECK (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))));

DROP POLICY IF EXISTS members ON budgets;
CREATE POLICY members ON budgets TO budget_api, budget_reader
  USING (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))))
  WITH CHECK (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))));

DROP POLICY IF EXISTS members ON categories;
CREATE POLICY members ON categories TO budget_api, budget_reader
  USING (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))))
  WITH CHECK (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))));

DROP POLICY IF EXISTS members ON transaction_rules;
CREATE POLICY members ON transaction_rules TO budget_api, budget_reader
  USING (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))))
  WITH CHECK (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))));

DROP POLICY IF EXISTS members ON goals;
CREATE POLICY members ON goals TO budget_api, budget_reader
  USING (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))))
  WITH CHECK (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))));

DROP POLICY IF EXISTS members ON manual_assets;
CREATE POLICY members ON manual_assets TO budget_api, budget_reader
  USING (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))))
  WITH CHECK (space_id = ANY (ARRAY(SELECT space_id FROM user_spaces WHERE user_id = (SELECT app_current_user_id()))));

-- Two things happen outside of a tenant's view. Each is one SECURITY DEFINER function with its own powerless owner: not
-- a superuser, not exempt from policies, no login. The policies below are all that these owners can see or write.

-- 1. Signing in: who it is, is not known yet. One exact email in, the id and password hash of that user out, or nothing.
-- No pattern, no list, no tenant row. The API checks the hash and nothing else learns it.
DROP POLICY IF EXISTS sign_in ON users;
CREATE POLICY sign_in ON users FOR SELECT TO budget_authenticator USING (true);

DROP FUNCTION IF EXISTS sign_in_credentials(text);
CREATE FUNCTION sign_in_credentials(wanted_email text) RETURNS TABLE (id uuid, password_hash text)
  LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
  SET search_path = pg_catalog, pg_temp
  AS $$ SELECT u.id, u.password_hash FROM public.users u WHERE u.email = lower(wanted_email) $$;

-- 2. Making a space: the first membership has to come from somewhere, and the API may write none itself, or a user
-- could add himself to somebody's space. Both rows are made here, for the current user and nobody else.
DROP POLICY IF EXISTS provision ON spaces;
CREATE POLICY provision ON spaces FOR INSERT TO budget_provisioner
  WITH CHECK (created_by = (SELECT app_current_user_id()));
DROP POLICY IF EXISTS provision ON user_spaces;
CREATE POLICY provision ON user_spaces FOR INSERT TO budget_provisioner
  WITH CHECK (user_id = (SELECT app_current_user_id()) AND role = 'owner');

DROP FUNCTION IF EXISTS create_space(text);
CREATE FUNCTION create_space(new_name text) RETURNS uuid
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
  DECLARE
    new_id uuid := gen_random_uuid();
  BEGIN
    INSERT INTO public.spaces (id, name, created_by) VALUES (new_id, new_name, public.app_current_user_id());
    INSERT INTO public.user_spaces (user_id, space_id, role) VALUES (public.app_current_user_id(), new_id, 'owner');
    RETURN new_id;
  END
  $$;
