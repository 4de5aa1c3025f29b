-- +goose Up

-- What opens a token. One is in force (replaced_at is NULL); a rotation leaves
-- the one before it alive until ends_at or, where silent_seconds is above 0,
-- until it has not been used for so long. Ended ones stay for as long as
-- deleted tokens do, so that whoever still uses one can be told apart.
CREATE TABLE token_secrets (
  id             TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  token_id       TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  digest         BLOB NOT NULL CHECK (length(digest) = 32),
  prefix         TEXT NOT NULL,
  last_four      TEXT NOT NULL CHECK (length(last_four) <= 4),
  created_at     TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  replaced_at    TEXT CHECK (replaced_at LIKE '____-__-__ __:__:__.______Z'),
  ends_at        TEXT NOT NULL CHECK (ends_at LIKE '____-__-__ __:__:__.______Z'),
  silent_seconds INTEGER NOT NULL CHECK (silent_seconds >= 0),
  last_used_at   TEXT NOT NULL CHECK (last_used_at LIKE '____-__-__ __:__:__.______Z'),
  form_id        TEXT CHECK (form_id <> '')
) STRICT;
INSERT INTO token_secrets (id, token_id, digest, prefix, last_four, created_at, ends_at, silent_seconds, last_used_at)
  SELECT id, id, digest, prefix, last_four, created_at, '9999-12-31 00:00:00.000000Z', 0, last_used_at FROM tokens;
CREATE UNIQUE INDEX token_secrets_digest ON token_secrets (digest);
CREATE UNIQUE INDEX token_secrets_in_force ON token_secrets (token_id) WHERE replaced_at IS NULL;
CREATE UNIQUE INDEX token_secrets_form ON token_secrets (token_id, form_id);
CREATE INDEX token_secrets_by_token ON token_secrets (token_id, id);
CREATE INDEX token_secrets_ended ON token_secrets (ends_at) WHERE replaced_at IS NOT NULL;

DROP INDEX tokens_digest;
ALTER TABLE tokens DROP COLUMN digest;

-- addresses are networks in their canonical form with a space between, none for
-- anywhere. metadata is a JSON object in its shortest form.
ALTER TABLE tokens ADD COLUMN disabled_at TEXT CHECK (disabled_at LIKE '____-__-__ __:__:__.______Z');
ALTER TABLE tokens ADD COLUMN disabled_by TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN addresses TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN contact_id TEXT REFERENCES users (id);
ALTER TABLE tokens ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';

-- The latest uses of a token, one for each secret, address and user agent.
CREATE TABLE token_uses (
  token_id   TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  secret_id  TEXT NOT NULL REFERENCES token_secrets (id) ON DELETE CASCADE,
  ip         TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  at         TEXT NOT NULL CHECK (at LIKE '____-__-__ __:__:__.______Z'),
  PRIMARY KEY (token_id, secret_id, ip, user_agent)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_uses_by_secret ON token_uses (secret_id);

-- policy is a JSON document, read and written whole; '{}' asks for nothing.
ALTER TABLE settings ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tenants ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';

CREATE INDEX events_by_target ON events (target_id, number) WHERE target_id <> '';
