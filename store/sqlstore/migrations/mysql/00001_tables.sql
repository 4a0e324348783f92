-- Times are milliseconds since 1970; an expires_at of 0 is never.

-- +goose Up
CREATE TABLE IF NOT EXISTS wecom_tokens (
    name VARBINARY(512) NOT NULL PRIMARY KEY,
    value MEDIUMBLOB NOT NULL,
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    writer VARBINARY(64) NOT NULL,
    KEY wecom_tokens_expiry (expires_at)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS wecom_locks (
    name VARBINARY(512) NOT NULL PRIMARY KEY,
    owner VARBINARY(64) NOT NULL,
    expires_at BIGINT NOT NULL
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS wecom_codes (
    suite_id VARBINARY(128) NOT NULL,
    corp_id VARBINARY(128) NOT NULL,
    code MEDIUMBLOB NOT NULL,
    obtained_at BIGINT NOT NULL,
    PRIMARY KEY (suite_id, corp_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS wecom_events (
    name VARBINARY(512) NOT NULL PRIMARY KEY,
    owner VARBINARY(64) NOT NULL,
    done SMALLINT NOT NULL,
    answer MEDIUMBLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY wecom_events_expiry (expires_at)
) ENGINE = InnoDB;

-- +goose Down
DROP TABLE wecom_events;
DROP TABLE wecom_codes;
DROP TABLE wecom_locks;
DROP TABLE wecom_tokens;
