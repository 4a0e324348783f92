-- Times are milliseconds since 1970; an expires_at of 0 is never.

-- +goose Up
CREATE TABLE IF NOT EXISTS wecom_tokens (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS wecom_locks (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS wecom_codes (
    suite_id TEXT COLLATE "C" NOT NULL,
    corp_id TEXT COLLATE "C" NOT NULL,
    code TEXT NOT NULL,
    obtained_at BIGINT NOT NULL,
    PRIMARY KEY (suite_id, corp_id)
);

CREATE TABLE IF NOT EXISTS wecom_events (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    done SMALLINT NOT NULL,
    answer BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX IF NOT EXISTS wecom_tokens_expiry ON wecom_tokens (expires_at);
CREATE INDEX IF NOT EXISTS wecom_events_expiry ON wecom_events (expires_at);

-- +goose Down
DROP TABLE wecom_events;
DROP TABLE wecom_codes;
DROP TABLE wecom_locks;
DROP TABLE wecom_tokens;
