-- +goose Up

-- Conventions. Ids are UUIDv7 text, compared byte for byte: COLLATE "C" on all
-- text, so that both databases sort alike. Times are in microseconds. *_folded
-- columns hold what is compared and sorted: NFC, lower case. Digests are 32
-- bytes: nothing else fits in.

CREATE TABLE settings (
  id                smallint NOT NULL PRIMARY KEY CHECK (id = 1),
  client_id         text COLLATE "C" NOT NULL CHECK (client_id <> ''),
  m2m_enabled       boolean NOT NULL,
  kind              text COLLATE "C" NOT NULL CHECK (kind IN ('AccessToken', 'ClientCredentials')),
  token_prefix      text COLLATE "C" NOT NULL CHECK (token_prefix <> ''),
  api_tokens        text COLLATE "C" NOT NULL CHECK (api_tokens IN ('hidden', 'always', 'byPermissions')),
  personal_tokens   text COLLATE "C" NOT NULL CHECK (personal_tokens IN ('hidden', 'always', 'byPermissions')),
  token_ttl_seconds integer NOT NULL CHECK (token_ttl_seconds > 0),
  key_check         bytea NOT NULL,
  updated_at        timestamptz NOT NULL
);

-- The one row that every writing transaction takes last: numbers of events
-- commit in order and without gaps.
CREATE TABLE change_counter (
  id smallint NOT NULL PRIMARY KEY CHECK (id = 1),
  n  bigint NOT NULL CHECK (n >= 0)
);
INSERT INTO change_counter (id, n) VALUES (1, 0);

-- No foreign keys: events outlive what they are about.
CREATE TABLE events (
  number      bigint NOT NULL PRIMARY KEY,
  at          timestamptz NOT NULL,
  action      text COLLATE "C" NOT NULL CHECK (action <> ''),
  outcome     text COLLATE "C" NOT NULL CHECK (outcome IN ('done', 'refused')),
  reason      text COLLATE "C" NOT NULL,
  actor_kind  text COLLATE "C" NOT NULL CHECK (actor_kind IN ('anyone', 'person', 'system')),
  actor_id    text COLLATE "C" NOT NULL,
  target_kind text COLLATE "C" NOT NULL,
  target_id   text COLLATE "C" NOT NULL,
  target_name text COLLATE "C" NOT NULL,
  tenant_id   text COLLATE "C" NOT NULL,
  ip          text COLLATE "C" NOT NULL,
  user_agent  text COLLATE "C" NOT NULL,
  request_id  text COLLATE "C" NOT NULL
);

CREATE TABLE tenants (
  id          text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  name        text COLLATE "C" NOT NULL CHECK (name <> ''),
  name_folded text COLLATE "C" NOT NULL,
  m2m         text COLLATE "C" NOT NULL CHECK (m2m IN ('inherit', 'on', 'off')),
  kind        text COLLATE "C" NOT NULL CHECK (kind IN ('', 'AccessToken', 'ClientCredentials')),
  created_at  timestamptz NOT NULL,
  disabled_at timestamptz
);
CREATE INDEX tenants_by_name ON tenants (name_folded, id);

-- A deleted person keeps the row, for the name beside what they made; the
-- e-mail address is free again.
CREATE TABLE users (
  id              text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  email           text COLLATE "C" NOT NULL,
  email_folded    text COLLATE "C",
  name            text COLLATE "C" NOT NULL,
  name_folded     text COLLATE "C" NOT NULL,
  password_hash   text COLLATE "C" NOT NULL CHECK (password_hash = '' OR password_hash LIKE '$argon2id$%'),
  operator        boolean NOT NULL,
  created_at      timestamptz NOT NULL,
  disabled_at     timestamptz,
  deleted_at      timestamptz,
  last_sign_in_at timestamptz,
  last_sign_in_ip text COLLATE "C" NOT NULL,
  CHECK ((deleted_at IS NULL) = (email_folded IS NOT NULL)),
  CHECK (deleted_at IS NULL OR (email = '' AND password_hash = '' AND NOT operator))
);
CREATE UNIQUE INDEX users_email ON users (email_folded);
CREATE INDEX users_operators ON users (id) WHERE operator;

CREATE TABLE memberships (
  tenant_id   text COLLATE "C" NOT NULL REFERENCES tenants (id),
  user_id     text COLLATE "C" NOT NULL REFERENCES users (id),
  created_at  timestamptz NOT NULL,
  disabled_at timestamptz,
  PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE permissions (
  id          text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  key         text COLLATE "C" NOT NULL CHECK (key <> ''),
  name        text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX permissions_key ON permissions (key);

CREATE TABLE roles (
  id          text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  key         text COLLATE "C" NOT NULL CHECK (key <> ''),
  name        text COLLATE "C" NOT NULL CHECK (name <> ''),
  name_folded text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX roles_key ON roles (key);

CREATE TABLE role_permissions (
  role_id       text COLLATE "C" NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  permission_id text COLLATE "C" NOT NULL REFERENCES permissions (id) ON DELETE CASCADE,
  PRIMARY KEY (role_id, permission_id)
);
CREATE INDEX role_permissions_by_permission ON role_permissions (permission_id);

CREATE TABLE membership_roles (
  tenant_id text COLLATE "C" NOT NULL,
  user_id   text COLLATE "C" NOT NULL,
  role_id   text COLLATE "C" NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant_id, user_id, role_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES memberships (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX membership_roles_by_role ON membership_roles (role_id);

-- The secret is kept nowhere: digest is an HMAC-SHA-256 of it. A personal
-- token has its owner's roles and none in token_roles.
CREATE TABLE tokens (
  id                 text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  tenant_id          text COLLATE "C" NOT NULL REFERENCES tenants (id),
  context            text COLLATE "C" NOT NULL CHECK (context IN ('personal', 'api')),
  kind               text COLLATE "C" NOT NULL CHECK (kind IN ('AccessToken', 'ClientCredentials')),
  user_id            text COLLATE "C" REFERENCES users (id),
  description        text COLLATE "C" NOT NULL,
  description_folded text COLLATE "C" NOT NULL,
  prefix             text COLLATE "C" NOT NULL,
  last_four          text COLLATE "C" NOT NULL CHECK (length(last_four) <= 4),
  digest             bytea NOT NULL CHECK (octet_length(digest) = 32),
  created_by         text COLLATE "C" REFERENCES users (id),
  created_at         timestamptz NOT NULL,
  expires_at         timestamptz NOT NULL,
  last_used_at       timestamptz NOT NULL,
  last_used_ip       text COLLATE "C" NOT NULL,
  last_used_agent    text COLLATE "C" NOT NULL,
  revoked_at         timestamptz,
  revoked_by         text COLLATE "C" NOT NULL,
  form_id            text COLLATE "C" CHECK (form_id <> ''),
  CHECK ((context = 'personal') = (user_id IS NOT NULL))
);
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
  token_id text COLLATE "C" NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  role_id  text COLLATE "C" NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  PRIMARY KEY (token_id, role_id)
);
CREATE INDEX token_roles_by_role ON token_roles (role_id);

CREATE TABLE token_refusals (
  token_id text COLLATE "C" NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  reason   text COLLATE "C" NOT NULL CHECK (reason <> ''),
  minute   timestamptz NOT NULL CHECK (date_trunc('minute', minute, 'UTC') = minute),
  count    bigint NOT NULL CHECK (count > 0),
  PRIMARY KEY (token_id, reason, minute)
);

-- id_hash is the SHA-256 of what the cookie holds.
CREATE TABLE sessions (
  id_hash      bytea NOT NULL PRIMARY KEY CHECK (octet_length(id_hash) = 32),
  user_id      text COLLATE "C" NOT NULL REFERENCES users (id),
  tenant_id    text COLLATE "C" REFERENCES tenants (id),
  csrf         bytea NOT NULL CHECK (octet_length(csrf) = 32),
  created_at   timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  ip           text COLLATE "C" NOT NULL,
  user_agent   text COLLATE "C" NOT NULL,
  flash        text COLLATE "C" NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_tenant ON sessions (tenant_id) WHERE tenant_id IS NOT NULL;
CREATE INDEX sessions_expires ON sessions (expires_at);
CREATE INDEX sessions_last_seen ON sessions (last_seen_at);

-- code_hash is the SHA-256 of what the link holds. There is one set-up link at
-- most, and one password link a person.
CREATE TABLE links (
  code_hash  bytea NOT NULL PRIMARY KEY CHECK (octet_length(code_hash) = 32),
  purpose    text COLLATE "C" NOT NULL CHECK (purpose IN ('setup', 'password')),
  user_id    text COLLATE "C" REFERENCES users (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CHECK ((purpose = 'password') = (user_id IS NOT NULL))
);
CREATE UNIQUE INDEX links_one_setup ON links (purpose) WHERE purpose = 'setup';
CREATE UNIQUE INDEX links_one_password ON links (user_id);
CREATE INDEX links_expires ON links (expires_at);

-- key is an HMAC, never an address or e-mail in the clear.
CREATE TABLE attempts (
  key          text COLLATE "C" NOT NULL PRIMARY KEY CHECK (key <> ''),
  failures     integer NOT NULL CHECK (failures >= 0),
  window_start timestamptz NOT NULL,
  last_failure timestamptz NOT NULL
);
CREATE INDEX attempts_last_failure ON attempts (last_failure);

-- public is a JWK as JSON, sealed the private half under the secret key.
CREATE TABLE signing_keys (
  id         text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  algorithm  text COLLATE "C" NOT NULL CHECK (algorithm <> ''),
  state      text COLLATE "C" NOT NULL CHECK (state IN ('next', 'active', 'retired')),
  public     bytea NOT NULL,
  sealed     bytea NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (algorithm) WHERE state = 'active';
