-- What was said. Texts are redacted before they get here: what was recognised as personal stands as a mark. Words as heard are only in
-- drafts, sealed under the key of the working copy, and go with it.

-- One call's transcript: how far it is, what made it, and what a search has to know of its call.
create table transcript (
  call_id uuid primary key,
  state text not null check (state in ('waiting', 'running', 'done', 'failed')),
  -- A code: what it waits for, or why it failed.
  reason text,
  asked_at timestamptz not null,
  made_at timestamptz,
  -- Speech of all legs found, and written down so far, ms.
  speech_ms double precision not null default 0,
  done_ms double precision not null default 0,
  -- As declared by the queue, or as recognised on the first speech; locked for the call.
  language text,
  engine text,
  model text,
  engine_version text,
  started_at timestamptz not null,
  duration_ms double precision not null,
  agent_id uuid,
  agent_country text,
  team_ids uuid[] not null default '{}',
  queue text,
  direction text,
  difficult boolean not null default false
);
create index transcript_open on transcript (state, asked_at) where state in ('waiting', 'running', 'failed');

-- For what a transcript may be read, and until when.
create table transcript_purpose (
  call_id uuid not null references transcript on delete cascade,
  purpose text not null,
  last_day date not null,
  primary key (call_id, purpose)
);

create table transcript_turn (
  call_id uuid not null references transcript on delete cascade,
  idx integer not null,
  leg integer not null,
  role text not null check (role in ('agent', 'customer', 'unknown')),
  from_ms double precision not null,
  to_ms double precision not null,
  language text not null,
  text text not null,
  -- [[first character, characters, from ms, to ms], …] of the text as it stands here.
  words jsonb not null,
  -- [{"type": "CARD", "at": 12, "length": 6}, …]
  marks jsonb not null,
  confidence real,
  -- `source`: captions of the platform that sent the call.
  made_by text not null check (made_by in ('engine', 'source')),
  search tsvector not null,
  primary key (call_id, idx)
);
create unique index transcript_turn_newest on transcript_turn (call_id desc, idx);
create index transcript_turn_search on transcript_turn using gin (search);

-- What was heard so far of a call whose transcript is being made, so that a crash repeats one segment and not the call.
create table transcript_draft (
  call_id uuid not null references transcript on delete cascade,
  leg integer not null,
  from_ms double precision not null,
  sealed bytea not null,
  primary key (call_id, leg, from_ms)
);

-- Corrections are notes beside the text, never changes of it.
create table transcript_correction (
  id uuid primary key,
  call_id uuid not null,
  idx integer not null,
  author_id uuid not null,
  at timestamptz not null,
  text text not null,
  foreign key (call_id, idx) references transcript_turn on delete cascade
);
create index transcript_correction_turn on transcript_correction (call_id, idx);
