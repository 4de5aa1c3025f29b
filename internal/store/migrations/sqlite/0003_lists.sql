-- +goose Up

-- list is what a page of tokens pages through: an account's API tokens, or one
-- person's in an account. Ids are UUIDv7, so their order is that of creation,
-- and every index of a list ends in them. search is what is searched, folded:
-- description, id, and prefix…last four as people see it.
ALTER TABLE tokens ADD COLUMN list TEXT NOT NULL
  GENERATED ALWAYS AS (CASE context WHEN 'api' THEN tenant_id ELSE tenant_id || ':' || user_id END) VIRTUAL;
ALTER TABLE tokens ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE tokens SET search = description_folded || char(10) || id || char(10) || lower(prefix || '_…' || last_four);

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

-- Which tokens of an account have a role, in the order of creation: deleted
-- tokens have none any more.
CREATE TABLE token_roles_of_tenants (
  token_id  TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  role_id   TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL,
  PRIMARY KEY (token_id, role_id)
) STRICT, WITHOUT ROWID;
INSERT INTO token_roles_of_tenants (token_id, role_id, tenant_id)
  SELECT tr.token_id, tr.role_id, t.tenant_id FROM token_roles tr JOIN tokens t ON t.id = tr.token_id WHERE t.revoked_at IS NULL;
DROP TABLE token_roles;
ALTER TABLE token_roles_of_tenants RENAME TO token_roles;
CREATE INDEX token_roles_by_role ON token_roles (role_id);
CREATE INDEX token_roles_by_tenant ON token_roles (tenant_id, role_id, token_id);

-- The index of search has a row for each live token, under a number that holds
-- the list's number above its lower 32 bits: what MATCH finds within the
-- numbers of one list costs nothing for other lists. The numbers are kept here
-- because VACUUM may give the rows of tokens other rowids.
CREATE TABLE token_search_lists (
  number INTEGER NOT NULL PRIMARY KEY,
  list   TEXT    NOT NULL UNIQUE
) STRICT;
CREATE TABLE token_search_rows (
  number   INTEGER NOT NULL PRIMARY KEY,
  token_id TEXT    NOT NULL UNIQUE
) STRICT;
CREATE VIRTUAL TABLE token_search USING fts5(search, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');

INSERT INTO token_search_lists (list) SELECT DISTINCT list FROM tokens WHERE revoked_at IS NULL ORDER BY list;
INSERT INTO token_search_rows (number, token_id)
  SELECT (l.number << 32) + row_number() OVER (PARTITION BY t.list ORDER BY t.id), t.id
  FROM tokens t JOIN token_search_lists l ON l.list = t.list WHERE t.revoked_at IS NULL;
INSERT INTO token_search (rowid, search)
  SELECT r.number, t.search FROM token_search_rows r JOIN tokens t ON t.id = r.token_id ORDER BY r.number;

-- +goose StatementBegin
CREATE TRIGGER token_search_of_new AFTER INSERT ON tokens WHEN new.revoked_at IS NULL BEGIN
  INSERT INTO token_search_lists (list)
    SELECT new.list WHERE NOT EXISTS (SELECT 1 FROM token_search_lists WHERE list = new.list);
  INSERT INTO token_search_rows (number, token_id)
    SELECT coalesce((SELECT max(r.number) FROM token_search_rows r
        WHERE r.number > l.number << 32 AND r.number < (l.number + 1) << 32), l.number << 32) + 1, new.id
    FROM token_search_lists l WHERE l.list = new.list;
  INSERT INTO token_search (rowid, search) SELECT number, new.search FROM token_search_rows WHERE token_id = new.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER token_search_of_changed AFTER UPDATE OF search ON tokens WHEN new.revoked_at IS NULL AND new.search <> old.search BEGIN
  DELETE FROM token_search WHERE rowid = (SELECT number FROM token_search_rows WHERE token_id = new.id);
  INSERT INTO token_search (rowid, search) SELECT number, new.search FROM token_search_rows WHERE token_id = new.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER token_search_of_revoked AFTER UPDATE OF revoked_at ON tokens WHEN old.revoked_at IS NULL AND new.revoked_at IS NOT NULL BEGIN
  DELETE FROM token_search WHERE rowid = (SELECT number FROM token_search_rows WHERE token_id = old.id);
  DELETE FROM token_search_rows WHERE token_id = old.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER token_search_of_gone AFTER DELETE ON tokens WHEN old.revoked_at IS NULL BEGIN
  DELETE FROM token_search WHERE rowid = (SELECT number FROM token_search_rows WHERE token_id = old.id);
  DELETE FROM token_search_rows WHERE token_id = old.id;
END;
-- +goose StatementEnd
