-- The account gate (A-D1) and the worker who acts, from the rows of now. Partners' own tables hold no child's data.

CREATE OR REPLACE FUNCTION guard.in_agreement(p_agency bigint, p_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT EXISTS (SELECT FROM partners_agreement g WHERE g.agency_id = p_agency AND g.suspended_at IS NULL
                   AND g.since <= p_at AND (g.until IS NULL OR g.until > p_at))
$$;

CREATE OR REPLACE FUNCTION guard.me() RETURNS TABLE (ref text, agency text, team bigint, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT w.ref::text, a.code::text, w.team_id,
         ARRAY(SELECT r.role::text FROM partners_workerrole r
                WHERE r.worker_id = w.id AND r.approved_at IS NOT NULL AND r.since <= guard.now()::date
                  AND (r.until IS NULL OR r.until > guard.now()::date))
    FROM partners_worker w JOIN partners_agency a ON a.id = w.agency_id
   WHERE w.ref = guard.worker_ref() AND w.is_active AND a.suspended_at IS NULL
     AND (w.ends IS NULL OR w.ends > guard.now()::date)
     AND w.training_until > guard.now()::date
     AND (EXISTS (SELECT FROM partners_secondfactor f WHERE f.worker_id = w.id)
          -- Or the agency's own sign-in has checked one in this very session, as the application sealed it.
          OR (guard.context())[4] = 'vouched')
     AND guard.in_agreement(a.id, guard.now())
$$;

CREATE OR REPLACE FUNCTION guard.my_agency() RETURNS text LANGUAGE sql STABLE
AS $$ SELECT agency FROM guard.me() $$;

CREATE OR REPLACE FUNCTION guard.has_role(VARIADIC p_roles text[]) RETURNS boolean LANGUAGE sql STABLE
AS $$ SELECT coalesce((SELECT roles && p_roles FROM guard.me()), false) $$;
