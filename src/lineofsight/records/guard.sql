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
-- Keys are looked up by the product itself, before anyone acts.
SELECT guard.bind('records_apikey', 'false');
SELECT guard.bind('records_apidelivery', 'false');
