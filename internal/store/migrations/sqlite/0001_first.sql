-- +goose Up

-- Conventions. Ids are UUIDv7 text, compared byte for byte. Times are UTC text
-- of fixed width ('2006-01-02 15:04:05.000000Z'), so that they sort as text;
-- the checks keep zoned text out. *_folded columns hold what is compared and
-- sorted: NFC, lower case. Digests are 32 bytes: nothing else fits in.

CREATE TABLE settings (
  id                INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  client_id         TEXT    NOT NULL CHECK (client_id <> ''),
  m2m_enabled       INTEGER NOT NULL CHECK (m2m_enabled IN (0, 1)),
  kind              TEXT    NOT NULL CHECK (kind IN ('AccessToken', 'ClientCredentials')),
  token_prefix      TEXT    NOT NULL CHECK (token_prefix <> ''),
  api_tokens        TEXT    NOT NULL CHECK (api_tokens IN ('hidden', 'always', 'byPermissions')),
  personal_tokens   TEXT    NOT NULL CHECK (personal_tokens IN ('hidden', 'always', 'byPermissions')),
  token_ttl_seconds INTEGER NOT NULL CHECK (token_ttl_seconds > 0),
  key_check         BLOB    NOT NULL,
  updated_at        TEXT    NOT NULL CHECK (updated_at LIKE '____-__-__ __:__:__.______Z')
) STRICT;

-- The one row that every writing transaction takes last: numbers of events
-- commit in order and without gaps.
CREATE TABLE change_counter (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  n  INTEGER NOT NULL CHECK (n >= 0)
) STRICT;
INSERT INTO change_counter (id, n) VALUES (1, 0);

-- No foreign keys: events outlive what they are about.
CREATE TABLE events (
  number      INTEGER NOT NULL PRIMARY KEY,
  at          TEXT    NOT NULL CHECK (at LIKE '____-__-__ __:__:__.______Z'),
  action      TEXT    NOT NULL CHECK (action <> ''),
  outcome     TEXT    NOT NULL CHECK (outcome IN ('done', 'refused')),
  reason      TEXT    NOT NULL,
  actor_kind  TEXT    NOT NULL CHECK (actor_kind IN ('anyone', 'person', 'system')),
  actor_id    TEXT    NOT NULL,
  target_kind TEXT    NOT NULL,
  target_id   TEXT    NOT NULL,
  target_name TEXT    NOT NULL,
  tenant_id   TEXT    NOT NULL,
  ip          TEXT    NOT NULL,
  user_agent  TEXT    NOT NULL,
  request_id  TEXT    NOT NULL
) STRICT;

CREATE TABLE tenants (
  id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  name        TEXT NOT NULL CHECK (name <> ''),
  name_folded TEXT NOT NULL,
  m2m         TEXT NOT NULL CHECK (m2m IN ('inherit', 'on', 'off')),
  kind        TEXT NOT NULL CHECK (kind IN ('', 'AccessToken', 'ClientCredentials')),
  created_at  TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  disabled_at TEXT CHECK (disabled_at LIKE '____-__-__ __:__:__.______Z')
) STRICT;
CREATE INDEX tenants_by_name ON tenants (name_folded, id);

-- A deleted person keeps the row, for the name beside what they made; the
-- e-mail address is free again.
CREATE TABLE users (
  id              TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
  email           TEXT    NOT NULL,
  email_folded    TEXT,
  name            TEXT    NOT NULL,
  name_folded     TEXT    NOT NULL,
  password_hash   TEXT    NOT NULL CHECK (password_hash = '' OR password_hash LIKE '$argon2id$%'),
  operator        INTEGER NOT NULL CHECK (operator IN (0, 1)),
  created_at      TEXT    NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  disabled_at     TEXT    CHECK (disabled_at LIKE '____-__-__ __:__:__.______Z'),
  deleted_at      TEXT    CHECK (deleted_at LIKE '____-__-__ __:__:__.______Z'),
  last_sign_in_at TEXT    CHECK (last_sign_in_at LIKE '____-__-__ __:__:__.______Z'),
  last_sign_in_ip TEXT    NOT NULL,
  CHECK ((deleted_at IS NULL) = (email_folded IS NOT NULL)),
  CHECK (deleted_at IS NULL OR (email = '' AND password_hash = '' AND operator = 0))
) STRICT;
CREATE UNIQUE INDEX users_email ON users (email_folded);
CREATE INDEX users_operators ON users (id) WHERE operator;

CREATE TABLE memberships (
  tenant_id   TEXT NOT NULL REFERENCES tenants (id),
  user_id     TEXT NOT NULL REFERENCES users (id),
  created_at  TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  disabled_at TEXT CHECK (disabled_at LIKE '____-__-__ __:__:__.______Z'),
  PRIMARY KEY (tenant_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE permissions (
  id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  key         TEXT NOT NULL CHECK (key <> ''),
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at  TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  updated_at  TEXT NOT NULL CHECK (updated_at LIKE '____-__-__ __:__:__.______Z')
) STRICT;
CREATE UNIQUE INDEX permissions_key ON permissions (key);

CREATE TABLE roles (
  id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  key         TEXT NOT NULL CHECK (key <> ''),
  name        TEXT NOT NULL CHECK (name <> ''),
  name_folded TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at  TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  updated_at  TEXT NOT NULL CHECK (updated_at LIKE '____-__-__ __:__:__.______Z')
) STRICT;
CREATE UNIQUE INDEX roles_key ON roles (key);

CREATE TABLE role_permissions (
  role_id       TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  permission_id TEXT NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
  PRIMARY KEY (role_id, permission_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_permissions_by_permission ON role_permissions (permission_id);

CREATE TABLE membership_roles (
  tenant_id TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  role_id   TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant_id, user_id, role_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_roles_by_role ON membership_roles (role_id);

-- The secret is kept nowhere: digest is an HMAC-SHA-256 of it. A personal
-- token has its owner's roles and none in token_roles.
CREATE TABLE tokens (
  id                 TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  tenant_id          TEXT NOT NULL REFERENCES tenants (id),
  context            TEXT NOT NULL CHECK (context IN ('personal', 'api')),
  kind               TEXT NOT NULL CHECK (kind IN ('AccessToken', 'ClientCredentials')),
  user_id            TEXT REFERENCES users (id),
  description        TEXT NOT NULL,
  description_folded TEXT NOT NULL,
  prefix             TEXT NOT NULL,
  last_four          TEXT NOT NULL CHECK (length(last_four) <= 4),
  digest             BLOB NOT NULL CHECK (length(digest) = 32),
  created_by         TEXT REFERENCES users (id),
  created_at         TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  expires_at         TEXT NOT NULL CHECK (expires_at LIKE '____-__-__ __:__:__.______Z'),
  last_used_at       TEXT NOT NULL CHECK (last_used_at LIKE '____-__-__ __:__:__.______Z'),
  last_used_ip       TEXT NOT NULL,
  last_used_agent    TEXT NOT NULL,
  revoked_at         TEXT CHECK (revoked_at LIKE '____-__-__ __:__:__.______Z'),
  revoked_by         TEXT NOT NULL,
  form_id            TEXT CHECK (form_id <> ''),
  CHECK ((context = 'personal') = (user_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX tokens_digest ON tokens (digest);
CREATE UNIQUE INDEX tokens_form ON tokens (tenant_id, form_id);
CREATE INDEX tokens_live_api ON tokens (tenant_id, created_at DESC, id DESC)
  WHERE revoked_at IS NULL AND context = 'api';
CREATE INDEX tokens_live_personal ON tokens (user_id, tenant_id, created_at DESC, id DESC)
  WHERE revoked_at IS NULL AND context = 'personal';
CREATE INDEX tokens_live_counts ON tokens (tenant_id, kind, expires_at, last_used_at)
  WHERE revoked_at IS NULL;
CREATE INDEX tokens_revoked ON tokens (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE token_roles (
  token_id TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  role_id  TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  PRIMARY KEY (token_id, role_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_roles_by_role ON token_roles (role_id);

CREATE TABLE token_refusals (
  token_id TEXT    NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  reason   TEXT    NOT NULL CHECK (reason <> ''),
  minute   TEXT    NOT NULL CHECK (minute LIKE '____-__-__ __:__:00.000000Z'),
  count    INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (token_id, reason, minute)
) STRICT, WITHOUT ROWID;

-- id_hash is the SHA-256 of what the cookie holds.
CREATE TABLE sessions (
  id_hash      BLOB NOT NULL PRIMARY KEY CHECK (length(id_hash) = 32),
  user_id      TEXT NOT NULL REFERENCES users (id),
  tenant_id    TEXT REFERENCES tenants (id),
  csrf         BLOB NOT NULL CHECK (length(csrf) = 32),
  created_at   TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  last_seen_at TEXT NOT NULL CHECK (last_seen_at LIKE '____-__-__ __:__:__.______Z'),
  expires_at   TEXT NOT NULL CHECK (expires_at LIKE '____-__-__ __:__:__.______Z'),
  ip           TEXT NOT NULL,
  user_agent   TEXT NOT NULL,
  flash        TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_tenant ON sessions (tenant_id) WHERE tenant_id IS NOT NULL;
CREATE INDEX sessions_expires ON sessions (expires_at);
CREATE INDEX sessions_last_seen ON sessions (last_seen_at);

-- code_hash is the SHA-256 of what the link holds. There is one set-up link at
-- most, and one password link a person.
CREATE TABLE links (
  code_hash  BLOB NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32),
  purpose    TEXT NOT NULL CHECK (purpose IN ('setup', 'password')),
  user_id    TEXT REFERENCES users (id),
  created_at TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  expires_at TEXT NOT NULL CHECK (expires_at LIKE '____-__-__ __:__:__.______Z'),
  CHECK ((purpose = 'password') = (user_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX links_one_setup ON links (purpose) WHERE purpose = 'setup';
CREATE UNIQUE INDEX links_one_password ON links (user_id);
CREATE INDEX links_expires ON links (expires_at);

-- key is an HMAC, never an address or e-mail in the clear.
CREATE TABLE attempts (
  key          TEXT    NOT NULL PRIMARY KEY CHECK (key <> ''),
  failures     INTEGER NOT NULL CHECK (failures >= 0),
  window_start TEXT    NOT NULL CHECK (window_start LIKE '____-__-__ __:__:__.______Z'),
  last_failure TEXT    NOT NULL CHECK (last_failure LIKE '____-__-__ __:__:__.______Z')
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_last_failure ON attempts (last_failure);

-- public is a JWK as JSON, sealed the private half under the secret key.
CREATE TABLE signing_keys (
  id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  algorithm  TEXT NOT NULL CHECK (algorithm <> ''),
  state      TEXT NOT NULL CHECK (state IN ('next', 'active', 'retired')),
  public     BLOB NOT NULL,
  sealed     BLOB NOT NULL,
  created_at TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z')
) STRICT;
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (algorithm) WHERE state = 'active';
