-- Which entries a worker reads in full (security requirements 2.4): the same rules as access/policy.py view_entry.
-- Pointers are told by the product itself, so a row that is only pointed at is not readable here.

-- Entry chains whose list names me, in date.
CREATE OR REPLACE FUNCTION guard.named_for_me(VARIADIC p_kinds text[]) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT coalesce(array_agg(n.entry_id), '{}') FROM chronology_entryname n
   WHERE n.worker_ref = guard.worker_ref() AND n.kind = ANY (p_kinds)
     AND n.since <= guard.now() AND (n.until IS NULL OR n.until > guard.now())
     AND (n.kind <> 'recipient' OR n.accepted_at <= guard.now())
$$;

-- Workers of the team that I manage, in my agency.
CREATE OR REPLACE FUNCTION guard.my_team() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT coalesce(array_agg(w.ref::text), '{}') FROM guard.me() m
    JOIN partners_agency a ON a.code = m.agency
    JOIN partners_worker w ON w.agency_id = a.id AND w.team_id = m.team
   WHERE 'team_manager' = ANY (m.roles)
$$;

SELECT guard.bind('chronology_entry', $rule$
  (SELECT count(*) FROM guard.me()) > 0
  AND state <> 'disposed'
  AND NOT about && (SELECT guard.my_denied())
  AND (
    (written_by = (SELECT guard.worker_ref()) AND agency = (SELECT guard.my_agency()))            -- A-P1
    OR (
      state <> 'draft'
      AND (about && (SELECT guard.my_records())
           OR (written_by = ANY ((SELECT guard.my_team())::text[]) AND agency = (SELECT guard.my_agency())))
      AND (handling <> 'C'
           OR coalesce(first_id, id) = ANY ((SELECT guard.named_for_me('recipient'))::bigint[]))   -- A-D5
      AND (
        (handling <> 'C' AND written_by = ANY ((SELECT guard.my_team())::text[])
         AND agency = (SELECT guard.my_agency()))                                                -- A-P1, the manager
        OR (
          (sharing = 'team_around'
           OR (sharing = 'agency_only' AND agency = (SELECT guard.my_agency()))
           OR coalesce(first_id, id) = ANY ((SELECT guard.named_for_me('named', 'released', 'recipient'))::bigint[]))  -- A-D6
          AND (sensitivity = ''
               OR (agency = (SELECT guard.my_agency()) AND about && (SELECT guard.my_member_records()))
               OR coalesce(first_id, id) = ANY ((SELECT guard.named_for_me('released'))::bigint[]))       -- A-F4
        )
      )
    )
  )
$rule$);

SELECT guard.bind('chronology_participation', $rule$
  identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))
  OR EXISTS (SELECT FROM chronology_entry e WHERE e.id = entry_id)
$rule$);
SELECT guard.bind('chronology_entrything', 'EXISTS (SELECT FROM chronology_entry e WHERE e.id = entry_id)');
SELECT guard.bind('chronology_comment', 'EXISTS (SELECT FROM chronology_entry e WHERE e.id = entry_id)');
SELECT guard.bind('chronology_entryname', 'EXISTS (SELECT FROM chronology_entry e WHERE e.id = entry_id)');
SELECT guard.bind('chronology_lastlook', 'worker_ref = (SELECT guard.worker_ref())');

-- What people decided about a child is read and written by those who reach the child; which of it is shown follows
-- from the entries that they see (chronology/picture.py, matters.py).
SELECT guard.bind('chronology_occurrenceverdict', 'identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
SELECT guard.bind('chronology_gapquery', 'identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
SELECT guard.bind('chronology_correctionnotice', 'identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
SELECT guard.bind('chronology_keyfact', 'identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
SELECT guard.bind('chronology_meetingchronology', 'identity_id = ANY (ARRAY(SELECT unnest(guard.my_records())))');
SELECT guard.bind('chronology_heldby', 'EXISTS (SELECT FROM chronology_keyfact k WHERE k.id = fact_id)');
SELECT guard.bind('chronology_meetingline', 'EXISTS (SELECT FROM chronology_meetingchronology m WHERE m.id = meeting_id)');

-- The index of where to look, and of whom something has changed: only for people whom the worker reaches.
SELECT guard.bind('chronology_finding', 'person IN (SELECT i.person_id FROM people_sourceidentity i WHERE i.id = ANY (ARRAY(SELECT unnest(guard.my_records()))))');
SELECT guard.bind('chronology_unread', 'person IN (SELECT i.person_id FROM people_sourceidentity i WHERE i.id = ANY (ARRAY(SELECT unnest(guard.my_records()))))');
