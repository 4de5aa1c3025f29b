-- +goose Up

-- A key is published as the next one before it signs; activated_at is when it
-- began to.
ALTER TABLE signing_keys ADD COLUMN activated_at TEXT CHECK (activated_at LIKE '____-__-__ __:__:__.______Z');
UPDATE signing_keys SET activated_at = created_at WHERE state <> 'next';
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (algorithm) WHERE state = 'next';

-- A JSON list: for which resource servers JWTs are made besides our own.
ALTER TABLE settings ADD COLUMN audiences TEXT NOT NULL DEFAULT '[]';

-- A public key of the client's own, or where its keys are, in the place of a
-- secret; '' for a secret.
ALTER TABLE token_secrets ADD COLUMN jwk TEXT NOT NULL DEFAULT '';
ALTER TABLE token_secrets ADD COLUMN jwks_url TEXT NOT NULL DEFAULT '';

-- JWTs that were made before are refused.
ALTER TABLE tokens ADD COLUMN jwts_from TEXT CHECK (jwts_from LIKE '____-__-__ __:__:__.______Z');

-- What may be used once, until it ends by itself: the ids of what clients sign.
CREATE TABLE used_ids (
  hash       BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  expires_at TEXT NOT NULL CHECK (expires_at LIKE '____-__-__ __:__:__.______Z')
) STRICT, WITHOUT ROWID;
CREATE INDEX used_ids_expires ON used_ids (expires_at);

-- JWTs that were revoked, until they end by themselves: no JWT is kept, so
-- these are named by a hash.
CREATE TABLE revoked_jwts (
  hash       BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  token_id   TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  issued_at  TEXT NOT NULL CHECK (issued_at LIKE '____-__-__ __:__:__.______Z'),
  expires_at TEXT NOT NULL CHECK (expires_at LIKE '____-__-__ __:__:__.______Z')
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_jwts_by_token ON revoked_jwts (token_id);
CREATE INDEX revoked_jwts_expires ON revoked_jwts (expires_at);

-- SQLite changes no CHECK: the log is written anew.
CREATE TABLE events_next (
  number      INTEGER NOT NULL PRIMARY KEY,
  at          TEXT    NOT NULL CHECK (at LIKE '____-__-__ __:__:__.______Z'),
  action      TEXT    NOT NULL CHECK (action <> ''),
  outcome     TEXT    NOT NULL CHECK (outcome IN ('done', 'refused')),
  reason      TEXT    NOT NULL,
  actor_kind  TEXT    NOT NULL CHECK (actor_kind IN ('anyone', 'person', 'system', 'vendor', 'client')),
  actor_id    TEXT    NOT NULL,
  target_kind TEXT    NOT NULL,
  target_id   TEXT    NOT NULL,
  target_name TEXT    NOT NULL,
  tenant_id   TEXT    NOT NULL,
  ip          TEXT    NOT NULL,
  user_agent  TEXT    NOT NULL,
  request_id  TEXT    NOT NULL
) STRICT;
INSERT INTO events_next SELECT number, at, action, outcome, reason, actor_kind, actor_id, target_kind, target_id, target_name, tenant_id, ip, user_agent, request_id FROM events;
DROP TABLE events;
ALTER TABLE events_next RENAME TO events;
CREATE INDEX events_by_target ON events (target_id, number) WHERE target_id <> '';
