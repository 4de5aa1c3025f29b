-- +goose Up

-- Both are trusted: who may create in the database may create them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- list is what a page of tokens pages through: an account's API tokens, or one
-- person's in an account. Ids are UUIDv7, so their order is that of creation,
-- and every index of a list ends in them. search is what is searched, folded:
-- description, id, and prefix…last four as people see it.
ALTER TABLE tokens ADD COLUMN list text COLLATE "C" NOT NULL
  GENERATED ALWAYS AS (CASE context WHEN 'api' THEN tenant_id ELSE tenant_id || ':' || user_id END) STORED;
ALTER TABLE tokens ADD COLUMN search text COLLATE "C" NOT NULL DEFAULT '';
UPDATE tokens SET search = description_folded || chr(10) || id || chr(10) || lower(prefix || '_…' || last_four);

DROP INDEX tokens_live_api;
DROP INDEX tokens_live_personal;
CREATE INDEX tokens_list ON tokens (list, id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_by_description ON tokens (list, description_folded, id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_by_last_use ON tokens (list, last_used_at, id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_by_end ON tokens (list, expires_at, id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_by_kind ON tokens (list, kind, id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_by_creator ON tokens (list, created_by, id) WHERE revoked_at IS NULL;
CREATE INDEX tokens_enabled ON tokens (list, expires_at, id) WHERE revoked_at IS NULL AND disabled_at IS NULL;
CREATE INDEX tokens_disabled ON tokens (list, id) WHERE revoked_at IS NULL AND disabled_at IS NOT NULL;
CREATE INDEX tokens_by_owner ON tokens (user_id, tenant_id) WHERE revoked_at IS NULL AND context = 'personal';

-- The list stands first so that what other lists hold costs nothing; without
-- fastupdate no search has to read what an insert left for later.
CREATE INDEX tokens_search ON tokens USING gin (list, search gin_trgm_ops) WITH (fastupdate = off) WHERE revoked_at IS NULL;

-- Which tokens of an account have a role, in the order of creation: deleted
-- tokens have none any more.
ALTER TABLE token_roles ADD COLUMN tenant_id text COLLATE "C";
DELETE FROM token_roles WHERE token_id IN (SELECT id FROM tokens WHERE revoked_at IS NOT NULL);
UPDATE token_roles SET tenant_id = t.tenant_id FROM tokens t WHERE t.id = token_roles.token_id;
ALTER TABLE token_roles ALTER COLUMN tenant_id SET NOT NULL;
CREATE INDEX token_roles_by_tenant ON token_roles (tenant_id, role_id, token_id);
