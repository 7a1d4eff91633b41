-- What turns mean, as a model of embeddings has it: of their redacted text, and gone with it.

-- Signs of a vector's numbers: all of them are compared first, so nothing else that is long stands here.
create table transcript_meaning (
  call_id uuid not null,
  idx integer not null,
  -- Of the turn, so that a look through all of them reads no turns.
  role text not null,
  language text not null,
  signs bit varying not null,
  primary key (call_id, idx),
  foreign key (call_id, idx) references transcript_turn (call_id, idx) on delete cascade
);

-- The vector, a signed byte for each number: compared for what is near by signs.
create table transcript_vector (
  call_id uuid not null,
  idx integer not null,
  vector bytea not null,
  primary key (call_id, idx),
  foreign key (call_id, idx) references transcript_meaning (call_id, idx) on delete cascade
);

-- The model that has read the whole transcript; null until one has.
alter table transcript add column meant_by text;
create index transcript_unread on transcript (call_id) where state = 'done' and meant_by is null;
