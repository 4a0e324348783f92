-- Times are milliseconds since 1970.

-- +goose Up
CREATE TABLE isv_customers (
    corp_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    installed_by TEXT NOT NULL,
    installed_at BIGINT NOT NULL
);

CREATE TABLE isv_sessions (
    hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    corp_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT NOT NULL,
    admin BOOLEAN NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE isv_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    corp_id TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    handled BOOLEAN NOT NULL
);

CREATE INDEX isv_sessions_corp ON isv_sessions (corp_id);
CREATE INDEX isv_sessions_expiry ON isv_sessions (expires_at);
CREATE INDEX isv_events_age ON isv_events (received_at);

-- +goose Down
DROP TABLE isv_events;
DROP TABLE isv_sessions;
DROP TABLE isv_customers;
