-- Captions while calls go on live in memory. Two things outlive a call: what was transcribed of a call that is to be written down, sealed under the key of the working
-- copy until the transcript is made of it, and a receipt that says how much was heard and that nothing was kept.

create table caption_draft (
  call_id uuid not null,
  number integer not null,
  at timestamptz not null,
  -- `source`: by the platform that sent the call; `engine`: by one of ours.
  origin text not null check (origin in ('source', 'engine')),
  sealed bytea not null,
  primary key (call_id, number)
);
create index caption_draft_at on caption_draft (at);

create table caption_receipt (
  call_id uuid primary key,
  ended_at timestamptz not null,
  captions integer not null,
  viewers integer not null,
  heard_ms double precision not null,
  engine text,
  recorded boolean not null
);
