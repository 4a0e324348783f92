-- Times are milliseconds since 1970; an expires_at of 0 is never.

-- +goose Up
CREATE TABLE IF NOT EXISTS wecom_tokens (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS wecom_locks (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS wecom_codes (
    suite_id TEXT NOT NULL,
    corp_id TEXT NOT NULL,
    code TEXT NOT NULL,
    obtained_at INTEGER NOT NULL,
    PRIMARY KEY (suite_id, corp_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS wecom_events (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    done INTEGER NOT NULL,
    answer BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS wecom_tokens_expiry ON wecom_tokens (expires_at);
CREATE INDEX IF NOT EXISTS wecom_events_expiry ON wecom_events (expires_at);

-- +goose Down
DROP TABLE wecom_events;
DROP TABLE wecom_codes;
DROP TABLE wecom_locks;
DROP TABLE wecom_tokens;
