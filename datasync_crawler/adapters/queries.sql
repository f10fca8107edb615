-- lock_schema --
-- Any constant will do, as long as every crawler takes the same one.
SELECT pg_advisory_xact_lock(7283641150);

-- leave_nothing_locked --
-- A crawler that is frozen between two statements would hold up whoever needs what it has locked.
SET idle_in_transaction_session_timeout = '15s';

-- make_id_table --
CREATE TABLE IF NOT EXISTS ingested_events (id uuid PRIMARY KEY);

-- make_event_table --
CREATE TABLE IF NOT EXISTS ingested_events (id uuid PRIMARY KEY, occurred_at timestamptz, type text, payload json);

-- drop_event_table --
DROP TABLE ingested_events;

-- has_events --
SELECT EXISTS (SELECT FROM ingested_events);

-- source --
SELECT origin, id_only FROM ledger_source FOR UPDATE;

-- is_begun --
-- Calls alone bind nothing: an address may have been mistyped.
SELECT EXISTS (SELECT FROM ingestion_progress) OR EXISTS (SELECT FROM ledger_memory WHERE kind = 'profile');

-- bind_source --
INSERT INTO ledger_source (origin, id_only) VALUES (%(origin)s, %(id_only)s)
ON CONFLICT (only_row) DO UPDATE SET origin = excluded.origin, id_only = excluded.id_only;

-- is_made --
SELECT to_regclass('ingestion_progress') IS NOT NULL;

-- shards --
SELECT shard, low, high, position, last_id, cursor, cursor_expires, proof, lane, rows, met, pages
FROM ingestion_progress ORDER BY shard;

-- lock_shards --
LOCK TABLE ingestion_progress IN SHARE ROW EXCLUSIVE MODE;

-- plant --
INSERT INTO ingestion_progress (low, high) VALUES (%(low)s, %(high)s);

-- wait_little_for_locks --
-- Who only reads the table for long must not hold up a discovery.
SET LOCAL lock_timeout = '2s';

-- seedbed --
SELECT document FROM ledger_memory WHERE kind = 'seedbed';

-- mark_seedbed --
INSERT INTO ledger_memory (kind, name, document) VALUES ('seedbed', 'seedbed', %(mark)s)
ON CONFLICT (kind, name) DO UPDATE SET document = excluded.document;

-- unmark_seedbed --
DELETE FROM ledger_memory WHERE kind = 'seedbed';

-- uproot --
DELETE FROM ingested_events;
DELETE FROM rejected_rows;
DELETE FROM lane_pages;
DELETE FROM ingestion_progress;

-- lock_leases --
LOCK TABLE ledger_leases IN SHARE ROW EXCLUSIVE MODE;

-- leased_for --
SELECT extract(epoch FROM until - clock_timestamp())::double precision FROM ledger_leases
WHERE holder <> %(holder)s AND until > clock_timestamp() ORDER BY until DESC LIMIT 1;

-- end_frozen_writers --
-- Whoever is within a page and waits for its crawler, which has no lease any more: a COPY would do so for ever, as no
-- timeout of the server counts while it waits for rows.
SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE relation = 'ingested_events'::regclass AND mode = 'RowExclusiveLock' AND granted
  AND application_name = 'datasync_crawler' AND usename = current_user AND wait_event = 'ClientRead'
  AND pid <> pg_backend_pid();

-- take_open_shards --
-- Leases that are left by now are over, or the taker's own.
DELETE FROM ledger_leases;
WITH leased AS MATERIALIZED (SELECT nextval('ledger_generation') AS generation),
moved AS (
    UPDATE ingestion_progress SET generation = leased.generation FROM leased WHERE state = 'open'
)
SELECT generation FROM leased;

-- note_lease --
INSERT INTO ledger_leases (generation, holder, until)
VALUES (%(generation)s, %(holder)s, clock_timestamp() + make_interval(secs => %(seconds)s));

-- renew --
UPDATE ledger_leases SET until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE generation = %(generation)s;

-- release --
DELETE FROM ledger_leases WHERE generation = %(generation)s;

-- held_shard --
SELECT shard, low, high, position, last_id, cursor, cursor_expires, proof, lane, rows, met, pages
FROM ingestion_progress WHERE shard = %(shard)s AND generation = %(generation)s FOR UPDATE;

-- raise_low --
UPDATE ingestion_progress SET low = %(at)s, updated_at = now() WHERE shard = %(shard)s;

-- lower_part --
SELECT shard, low, high, position, last_id, cursor, cursor_expires, proof, lane, rows, met, pages
FROM ingestion_progress WHERE high = %(at)s AND generation = %(generation)s;

-- plant_lower_part --
INSERT INTO ingestion_progress (low, high, generation) VALUES (%(low)s, %(at)s, %(generation)s) RETURNING shard;

-- reopen --
UPDATE ingestion_progress SET proof = NULL
WHERE proof = ANY(%(proofs)s);

-- finish --
UPDATE ingestion_progress SET proof = %(proof)s, cursor = NULL, cursor_expires = NULL, updated_at = now()
WHERE shard = %(shard)s AND generation = %(generation)s;

-- enter_shards --
-- The column's type and key are read after the lock, so that nobody changes them before the rows are in. Shards are
-- locked in the order of their numbers: two crawlers can then wait for each other, but never in a circle.
LOCK TABLE ingested_events IN ROW EXCLUSIVE MODE;
SELECT shard, generation, pages, rows, met FROM ingestion_progress
WHERE (shard, generation) IN (SELECT * FROM unnest(%(shards)s::integer[], %(held)s::bigint[]))
ORDER BY shard FOR UPDATE;

-- counts --
SELECT shard, generation, pages, rows, met FROM ingestion_progress;

-- hold_events_alone --
-- For whoever may change the column or the key: asking for the stronger lock later could meet another who does it.
LOCK TABLE ingested_events IN ACCESS EXCLUSIVE MODE;

-- table_form --
SELECT (SELECT atttypid = 'uuid'::regtype FROM pg_attribute
        WHERE attrelid = 'ingested_events'::regclass AND attname = 'id'),
       EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'ingested_events'::regclass AND contype = 'p');

-- is_keyed --
SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'ingested_events'::regclass AND contype = 'p');

-- drop_key --
-- Nothing is cleaned up meanwhile: it would have to end before the key can be built.
ALTER TABLE ingested_events DROP CONSTRAINT ingested_events_pkey, SET (autovacuum_enabled = off);

-- add_key --
-- The memory for sorting is given back at the end of the transaction.
SET LOCAL maintenance_work_mem = '256MB';
ALTER TABLE ingested_events ADD CONSTRAINT ingested_events_pkey PRIMARY KEY (id), RESET (autovacuum_enabled);

-- remove_copies --
-- Of each id the row that came first stays.
DELETE FROM ingested_events WHERE ctid IN (
    SELECT ctid FROM (SELECT ctid, row_number() OVER (PARTITION BY id ORDER BY ctid) AS copy FROM ingested_events) AS n
    WHERE copy > 1
);

-- count_copies_as_met --
UPDATE ingestion_progress SET rows = rows - taken, met = met + taken, updated_at = now()
FROM (
    SELECT shard AS from_shard,
           least(rows, greatest(0, %(copies)s - (sum(rows) OVER (ORDER BY rows DESC, shard) - rows))) AS taken
    FROM ingestion_progress
) AS shares
WHERE shard = from_shard AND taken > 0;

-- make_ids_text --
-- The C collation keeps the order of bytes, which is the order that uuids had.
ALTER TABLE ingested_events ALTER COLUMN id TYPE text COLLATE "C" USING id::text;

-- stage --
-- Made anew for each page that needs it, so that it always has the columns of the table.
CREATE TEMPORARY TABLE staged_events (LIKE ingested_events) ON COMMIT DROP;

-- merge_staged --
-- In the order of the key, as every page is stored: two crawlers can then wait for each other, but never in a circle.
INSERT INTO ingested_events SELECT * FROM staged_events ORDER BY id ON CONFLICT (id) DO NOTHING;

-- move_checkpoint --
UPDATE ingestion_progress
SET lane = %(lane)s, position = %(position)s, last_id = %(last_id)s, cursor = %(cursor)s,
    cursor_expires = %(cursor_expires)s, proof = coalesce(nullif(proof, ''), %(proof)s),
    rows = rows + %(inserted)s, met = met + %(met)s, pages = pages + 1, updated_at = now()
WHERE shard = %(shard)s;

-- count_beside --
UPDATE ingestion_progress
SET rows = rows + %(inserted)s, met = met + %(met)s, pages = pages + 1, updated_at = now()
WHERE shard = %(shard)s;

-- count_pages --
INSERT INTO lane_pages (lane, pages) VALUES (%(lane)s, %(pages)s)
ON CONFLICT (lane) DO UPDATE SET pages = lane_pages.pages + excluded.pages;

-- lane_pages --
SELECT lane, pages FROM lane_pages;

-- seconds_since_commit --
-- By the server's clock alone, which need not be that of whoever asks.
SELECT extract(epoch FROM clock_timestamp() - max(updated_at))::double precision FROM ingestion_progress;

-- reject --
-- Its page was counted just before.
INSERT INTO rejected_rows (shard, page, reason, raw)
SELECT shard, pages, %(reason)s, %(raw)s FROM ingestion_progress WHERE shard = %(shard)s;

-- rejected --
SELECT DISTINCT raw FROM rejected_rows;

-- rejections --
SELECT reason, count(*) FROM rejected_rows GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 100;

-- server_version --
SHOW server_version;

-- bound_origin --
SELECT origin FROM ledger_source;

-- which_are_stored --
SELECT id::text FROM ingested_events WHERE id::text = ANY (%(ids)s);

-- commit_without_waiting_for_the_disk --
-- A killed crawler loses nothing, as the server has the commit; a crash of the server may take the last ones back.
SET LOCAL synchronous_commit = off;

-- note_call --
INSERT INTO ledger_calls (pool, key, at) VALUES (%(pool)s, %(key)s, %(at)s);

-- calls --
SELECT pool, key, at FROM ledger_calls WHERE key = %(key)s AND at >= %(since)s ORDER BY at, pool;

-- first_call --
SELECT min(at) FROM ledger_calls WHERE key = %(key)s;

-- calls_counted --
SELECT floor((at - %(since)s) / %(step)s)::bigint AS number, count(*) FROM ledger_calls
WHERE pool = %(pool)s AND at >= %(since)s GROUP BY number ORDER BY number;

-- remember --
INSERT INTO ledger_memory (kind, name, document) VALUES (%(kind)s, %(name)s, %(document)s)
ON CONFLICT (kind, name) DO UPDATE SET document = excluded.document;

-- remembered --
SELECT name, document FROM ledger_memory WHERE kind = %(kind)s ORDER BY name;

-- thin --
DELETE FROM ledger_memory WHERE kind = %(kind)s AND name IN (
    SELECT name FROM (
        SELECT name, row_number() OVER (ORDER BY name) AS place, count(*) OVER () AS all_of_them
        FROM ledger_memory WHERE kind = %(kind)s
    ) AS placed
    WHERE all_of_them > %(most)s AND place %% 2 = 0
);

-- intend --
INSERT INTO ledger_submissions (count, digest, key, repo, partial, at)
VALUES (%(count)s, %(digest)s, %(key)s, %(repo)s, %(partial)s, %(at)s) RETURNING intent;

-- settle --
UPDATE ledger_submissions SET outcome = %(outcome)s, answer = %(answer)s WHERE intent = %(intent)s;

-- submissions --
SELECT intent, count, digest, key, repo, partial, at, outcome, answer FROM ledger_submissions ORDER BY intent;

-- count --
SELECT count(*) FROM ingested_events;

-- claimed --
SELECT coalesce(sum(rows), 0)::bigint FROM ingestion_progress;

-- note_what_is_visible --
-- Of rows that were loaded just now the key alone does not tell who may see them: walking it would look at each in the
-- table, which takes six times as long.
VACUUM (SKIP_LOCKED) ingested_events;

-- measure_ids --
SELECT count(*), coalesce(sum(octet_length(id::text)), 0)::bigint FROM ingested_events;

-- copy_ids --
COPY (SELECT id FROM ingested_events ORDER BY id) TO STDOUT;
