-- +goose Up

-- The vendor's programs show a secret of one of these keys, under the client id
-- of the environment. Secrets are as in token_secrets.
CREATE TABLE vendor_keys (
  id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  name       TEXT NOT NULL CHECK (name <> ''),
  created_by TEXT REFERENCES users (id),
  created_at TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  revoked_at TEXT CHECK (revoked_at LIKE '____-__-__ __:__:__.______Z'),
  revoked_by TEXT NOT NULL DEFAULT '',
  form_id    TEXT CHECK (form_id <> '')
) STRICT;
CREATE UNIQUE INDEX vendor_keys_form ON vendor_keys (form_id);
CREATE INDEX vendor_keys_revoked ON vendor_keys (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE vendor_secrets (
  id              TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  key_id          TEXT NOT NULL REFERENCES vendor_keys (id) ON DELETE CASCADE,
  digest          BLOB NOT NULL CHECK (length(digest) = 32),
  prefix          TEXT NOT NULL,
  last_four       TEXT NOT NULL CHECK (length(last_four) <= 4),
  created_at      TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  replaced_at     TEXT CHECK (replaced_at LIKE '____-__-__ __:__:__.______Z'),
  ends_at         TEXT NOT NULL CHECK (ends_at LIKE '____-__-__ __:__:__.______Z'),
  last_used_at    TEXT NOT NULL CHECK (last_used_at LIKE '____-__-__ __:__:__.______Z'),
  last_used_ip    TEXT NOT NULL,
  last_used_agent TEXT NOT NULL,
  refused_at      TEXT CHECK (refused_at LIKE '____-__-__ __:__:__.______Z'),
  form_id         TEXT CHECK (form_id <> '')
) STRICT;
CREATE UNIQUE INDEX vendor_secrets_digest ON vendor_secrets (digest);
CREATE UNIQUE INDEX vendor_secrets_in_force ON vendor_secrets (key_id) WHERE replaced_at IS NULL;
CREATE UNIQUE INDEX vendor_secrets_form ON vendor_secrets (key_id, form_id);
CREATE INDEX vendor_secrets_by_key ON vendor_secrets (key_id, id);

-- What an exchange hands out beside the JWT. Using one spends it and makes the
-- next of its chain; a chain ends where a spent one is shown again.
CREATE TABLE refresh_tokens (
  id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  digest     BLOB NOT NULL CHECK (length(digest) = 32),
  token_id   TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  secret_id  TEXT NOT NULL REFERENCES token_secrets (id) ON DELETE CASCADE,
  chain      TEXT NOT NULL CHECK (chain <> ''),
  created_at TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  expires_at TEXT NOT NULL CHECK (expires_at LIKE '____-__-__ __:__:__.______Z'),
  spent_at   TEXT CHECK (spent_at LIKE '____-__-__ __:__:__.______Z'),
  ended_at   TEXT CHECK (ended_at LIKE '____-__-__ __:__:__.______Z')
) STRICT;
CREATE UNIQUE INDEX refresh_tokens_digest ON refresh_tokens (digest);
CREATE INDEX refresh_tokens_live ON refresh_tokens (token_id, id) WHERE spent_at IS NULL AND ended_at IS NULL;
CREATE INDEX refresh_tokens_chain ON refresh_tokens (chain);
CREATE INDEX refresh_tokens_by_token ON refresh_tokens (token_id);
CREATE INDEX refresh_tokens_by_secret ON refresh_tokens (secret_id);
CREATE INDEX refresh_tokens_expires ON refresh_tokens (expires_at);

-- A person who signed in from a page of the vendor's own. hash is the SHA-256
-- of the refresh cookie; the one before it is still taken for a moment, for a
-- second tab that was loaded at the same time.
CREATE TABLE browser_sessions (
  id            TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  series_hash   BLOB NOT NULL CHECK (length(series_hash) = 32),
  hash          BLOB NOT NULL CHECK (length(hash) = 32),
  previous_hash BLOB CHECK (length(previous_hash) = 32),
  rotated_at    TEXT NOT NULL CHECK (rotated_at LIKE '____-__-__ __:__:__.______Z'),
  user_id       TEXT NOT NULL REFERENCES users (id),
  tenant_id     TEXT REFERENCES tenants (id),
  created_at    TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  expires_at    TEXT NOT NULL CHECK (expires_at LIKE '____-__-__ __:__:__.______Z'),
  ip            TEXT NOT NULL,
  user_agent    TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX browser_sessions_series ON browser_sessions (series_hash);
CREATE INDEX browser_sessions_by_user ON browser_sessions (user_id);
CREATE INDEX browser_sessions_by_tenant ON browser_sessions (tenant_id) WHERE tenant_id IS NOT NULL;
CREATE INDEX browser_sessions_expires ON browser_sessions (expires_at);

-- How a vendor's program hands over a person whom it knows: code_hash is the
-- SHA-256 of what the address holds.
CREATE TABLE portal_links (
  code_hash  BLOB NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32),
  user_id    TEXT NOT NULL REFERENCES users (id),
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  page       TEXT NOT NULL CHECK (page <> ''),
  key_id     TEXT NOT NULL REFERENCES vendor_keys (id) ON DELETE CASCADE,
  created_at TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  expires_at TEXT NOT NULL CHECK (expires_at LIKE '____-__-__ __:__:__.______Z')
) STRICT;
CREATE INDEX portal_links_expires ON portal_links (expires_at);
CREATE INDEX portal_links_by_key ON portal_links (key_id);

-- The session of a portal link stays in its account.
ALTER TABLE sessions ADD COLUMN bound INTEGER NOT NULL DEFAULT 0 CHECK (bound IN (0, 1));

-- kid is the signing key of an access token that is a JWT, '' for any other
-- secret.
ALTER TABLE token_secrets ADD COLUMN kid TEXT NOT NULL DEFAULT '';
CREATE INDEX token_secrets_signed ON token_secrets (kid, id) WHERE kid <> '';

-- All access tokens of all accounts, account by account.
CREATE INDEX tokens_access ON tokens (context, tenant_id, id) WHERE kind = 'AccessToken' AND revoked_at IS NULL;

ALTER TABLE settings ADD COLUMN access_token_format TEXT NOT NULL DEFAULT 'opaque' CHECK (access_token_format IN ('opaque', 'jwt'));
ALTER TABLE settings ADD COLUMN refresh_ttl_seconds INTEGER NOT NULL DEFAULT 2592000 CHECK (refresh_ttl_seconds > 0);
ALTER TABLE settings ADD COLUMN cookie_same_site TEXT NOT NULL DEFAULT 'LAX' CHECK (cookie_same_site IN ('STRICT', 'LAX', 'NONE'));
ALTER TABLE settings ADD COLUMN force_permissions INTEGER NOT NULL DEFAULT 1 CHECK (force_permissions IN (0, 1));
ALTER TABLE settings ADD COLUMN roles_in_jwt INTEGER NOT NULL DEFAULT 1 CHECK (roles_in_jwt IN (0, 1));
ALTER TABLE settings ADD COLUMN permissions_in_jwt INTEGER NOT NULL DEFAULT 1 CHECK (permissions_in_jwt IN (0, 1));

ALTER TABLE signing_keys ADD COLUMN retired_at TEXT CHECK (retired_at LIKE '____-__-__ __:__:__.______Z');

-- SQLite changes no CHECK: the log is written anew.
CREATE TABLE events_next (
  number      INTEGER NOT NULL PRIMARY KEY,
  at          TEXT    NOT NULL CHECK (at LIKE '____-__-__ __:__:__.______Z'),
  action      TEXT    NOT NULL CHECK (action <> ''),
  outcome     TEXT    NOT NULL CHECK (outcome IN ('done', 'refused')),
  reason      TEXT    NOT NULL,
  actor_kind  TEXT    NOT NULL CHECK (actor_kind IN ('anyone', 'person', 'system', 'vendor')),
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
