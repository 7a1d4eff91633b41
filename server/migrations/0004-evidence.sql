-- What happened, in the order it was committed. The entry is a commitment without personal data; the opening (salt and event)
-- is sealed under the call's own key, so that erasing the call also kills what the entry commits to.
create table evidence_pending (
  id uuid primary key,
  entry text not null,
  rendition_id uuid,
  opening bytea not null,
  created_at timestamptz not null
);
create index evidence_pending_created on evidence_pending (created_at, id);
