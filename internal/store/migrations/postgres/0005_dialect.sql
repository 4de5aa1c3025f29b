-- +goose Up

-- The vendor's programs show a secret of one of these keys, under the client id
-- of the environment. Secrets are as in token_secrets.
CREATE TABLE vendor_keys (
  id         text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  name       text COLLATE "C" NOT NULL CHECK (name <> ''),
  created_by text COLLATE "C" REFERENCES users (id),
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_by text COLLATE "C" NOT NULL DEFAULT '',
  form_id    text COLLATE "C" CHECK (form_id <> '')
);
CREATE UNIQUE INDEX vendor_keys_form ON vendor_keys (form_id);
CREATE INDEX vendor_keys_revoked ON vendor_keys (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE vendor_secrets (
  id              text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  key_id          text COLLATE "C" NOT NULL REFERENCES vendor_keys (id) ON DELETE CASCADE,
  digest          bytea NOT NULL CHECK (length(digest) = 32),
  prefix          text COLLATE "C" NOT NULL,
  last_four       text COLLATE "C" NOT NULL CHECK (length(last_four) <= 4),
  created_at      timestamptz NOT NULL,
  replaced_at     timestamptz,
  ends_at         timestamptz NOT NULL,
  last_used_at    timestamptz NOT NULL,
  last_used_ip    text COLLATE "C" NOT NULL,
  last_used_agent text COLLATE "C" NOT NULL,
  refused_at      timestamptz,
  form_id         text COLLATE "C" CHECK (form_id <> '')
);
CREATE UNIQUE INDEX vendor_secrets_digest ON vendor_secrets (digest);
CREATE UNIQUE INDEX vendor_secrets_in_force ON vendor_secrets (key_id) WHERE replaced_at IS NULL;
CREATE UNIQUE INDEX vendor_secrets_form ON vendor_secrets (key_id, form_id);
CREATE INDEX vendor_secrets_by_key ON vendor_secrets (key_id, id);

-- What an exchange hands out beside the JWT. Using one spends it and makes the
-- next of its chain; a chain ends where a spent one is shown again.
CREATE TABLE refresh_tokens (
  id         text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  digest     bytea NOT NULL CHECK (length(digest) = 32),
  token_id   text COLLATE "C" NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  secret_id  text COLLATE "C" NOT NULL REFERENCES token_secrets (id) ON DELETE CASCADE,
  chain      text COLLATE "C" NOT NULL CHECK (chain <> ''),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  spent_at   timestamptz,
  ended_at   timestamptz
);
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
  id            text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  series_hash   bytea NOT NULL CHECK (length(series_hash) = 32),
  hash          bytea NOT NULL CHECK (length(hash) = 32),
  previous_hash bytea CHECK (length(previous_hash) = 32),
  rotated_at    timestamptz NOT NULL,
  user_id       text COLLATE "C" NOT NULL REFERENCES users (id),
  tenant_id     text COLLATE "C" REFERENCES tenants (id),
  created_at    timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  ip            text COLLATE "C" NOT NULL,
  user_agent    text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX browser_sessions_series ON browser_sessions (series_hash);
CREATE INDEX browser_sessions_by_user ON browser_sessions (user_id);
CREATE INDEX browser_sessions_by_tenant ON browser_sessions (tenant_id) WHERE tenant_id IS NOT NULL;
CREATE INDEX browser_sessions_expires ON browser_sessions (expires_at);

-- How a vendor's program hands over a person whom it knows: code_hash is the
-- SHA-256 of what the address holds.
CREATE TABLE portal_links (
  code_hash  bytea NOT NULL PRIMARY KEY CHECK (length(code_hash) = 32),
  user_id    text COLLATE "C" NOT NULL REFERENCES users (id),
  tenant_id  text COLLATE "C" NOT NULL REFERENCES tenants (id),
  page       text COLLATE "C" NOT NULL CHECK (page <> ''),
  key_id     text COLLATE "C" NOT NULL REFERENCES vendor_keys (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX portal_links_expires ON portal_links (expires_at);
CREATE INDEX portal_links_by_key ON portal_links (key_id);

-- The session of a portal link stays in its account.
ALTER TABLE sessions ADD COLUMN bound boolean NOT NULL DEFAULT false;

-- kid is the signing key of an access token that is a JWT, '' for any other
-- secret.
ALTER TABLE token_secrets ADD COLUMN kid text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX token_secrets_signed ON token_secrets (kid, id) WHERE kid <> '';

-- All access tokens of all accounts, account by account.
CREATE INDEX tokens_access ON tokens (context, tenant_id, id) WHERE kind = 'AccessToken' AND revoked_at IS NULL;

ALTER TABLE settings ADD COLUMN access_token_format text COLLATE "C" NOT NULL DEFAULT 'opaque' CHECK (access_token_format IN ('opaque', 'jwt'));
ALTER TABLE settings ADD COLUMN refresh_ttl_seconds integer NOT NULL DEFAULT 2592000 CHECK (refresh_ttl_seconds > 0);
ALTER TABLE settings ADD COLUMN cookie_same_site text COLLATE "C" NOT NULL DEFAULT 'LAX' CHECK (cookie_same_site IN ('STRICT', 'LAX', 'NONE'));
ALTER TABLE settings ADD COLUMN force_permissions boolean NOT NULL DEFAULT true;
ALTER TABLE settings ADD COLUMN roles_in_jwt boolean NOT NULL DEFAULT true;
ALTER TABLE settings ADD COLUMN permissions_in_jwt boolean NOT NULL DEFAULT true;

ALTER TABLE signing_keys ADD COLUMN retired_at timestamptz;

ALTER TABLE events DROP CONSTRAINT events_actor_kind_check;
ALTER TABLE events ADD CONSTRAINT events_actor_kind_check CHECK (actor_kind IN ('anyone', 'person', 'system', 'vendor'));
