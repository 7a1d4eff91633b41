-- Who was given what, kept as written; and how a caller looks at a call without an account.

alter table access_record
  -- The call's agent then; stays when the call is destroyed.
  add column agent_id uuid,
  -- Null in records older than this column.
  add column auth_method text check (auth_method in ('session', 'token')),
  add column legal_basis text;
create index access_record_agent on access_record (agent_id, id desc) where agent_id is not null;
create index access_record_at on access_record using brin (at);

-- What was heard of a record may grow; nothing else changes. Rows end by age only, when the sweep says the age.
create function access_record_kept() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.at < nullif(current_setting('verbale.access_before', true), '')::timestamptz then
      return old;
    end if;
  elsif to_jsonb(new) - array['served_ms', 'from_ms', 'to_ms'] = to_jsonb(old) - array['served_ms', 'from_ms', 'to_ms']
    and new.served_ms >= old.served_ms
    and (old.from_ms is null or new.from_ms <= old.from_ms)
    and (old.to_ms is null or new.to_ms >= old.to_ms) then
    return new;
  end if;
  raise exception '% is kept as written', tg_table_name using errcode = 'integrity_constraint_violation';
end
$$;
create trigger access_record_no_change before update or delete on access_record for each row execute function access_record_kept();
create trigger access_record_no_truncate before truncate on access_record for each statement execute function kept_as_written();

-- A short code a person can say, of one call. Found by a blind index; goes with the call.
create table call_reference (
  call_id uuid primary key,
  code_index bytea not null unique,
  sealed bytea not null
);

-- A caller's way to one call: of the token, its hash.
create table caller_link (
  id uuid primary key,
  call_id uuid not null,
  token_hash bytea not null unique,
  made_at timestamptz not null,
  -- Null: the caller asked, with reference and code.
  made_by uuid,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by uuid
);
create index caller_link_call on caller_link (call_id, id desc);

-- The one-time code of a caller who asked; the newest of a call counts.
create table caller_code (
  call_id uuid primary key,
  sealed bytea not null,
  made_at timestamptz not null,
  expires_at timestamptz not null,
  tries integer not null default 0
);

-- What callers ask of the controller (GDPR art. 15 to 21). No personal data: what it is about is the call.
create table rights_request (
  id uuid primary key,
  call_id uuid not null,
  kind text not null check (kind in ('access', 'copy', 'rectification', 'erasure', 'restriction', 'portability', 'objection')),
  channel text not null,
  asked_at timestamptz not null,
  due_on date not null,
  state text not null check (state in ('open', 'closed')),
  -- Words of a person: sealed.
  outcome bytea,
  closed_at timestamptz,
  closed_by uuid,
  check ((state = 'closed') = (closed_at is not null))
);
create unique index rights_request_open on rights_request (call_id, kind) where state = 'open';
create index rights_request_due on rights_request (due_on, id);
