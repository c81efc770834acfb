-- Once after the first `campaign migrate`, with psql on the primary: how often each table is vacuumed. Nothing needs it;
-- on a busy day it keeps small tables small. Running it again changes nothing.

-- Rows that live for seconds: a mail, a step of a count, a ballot. Left to grow, each claim would walk over the dead.
ALTER TABLE outbox_mail SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE signature_delta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE community_ballot SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

-- A few rows that are updated all the time: room for the next version on the same page, so that no index changes.
ALTER TABLE campaign_count SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE hourly_count SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Millions of rows: a fiftieth of them would be a long wait. A vacuum frees the place of what was withdrawn and does not wipe
-- it; `VACUUM FULL` does, in a quiet hour (docs/operating.md).
ALTER TABLE signature SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);
