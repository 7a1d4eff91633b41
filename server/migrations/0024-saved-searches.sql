-- Searches in what was said that somebody keeps. Name, words and filters are sealed: a search may name a person.
create table saved_search (
  id uuid primary key,
  owner_id uuid not null,
  shared boolean not null,
  sealed bytea not null
);
create index saved_search_owner on saved_search (owner_id);
create index saved_search_shared on saved_search (id) where shared;
