-- +goose Up

-- One action on many tokens, done in batches. ids is a JSON array of those that
-- were chosen one by one; without any, filter, a JSON object, picks them.
CREATE TABLE bulks (
  id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  tenant_id   TEXT NOT NULL REFERENCES tenants (id),
  context     TEXT NOT NULL CHECK (context IN ('personal', 'api')),
  user_id     TEXT REFERENCES users (id),
  actor_id    TEXT NOT NULL REFERENCES users (id),
  ip          TEXT NOT NULL,
  user_agent  TEXT NOT NULL,
  request_id  TEXT NOT NULL,
  action      TEXT NOT NULL CHECK (action IN ('delete', 'disable')),
  ids         TEXT NOT NULL,
  filter      TEXT NOT NULL,
  no_later    TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'stopped')),
  reason      TEXT NOT NULL,
  total       INTEGER NOT NULL CHECK (total >= 0),
  seen        INTEGER NOT NULL CHECK (seen >= 0),
  done        INTEGER NOT NULL CHECK (done >= 0),
  after       TEXT NOT NULL,
  created_at  TEXT NOT NULL CHECK (created_at LIKE '____-__-__ __:__:__.______Z'),
  updated_at  TEXT NOT NULL CHECK (updated_at LIKE '____-__-__ __:__:__.______Z'),
  finished_at TEXT CHECK (finished_at LIKE '____-__-__ __:__:__.______Z'),
  form_id     TEXT NOT NULL CHECK (form_id <> ''),
  CHECK ((context = 'personal') = (user_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX bulks_form ON bulks (tenant_id, form_id);
CREATE INDEX bulks_open ON bulks (created_at) WHERE finished_at IS NULL;
CREATE INDEX bulks_finished ON bulks (finished_at) WHERE finished_at IS NOT NULL;
