-- Requests of data subjects, from their arrival to their answer (GDPR art. 12 and 15 to 21).

alter table rights_request
  -- In which language the person is answered.
  add column language text not null default 'it' check (language in ('it', 'fr', 'en')),
  -- The person's words: sealed. Go with the call.
  add column details bytea,
  -- How it was made sure that the person is whom the call is of; never a copy of a document.
  add column identity text check (identity in ('link', 'document', 'call_back', 'knowledge')),
  add column identity_at timestamptz,
  add column identity_by uuid,
  -- The later day it is due by, and why: sealed.
  add column extension bytea,
  add column extended_at timestamptz,
  -- When it was carried out, and what became of every purpose: no personal data.
  add column acted_at timestamptz,
  add column report jsonb,
  -- Parts that the copy leaves silent.
  add column masks jsonb not null default '[]',
  -- Until when the person may fetch what was asked for.
  add column released_until timestamptz,
  add column decision text check (decision in ('done', 'partly', 'refused')),
  -- The article on which it was refused.
  add column article text;

-- What a person says is wrong in a recording, beside it: what was said stays what was said. Goes with the call.
create table call_annotation (
  id uuid primary key,
  call_id uuid not null,
  request_id uuid not null references rights_request,
  sealed bytea not null,
  made_at timestamptz not null,
  made_by uuid
);
create index call_annotation_call on call_annotation (call_id);

-- A call that may be kept but not used (GDPR art. 18).
create table call_restriction (
  request_id uuid primary key references rights_request,
  call_id uuid not null,
  grounds text not null check (grounds in ('accuracy', 'unlawful', 'claims', 'objection')),
  since timestamptz not null,
  lifted_at timestamptz,
  lifted_by uuid
);
create index call_restriction_call on call_restriction (call_id) where lifted_at is null;
