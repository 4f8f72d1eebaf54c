-- Who may reach whom (security requirements 2.4), as sets of records. Two callers: lists in Python, which give
-- an actor, and row security, which takes the actor from the sealed context.

CREATE OR REPLACE FUNCTION guard.in_date(since timestamptz, until timestamptz, at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$ SELECT since <= at AND (until IS NULL OR until > at) $$;

CREATE OR REPLACE FUNCTION guard.ways(p_ref text, p_agency text, p_team bigint, p_roles text[], p_at timestamptz)
RETURNS TABLE (person bigint, as_member boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  -- A-P2: in the team around the child, in their own name or through a team. A place given for a person that has
  -- another reference since a merge sleeps.
  SELECT i.person_id, true
    FROM people_circlemember c
    JOIN people_sourceidentity i ON i.id = c.identity_id
    JOIN people_person p ON p.id = i.person_id AND p.ref = c.for_ref
   WHERE (c.worker_ref = p_ref OR c.team_id = p_team)
     AND guard.in_date(c.since, c.until, p_at)
     AND p_roles && ARRAY['practitioner', 'team_manager', 'duty', 'coordinator']
  UNION
  -- A-P3: what a member of the same team and agency opens up for the team's manager.
  SELECT i.person_id, true
    FROM partners_worker w
    JOIN partners_agency a ON a.id = w.agency_id AND a.code = p_agency
    JOIN people_circlemember c ON c.worker_ref = w.ref
    JOIN people_sourceidentity i ON i.id = c.identity_id
    JOIN people_person p ON p.id = i.person_id AND p.ref = c.for_ref
   WHERE w.team_id = p_team AND 'team_manager' = ANY(p_roles)
     AND guard.in_date(c.since, c.until, p_at)
  UNION
  -- A-P4, A-P5, A-P9, A-P10.
  SELECT i.person_id, t.kind = 'panel'
    FROM people_tie t JOIN people_sourceidentity i ON i.id = t.identity_id
   WHERE guard.in_date(t.since, t.until, p_at)
     AND ((t.worker_ref = p_ref AND (
            (t.kind = 'duty' AND 'duty' = ANY(p_roles))
         OR (t.kind = 'emergency' AND p_roles && ARRAY['practitioner', 'team_manager', 'duty', 'coordinator'])
         OR (t.kind = 'reviewing' AND p_roles && ARRAY['reviewer', 'inspector'])))
       OR (t.kind = 'panel' AND 'coordinator' = ANY(p_roles)))
$$;

CREATE OR REPLACE FUNCTION guard.denials(p_ref text, p_agency text, p_at timestamptz)
RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  WITH standing AS (
    SELECT i.person_id, t.kind, t.worker_ref, t.agency, t.value
      FROM people_tie t JOIN people_sourceidentity i ON i.id = t.identity_id
     WHERE t.kind IN ('shield.sealed', 'disposed', 'excluded', 'conflict', 'staff')
       AND guard.in_date(t.since, t.until, p_at)
  )
  SELECT person_id FROM standing WHERE kind = 'disposed'                                        -- A-D9
  UNION
  SELECT s.person_id FROM standing s WHERE s.kind = 'shield.sealed' AND NOT EXISTS (            -- A-D4
    SELECT FROM people_tie t JOIN people_sourceidentity i ON i.id = t.identity_id
     WHERE i.person_id = s.person_id AND t.kind = 'named.sealed' AND t.worker_ref = p_ref
       AND guard.in_date(t.since, t.until, p_at))
  UNION
  SELECT person_id FROM standing WHERE kind = 'excluded' AND agency = p_agency                  -- A-D7
  UNION
  SELECT person_id FROM standing WHERE kind IN ('conflict', 'staff') AND worker_ref = p_ref     -- A-D2, A-D3
  UNION
  SELECT near.person_id
    FROM standing s
    JOIN people_sourceidentity own ON own.person_id = s.person_id
    JOIN people_tie h ON h.identity_id = own.id AND h.kind = 'household'
     AND guard.in_date(h.since, h.until, p_at)
    JOIN people_tie o ON o.kind = 'household' AND o.value = h.value
     AND guard.in_date(o.since, o.until, p_at)
    JOIN people_sourceidentity near ON near.id = o.identity_id
   WHERE s.worker_ref = p_ref AND (s.kind = 'staff' OR (s.kind = 'conflict' AND s.value = 'household'))
$$;

CREATE OR REPLACE FUNCTION guard.reach(p_ref text, p_agency text, p_team bigint, p_roles text[], p_at timestamptz)
RETURNS TABLE (people bigint[], records bigint[], as_member bigint[], denied bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  WITH shut AS (SELECT guard.denials(p_ref, p_agency, p_at) AS person),
  open AS (
    SELECT person, bool_or(as_member) AS as_member FROM guard.ways(p_ref, p_agency, p_team, p_roles, p_at)
     WHERE person NOT IN (SELECT person FROM shut) GROUP BY person
  )
  SELECT (SELECT array_agg(person) FROM open),
         (SELECT array_agg(i.id) FROM open JOIN people_sourceidentity i ON i.person_id = open.person),
         (SELECT array_agg(i.id) FROM open JOIN people_sourceidentity i ON i.person_id = open.person
           WHERE open.as_member),
         (SELECT array_agg(i.id) FROM shut JOIN people_sourceidentity i ON i.person_id = shut.person)
$$;

-- The same for whoever acts on this connection. Nobody but the owner may ask for another.
REVOKE ALL ON FUNCTION guard.ways(text, text, bigint, text[], timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION guard.denials(text, text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION guard.reach(text, text, bigint, text[], timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION guard.my_reach() RETURNS TABLE (people bigint[], records bigint[], as_member bigint[], denied bigint[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT r.* FROM guard.me() w, guard.reach(w.ref, w.agency, w.team, w.roles, guard.now()) r
$$;

CREATE OR REPLACE FUNCTION guard.my_people() RETURNS bigint[] LANGUAGE sql STABLE
AS $$ SELECT coalesce(people, '{}') FROM guard.my_reach() $$;
CREATE OR REPLACE FUNCTION guard.my_records() RETURNS bigint[] LANGUAGE sql STABLE
AS $$ SELECT coalesce(records, '{}') FROM guard.my_reach() $$;
CREATE OR REPLACE FUNCTION guard.my_member_records() RETURNS bigint[] LANGUAGE sql STABLE
AS $$ SELECT coalesce(as_member, '{}') FROM guard.my_reach() $$;
CREATE OR REPLACE FUNCTION guard.my_denied() RETURNS bigint[] LANGUAGE sql STABLE
AS $$ SELECT coalesce(denied, '{}') FROM guard.my_reach() $$;

SELECT guard.bind('people_person', 'id = ANY (ARRAY(SELECT unnest(guard.my_people())))');
SELECT guard.bind('people_sourceidentity', 'person_id = ANY (ARRAY(SELECT unnest(guard.my_people())))');
SELECT guard.bind('people_statement', 'identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
SELECT guard.bind('people_profile', 'identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
SELECT guard.bind('people_judgement',
  'a_id = ANY (ARRAY(SELECT unnest(guard.my_records()))) OR b_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
SELECT guard.bind('people_circlemember', 'identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
-- Ties tell of shields and conflicts: read and written by the product alone, after its own decision.
SELECT guard.bind('people_tie', 'false');
-- Second answers and whole runs are read and written by the product alone: a run names records of everybody.
SELECT guard.bind('people_secondanswer', 'false');
SELECT guard.bind('people_proposal', 'false');
SELECT guard.bind('people_wholerun', 'false');
