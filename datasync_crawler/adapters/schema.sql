-- Everything is made only where it is missing: the file is run at every opening, under an advisory lock.

-- One row: the source that this ledger belongs to.
CREATE TABLE IF NOT EXISTS ledger_source (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    origin text NOT NULL,
    id_only boolean NOT NULL
);

CREATE SEQUENCE IF NOT EXISTS ledger_generation;

-- Who drains: shards of these generations are nobody else's until then. A holder is a state directory.
CREATE TABLE IF NOT EXISTS ledger_leases (
    generation bigint PRIMARY KEY,
    holder text NOT NULL,
    until timestamptz NOT NULL
);

-- Positions are microseconds since the epoch (UTC); NULL bounds are open ends.
CREATE TABLE IF NOT EXISTS ingestion_progress (
    shard integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane text NOT NULL DEFAULT '',
    low bigint,
    high bigint,
    position bigint,
    last_id text,
    cursor text,
    cursor_expires double precision,
    rows bigint NOT NULL DEFAULT 0,
    met bigint NOT NULL DEFAULT 0,
    pages bigint NOT NULL DEFAULT 0,
    -- Generated, so that nothing can be called done without a proof.
    state text GENERATED ALWAYS AS (CASE WHEN coalesce(proof, '') = '' THEN 'open' ELSE 'done' END) STORED,
    proof text,
    generation bigint NOT NULL DEFAULT 0,
    -- When a crawler last moved it; being leased or opened again is no move.
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The pages that each lane brought, over all generations.
CREATE TABLE IF NOT EXISTS lane_pages (
    lane text PRIMARY KEY,
    pages bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS rejected_rows (
    shard integer NOT NULL,
    page bigint NOT NULL,
    reason text NOT NULL,
    raw bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

-- Keys are SHA-256 in hexadecimal; times are wall seconds since the epoch.
CREATE TABLE IF NOT EXISTS ledger_calls (
    pool text NOT NULL,
    key text NOT NULL,
    at double precision NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_calls_by_key ON ledger_calls (key, at);

CREATE TABLE IF NOT EXISTS ledger_memory (
    kind text,
    name text,
    document text NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE IF NOT EXISTS ledger_submissions (
    intent integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    count bigint NOT NULL,
    digest text NOT NULL,
    key text NOT NULL,
    repo text NOT NULL,
    partial boolean NOT NULL,
    at double precision NOT NULL,
    outcome text NOT NULL DEFAULT 'pending' CHECK (outcome IN ('pending', 'accepted', 'refused', 'unknown')),
    answer text NOT NULL DEFAULT ''
);
