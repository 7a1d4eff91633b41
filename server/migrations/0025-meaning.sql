-- What turns mean, as a model of embeddings has it: of their redacted text, and gone with it.

create table transcript_meaning (
  call_id uuid not null,
  idx integer not null,
  model text not null,
  -- Of the turn, so that a look through all of them reads no turns.
  role text not null,
  language text not null,
  -- Signs of the vector's numbers: compared first, all of them.
  signs bit varying not null,
  -- The vector, a signed byte for each number: compared for what is near by signs.
  vector bytea not null,
  primary key (call_id, idx),
  foreign key (call_id, idx) references transcript_turn (call_id, idx) on delete cascade
);
-- The vectors stand apart, so that a look through all signs reads little.
alter table transcript_meaning set (toast_tuple_target = 128);
alter table transcript_meaning alter column vector set storage external;

-- The model that has read the whole transcript; null until one has.
alter table transcript add column meant_by text;
create index transcript_unread on transcript (call_id) where state = 'done' and meant_by is null;
