-- The ground of row security: the roles, and who acts on a connection. Laid down by access/guard.py as owner.

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['lineofsight_web', 'lineofsight_worker', 'lineofsight_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of the cluster was first
      END;
    END IF;
    IF NOT pg_has_role(current_user, name, 'SET') THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', name);
    END IF;
  END LOOP;
END $$;

CREATE SCHEMA IF NOT EXISTS guard;
GRANT USAGE ON SCHEMA guard TO lineofsight_web, lineofsight_worker, lineofsight_reader;

CREATE TABLE IF NOT EXISTS guard.secret (one boolean PRIMARY KEY DEFAULT true CHECK (one), value bytea NOT NULL);
REVOKE ALL ON guard.secret FROM PUBLIC, lineofsight_web, lineofsight_worker, lineofsight_reader;

-- Who acts, as the application sealed it for this connection: 'worker|REF|MOMENT|vouched' (the last
-- part empty unless the agency's own sign-in has checked a second factor in this session),
-- 'key|REF|MOMENT' (a program with its agency's key) or 'system|REASON|MOMENT'.
-- Unset, empty (a pooled connection keeps an empty setting) or forged: an error, so nothing is read by accident.
CREATE OR REPLACE FUNCTION guard.context() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public
AS $$
DECLARE
  given text := current_setting('guard.context', true);
  body text := substr(given, 66);
  k bytea;
BEGIN
  IF given IS NULL OR given = '' THEN
    RAISE EXCEPTION 'guard: nobody acts on this connection' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT value INTO k FROM guard.secret;
  IF left(given, 64) IS DISTINCT FROM
     encode(sha256(k || sha256(k || convert_to(pg_backend_pid() || '|' || body, 'UTF8'))), 'hex') THEN
    RAISE EXCEPTION 'guard: the context of this connection is forged' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN string_to_array(body, '|');
END $$;

CREATE OR REPLACE FUNCTION guard.is_system() RETURNS boolean LANGUAGE sql STABLE
AS $$ SELECT (guard.context())[1] = 'system' $$;

CREATE OR REPLACE FUNCTION guard.worker_ref() RETURNS text LANGUAGE sql STABLE
AS $$ SELECT CASE WHEN c[1] = 'worker' THEN c[2] ELSE '' END FROM (SELECT guard.context() AS c) given $$;

CREATE OR REPLACE FUNCTION guard.key_ref() RETURNS text LANGUAGE sql STABLE
AS $$ SELECT CASE WHEN c[1] = 'key' THEN c[2] ELSE '' END FROM (SELECT guard.context() AS c) given $$;

CREATE OR REPLACE FUNCTION guard.now() RETURNS timestamptz LANGUAGE sql STABLE
AS $$ SELECT coalesce(nullif((guard.context())[3], '')::timestamptz, now()) $$;

-- What may be done with a table at all. Row security then says with which rows.
CREATE OR REPLACE FUNCTION guard.grant_rooms() RETURNS void LANGUAGE plpgsql
AS $$
DECLARE t record;
BEGIN
  FOR t IN SELECT c.relname, c.relname LIKE 'access\_ledger%' AS ledger FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') LOOP
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, lineofsight_web, lineofsight_worker, lineofsight_reader', t.relname);
    IF t.relname = 'django_migrations' THEN
      EXECUTE format('GRANT SELECT ON public.%I TO lineofsight_web, lineofsight_worker, lineofsight_reader', t.relname);
    ELSIF t.relname IN ('access_ledgerleaf', 'access_ledgernode', 'access_ledgerhead') THEN
      -- The tree over the ledger is the sealer's, who works with the rights of the worker role.
      EXECUTE format('GRANT SELECT ON public.%I TO lineofsight_web, lineofsight_reader', t.relname);
      EXECUTE format('GRANT SELECT, INSERT ON public.%I TO lineofsight_worker', t.relname);
    ELSIF t.ledger THEN
      -- Append only: no role but the owner may change or remove what was written down.
      EXECUTE format('GRANT SELECT, INSERT ON public.%I TO lineofsight_web, lineofsight_worker', t.relname);
      EXECUTE format('GRANT SELECT ON public.%I TO lineofsight_reader', t.relname);
    ELSE
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO lineofsight_web, lineofsight_worker', t.relname);
      EXECUTE format('GRANT SELECT ON public.%I TO lineofsight_reader', t.relname);
    END IF;
  END LOOP;
  IF current_setting('server_version_num')::int >= 170000 THEN
    -- An import refreshes the planner's statistics half-way; older servers leave that to autovacuum.
    EXECUTE 'GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO lineofsight_web, lineofsight_worker';
  END IF;
  -- A schema that was made anew has lost what every role may do in it.
  GRANT USAGE ON SCHEMA public TO lineofsight_web, lineofsight_worker, lineofsight_reader;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO lineofsight_web, lineofsight_worker;
END $$;
SELECT guard.grant_rooms();
REVOKE ALL ON FUNCTION guard.grant_rooms() FROM PUBLIC;

-- Puts one table under row security. `rule` says which rows a worker reads and writes; the product itself, acting
-- as system, and the owner, who migrates, come to all of them.
CREATE OR REPLACE FUNCTION guard.bind(tab text, rule text) RETURNS void LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', tab);
  EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', tab);
  EXECUTE format('DROP POLICY IF EXISTS owner ON public.%I', tab);
  EXECUTE format('DROP POLICY IF EXISTS acting ON public.%I', tab);
  EXECUTE format('CREATE POLICY owner ON public.%I TO CURRENT_USER USING (true) WITH CHECK (true)', tab);
  EXECUTE format(
    'CREATE POLICY acting ON public.%I TO lineofsight_web, lineofsight_worker, lineofsight_reader'
    ' USING ((SELECT guard.is_system()) OR (%s)) WITH CHECK ((SELECT guard.is_system()) OR (%s))', tab, rule, rule);
END $$;
REVOKE ALL ON FUNCTION guard.bind(text, text) FROM PUBLIC;

-- Which rows of a bound table a program with an agency's key reads as well. What it changes, it changes by deeds,
-- which the product does once they are decided; so a key writes nothing, unless `may` names INSERT too.
CREATE OR REPLACE FUNCTION guard.bind_key(tab text, rule text, may text[] DEFAULT '{SELECT}') RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE act text;
BEGIN
  FOREACH act IN ARRAY ARRAY['SELECT', 'INSERT'] LOOP
    EXECUTE format('DROP POLICY IF EXISTS %I ON public.%I', 'key_' || lower(act), tab);
    IF act = ANY (may) THEN
      EXECUTE format('CREATE POLICY %I ON public.%I FOR %s TO lineofsight_web, lineofsight_worker %s (%s)',
        'key_' || lower(act), tab, act, CASE act WHEN 'SELECT' THEN 'USING' ELSE 'WITH CHECK' END, rule);
    END IF;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION guard.bind_key(text, text, text[]) FROM PUBLIC;
