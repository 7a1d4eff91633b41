-- Evidence becomes a transparency log. What `append` stores stays; a queue says what the log does not hold yet.
alter table evidence_pending rename to evidence_event;
alter table evidence_event rename constraint evidence_pending_pkey to evidence_event_pkey;
drop index evidence_pending_created;
create index evidence_event_rendition on evidence_event (rendition_id, created_at, id);

-- Drained by the sequencer in the order of `id`; almost always nearly empty.
create table log_queue (
  id bigint generated always as identity primary key,
  event_id uuid not null references evidence_event
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
insert into log_queue (event_id) select id from evidence_event order by created_at, id;

-- One log a year; another one when its history no longer is what was signed (then the old one is abandoned).
create table log (
  id integer generated always as identity primary key,
  -- Last part of the origin and of the address: 2026, 2026-2.
  name text not null unique,
  origin text not null unique,
  year integer not null,
  vkey text not null,
  size bigint not null,
  root bytea not null,
  -- What was signed last before this log began: the text of a checkpoint.
  after text,
  began_at timestamptz not null,
  ended_at timestamptz,
  abandoned boolean not null default false
);
create unique index log_current on log ((true)) where ended_at is null;

-- The Ed25519 private key (PKCS #8), sealed in the deployment's box.
create table log_key (
  log_id integer primary key references log,
  sealed bytea not null
);

create table log_leaf (
  log_id integer not null references log,
  leaf_index bigint not null,
  event_id uuid not null unique references evidence_event,
  primary key (log_id, leaf_index)
);

-- c2sp.org/tlog-tiles. Level -1: a bundle of entries.
create table log_tile (
  log_id integer not null references log,
  level smallint not null,
  tile_index bigint not null,
  bytes bytea not null,
  primary key (log_id, level, tile_index)
);
-- Hashes do not shrink.
alter table log_tile alter column bytes set storage external;

-- Everything ever signed. `text` is the note with the log's own signature; witnesses' lines are kept beside it.
create table checkpoint (
  origin text not null,
  size bigint not null,
  text text not null,
  cosignatures text not null default '',
  signed_at timestamptz not null,
  primary key (origin, size)
);
create index checkpoint_signed on checkpoint (signed_at);
