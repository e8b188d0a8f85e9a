-- Who may do what, cluster side. Run by an administrator (migrate.ts does it), as often as you like.
--
--   budget_owner          owns every object; nobody logs in as it
--   budget_migrator       logs in to migrate, and becomes budget_owner for that
--   budget_api            what the API logs in as: owns nothing, is a member of nothing
--   budget_reader         reads like the API does: under row-level security
--   budget_auditor        sees every row, changes none, never sees a password hash
--   budget_backup         dumps everything; without BYPASSRLS a dump would silently leave rows out
--   budget_authenticator  owns the one function that finds a user by email, before there is a user to be
--   budget_provisioner    owns the one function that makes a space and its first membership
--   budget_recorder       owns the one function that adds to the audit log
--
-- Passwords are not here: migrate.ts sets them from its arguments.

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['budget_owner', 'budget_migrator', 'budget_api', 'budget_reader',
    'budget_auditor', 'budget_backup', 'budget_authenticator', 'budget_provisioner', 'budget_recorder'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    END IF;
  END LOOP;
END
$$;

ALTER ROLE budget_owner NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE budget_migrator LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE budget_api LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE budget_reader LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE budget_auditor LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
ALTER ROLE budget_backup LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
ALTER ROLE budget_authenticator NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE budget_provisioner NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE budget_recorder NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- NOINHERIT everywhere on this chain: the migrator has the owner's rights only after SET ROLE, and the owner has
-- those of the function owners only in order to hand their function to them.
GRANT budget_owner TO budget_migrator;
GRANT budget_authenticator, budget_provisioner, budget_recorder TO budget_owner;
GRANT pg_read_all_data TO budget_backup;
GRANT pg_read_all_settings, pg_read_all_stats TO budget_auditor;

-- A runaway statement or a forgotten transaction must end by itself.
ALTER ROLE budget_api SET statement_timeout = '10s';
ALTER ROLE budget_api SET lock_timeout = '3s';
ALTER ROLE budget_api SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE budget_api CONNECTION LIMIT 50;
ALTER ROLE budget_reader SET default_transaction_read_only = on;
ALTER ROLE budget_reader SET statement_timeout = '60s';
ALTER ROLE budget_auditor SET default_transaction_read_only = on;
ALTER ROLE budget_backup SET default_transaction_read_only = on;

-- PUBLIC means every role there will ever be: it gets nothing here, not even temporary tables, which can shadow names.
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO budget_migrator, budget_api, budget_reader, budget_auditor, budget_backup',
    current_database());
  EXECUTE format('GRANT CREATE ON DATABASE %I TO budget_owner', current_database());
END
$$;

ALTER SCHEMA public OWNER TO budget_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE budget_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE budget_owner REVOKE USAGE ON TYPES FROM PUBLIC;

-- Large objects know no row-level security; nothing here uses them.
DO $$
DECLARE
  routine regprocedure;
BEGIN
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    FOR routine IN
      SELECT oid::regprocedure FROM pg_catalog.pg_proc
      WHERE pronamespace = 'pg_catalog'::regnamespace
        AND (proname LIKE 'lo\_%' OR proname IN ('loread', 'lowrite'))
    LOOP
      EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', routine);
    END LOOP;
  END IF;
END
$$;

-- A table that is made tomorrow is under row-level security before anybody can read it: without policies nobody sees a row.
-- `surety plan tenancy/every-table-covered` proposes one like it. Making an event trigger takes a superuser; where there is none,
-- the proof after each migration is what notices.
DO $cover$
BEGIN
  IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    CREATE OR REPLACE FUNCTION public.surety_cover_new_tables() RETURNS event_trigger
      LANGUAGE plpgsql
      SET search_path = pg_catalog, pg_temp
      AS $$
      DECLARE
        made record;
      BEGIN
        FOR made IN
          SELECT c.oid::regclass AS name
          FROM pg_event_trigger_ddl_commands() d
          JOIN pg_class c ON c.oid = d.objid JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE d.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p') AND NOT d.in_extension
            AND c.relpersistence <> 't' AND NOT c.relrowsecurity AND n.nspname = 'public'
        LOOP
          EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', made.name);
        END LOOP;
      END
      $$;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = 'surety_cover_new_tables') THEN
      CREATE EVENT TRIGGER surety_cover_new_tables ON ddl_command_end
        WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE SCHEMA')
        EXECUTE FUNCTION public.surety_cover_new_tables();
    END IF;
  END IF;
END
$cover$;
