-- Files and their maps are for those who work with files. The rows themselves hold what agencies say of children:
-- the product reads them, after its own decision about the entry or the file they belong to.

SELECT guard.bind('records_delivery', '(SELECT guard.has_role(''information_officer''))');
SELECT guard.bind('records_deliveredtable', '(SELECT guard.has_role(''information_officer''))');
SELECT guard.bind('records_keptaside', '(SELECT guard.has_role(''information_officer''))');
SELECT guard.bind('records_columnmap', '(SELECT guard.has_role(''information_officer''))');
SELECT guard.bind('records_celltocheck', '(SELECT guard.has_role(''information_officer''))');
SELECT guard.bind('records_sentback', '(SELECT guard.has_role(''information_officer''))');
SELECT guard.bind('records_metvalue', '(SELECT guard.has_role(''information_officer''))');
SELECT guard.bind('records_settledvalue', '(SELECT guard.has_role(''information_officer''))');
SELECT guard.bind('records_replacement', 'false');
SELECT guard.bind('records_stagedrow', 'false');
SELECT guard.bind('records_sourcerow', 'false');
SELECT guard.bind('records_sighting', 'false');
-- A document is there exactly for those who read its entry; what hangs on a chain follows the version that stands. That
-- an event was written from it, for those who read both.
CREATE OR REPLACE FUNCTION guard.chain_is_read(chain text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT format('EXISTS (SELECT FROM chronology_entry e WHERE (e.id = %1$s OR e.first_id = %1$s) AND e.state <> ''superseded'')', chain) $$;
SELECT guard.bind('records_paper', guard.chain_is_read('entry_id'));
SELECT guard.bind('records_citation', guard.chain_is_read('event_id') || ' AND ' || guard.chain_is_read('document_id'));
-- Keys are looked up by the product itself, before anyone acts.
SELECT guard.bind('records_apikey', 'false');
SELECT guard.bind('records_apidelivery', 'false');

-- A program acts as its agency: its own files with their previews, its maps, its questions about values, and no row
-- of a child. From the rows of now: a key that was revoked a moment ago, or an agency whose agreement has ended,
-- reads nothing (A-D1).
CREATE OR REPLACE FUNCTION guard.key_agency() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
  SELECT k.agency::text FROM records_apikey k JOIN partners_agency a ON a.code = k.agency
   WHERE k.ref = guard.key_ref() AND k.revoked_at IS NULL AND a.suspended_at IS NULL
     AND guard.now()::date BETWEEN k.valid_from AND k.valid_to AND guard.in_agreement(a.id, guard.now())
$$;

SELECT guard.bind_key('records_apikey', 'ref = (SELECT guard.key_ref()) AND agency = (SELECT guard.key_agency())');
SELECT guard.bind_key('records_delivery', 'agency = (SELECT guard.key_agency())');
SELECT guard.bind_key(tab, 'EXISTS (SELECT FROM records_delivery d WHERE d.id = delivery_id AND d.agency = (SELECT guard.key_agency()))')
  FROM unnest(ARRAY['records_deliveredtable', 'records_keptaside', 'records_celltocheck', 'records_sentback',
                    'records_metvalue']) AS tab;
SELECT guard.bind_key('records_columnmap', 'agency = (SELECT guard.key_agency())');
-- What was answered for everybody (no agency) counts for each.
SELECT guard.bind_key('records_settledvalue', 'agency = (SELECT guard.key_agency()) OR agency = '''' AND (SELECT guard.key_agency()) IS NOT NULL');
SELECT guard.bind_key('records_apidelivery', $rule$
  EXISTS (SELECT FROM records_apikey k WHERE k.id = key_id AND k.ref = (SELECT guard.key_ref()))
  AND EXISTS (SELECT FROM records_delivery d WHERE d.id = delivery_id AND d.agency = (SELECT guard.key_agency()))
$rule$, ARRAY['SELECT', 'INSERT']);
