-- The rules behind retention and what callers said about them. Versions and records are kept as written: what was done to a call
-- names the version it rested on. Names, addresses, notes and documents are sealed; callers are found by a blind index.

create function kept_as_written() returns trigger language plpgsql as $$
begin
  raise exception '% is kept as written', tg_table_name using errcode = 'integrity_constraint_violation';
end
$$;

create table purpose_versions (
  version integer primary key check (version > 0),
  entries jsonb not null,
  note text not null,
  published_at timestamptz not null,
  published_by uuid
);

-- The controller; the record names persons, so only the newest is kept.
create table organisation (
  single boolean primary key default true check (single),
  version integer not null check (version > 0),
  record bytea not null,
  changed_at timestamptz not null,
  changed_by uuid
);

-- Rows of the table of countries that differ from the product's.
create table jurisdiction_versions (
  version integer primary key check (version > 0),
  rows jsonb not null,
  published_at timestamptz not null,
  published_by uuid
);

-- Agreements with, and notices to, workers that open features.
create table agreement (
  id uuid primary key,
  country text not null,
  kind text not null,
  features text[] not null check (cardinality(features) > 0),
  -- Empty: every team.
  teams uuid[] not null,
  valid_from date not null,
  valid_to date,
  reference bytea not null,
  registered_at timestamptz not null,
  registered_by uuid
);

create table agreement_document (
  agreement_id uuid primary key references agreement,
  sealed bytea not null,
  sha256 text not null,
  media_type text not null,
  bytes integer not null
);

create table agreement_revocation (
  agreement_id uuid primary key references agreement,
  reason bytea not null,
  revoked_at timestamptz not null,
  revoked_by uuid
);

create table announcement_versions (
  version integer primary key check (version > 0),
  sha256 text not null,
  texts jsonb not null,
  since timestamptz not null
);

-- What callers said. A caller is known by address, by call, or by both.
create table consent_record (
  id uuid primary key,
  caller bytea,
  call_id uuid,
  -- Null: every purpose.
  purpose text,
  value text not null check (value in ('yes', 'no', 'not_asked')),
  kind text check (kind in ('given', 'refused', 'withdrawn', 'objected')),
  channel text not null,
  at timestamptz not null,
  announcement integer,
  recorded_at timestamptz not null,
  recorded_by uuid,
  note bytea,
  check (caller is not null or call_id is not null),
  check (case when kind is null then value = 'not_asked' when kind = 'given' then value = 'yes' else value = 'no' end)
);
create index consent_record_caller on consent_record (caller, at) where caller is not null;
create index consent_record_call on consent_record (call_id) where call_id is not null;

do $$
declare
  kept text;
begin
  foreach kept in array array[
    'purpose_versions', 'jurisdiction_versions', 'agreement', 'agreement_document', 'agreement_revocation',
    'announcement_versions', 'consent_record'
  ] loop
    execute format('create trigger %I before update or delete on %I for each row execute function kept_as_written()', kept || '_no_change', kept);
    execute format('create trigger %I before truncate on %I for each statement execute function kept_as_written()', kept || '_no_truncate', kept);
  end loop;
end
$$;
