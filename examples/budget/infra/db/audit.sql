-- Writes the audit log. Applied after the policies, each time and as a whole, so that a trigger that somebody dropped by
-- hand comes back.
--
-- The log is filled by triggers, so that no code of the API can forget it, and by a role of its own, so that no code of the
-- API can write, change or read it. That role can do nothing else: it adds entries in the name of the user who is asking.
-- Changes that no user made, such as migrations, stand in the server's own log.

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS record ON audit_log;
CREATE POLICY record ON audit_log FOR INSERT TO budget_recorder
  WITH CHECK (actor_id = (SELECT app_current_user_id()));

-- CASCADE takes the triggers along; they are made again below, in the same transaction.
DROP FUNCTION IF EXISTS record_change() CASCADE;
CREATE FUNCTION record_change() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
  DECLARE
    changed jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
  BEGIN
    INSERT INTO public.audit_log (actor_id, action, table_name, row_id, space_id)
    VALUES (public.app_current_user_id(), lower(TG_OP), TG_TABLE_NAME,
      (changed ->> 'id')::uuid, coalesce(changed ->> 'space_id', changed ->> 'id')::uuid);
    RETURN NULL;
  END
  $$;

DO $$
DECLARE
  audited text;
BEGIN
  FOREACH audited IN ARRAY ARRAY['spaces', 'accounts', 'transactions', 'budgets', 'categories', 'transaction_rules',
    'goals', 'manual_assets'] LOOP
    EXECUTE format('CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW
      WHEN (app_current_user_id() IS NOT NULL) EXECUTE FUNCTION record_change()', audited);
  END LOOP;
END
$$;
