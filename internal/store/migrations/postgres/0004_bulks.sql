-- +goose Up

-- One action on many tokens, done in batches. ids is a JSON array of those that
-- were chosen one by one; without any, filter, a JSON object, picks them.
CREATE TABLE bulks (
  id          text COLLATE "C" NOT NULL PRIMARY KEY CHECK (id <> ''),
  tenant_id   text COLLATE "C" NOT NULL REFERENCES tenants (id),
  context     text COLLATE "C" NOT NULL CHECK (context IN ('personal', 'api')),
  user_id     text COLLATE "C" REFERENCES users (id),
  actor_id    text COLLATE "C" NOT NULL REFERENCES users (id),
  ip          text COLLATE "C" NOT NULL,
  user_agent  text COLLATE "C" NOT NULL,
  request_id  text COLLATE "C" NOT NULL,
  action      text COLLATE "C" NOT NULL CHECK (action IN ('delete', 'disable')),
  ids         text COLLATE "C" NOT NULL,
  filter      text COLLATE "C" NOT NULL,
  no_later    text COLLATE "C" NOT NULL,
  state       text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'stopped')),
  reason      text COLLATE "C" NOT NULL,
  total       bigint NOT NULL CHECK (total >= 0),
  seen        bigint NOT NULL CHECK (seen >= 0),
  done        bigint NOT NULL CHECK (done >= 0),
  after       text COLLATE "C" NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  finished_at timestamptz,
  form_id     text COLLATE "C" NOT NULL CHECK (form_id <> ''),
  CHECK ((context = 'personal') = (user_id IS NOT NULL))
);
CREATE UNIQUE INDEX bulks_form ON bulks (tenant_id, form_id);
CREATE INDEX bulks_open ON bulks (created_at) WHERE finished_at IS NULL;
CREATE INDEX bulks_finished ON bulks (finished_at) WHERE finished_at IS NOT NULL;
