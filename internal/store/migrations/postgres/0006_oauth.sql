-- +goose Up

-- A key is published as the next one before it signs; activated_at is when it
-- began to.
ALTER TABLE signing_keys ADD COLUMN activated_at timestamptz;
UPDATE signing_keys SET activated_at = created_at WHERE state <> 'next';
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (algorithm) WHERE state = 'next';

-- A JSON list: for which resource servers JWTs are made besides our own.
ALTER TABLE settings ADD COLUMN audiences text COLLATE "C" NOT NULL DEFAULT '[]';

-- A public key of the client's own, or where its keys are, in the place of a
-- secret; '' for a secret.
ALTER TABLE token_secrets ADD COLUMN jwk text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE token_secrets ADD COLUMN jwks_url text COLLATE "C" NOT NULL DEFAULT '';

-- JWTs that were made before are refused.
ALTER TABLE tokens ADD COLUMN jwts_from timestamptz;

-- What may be used once, until it ends by itself: the ids of what clients sign.
CREATE TABLE used_ids (
  hash       bytea NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  expires_at timestamptz NOT NULL
);
CREATE INDEX used_ids_expires ON used_ids (expires_at);

-- JWTs that were revoked, until they end by themselves: no JWT is kept, so
-- these are named by a hash.
CREATE TABLE revoked_jwts (
  hash       bytea NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
  token_id   text COLLATE "C" NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  issued_at  timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX revoked_jwts_by_token ON revoked_jwts (token_id);
CREATE INDEX revoked_jwts_expires ON revoked_jwts (expires_at);

ALTER TABLE events DROP CONSTRAINT events_actor_kind_check;
ALTER TABLE events ADD CONSTRAINT events_actor_kind_check CHECK (actor_kind IN ('anyone', 'person', 'system', 'vendor', 'client'));
