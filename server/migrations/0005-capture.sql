-- Calls and access records are partitioned by month on their UUIDv7 id, whose first 48 bits are the time of creation.
create function uuid_floor(at timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

create function ensure_month(parent regclass, at timestamptz) returns void language plpgsql as $$
declare
  first timestamptz := date_trunc('month', at at time zone 'UTC') at time zone 'UTC';
  after timestamptz := (date_trunc('month', at at time zone 'UTC') + interval '1 month') at time zone 'UTC';
  name text := parent::text || to_char(at at time zone 'UTC', '_YYYY_MM');
begin
  if to_regclass(name) is null then
    execute format('create table %I partition of %s for values from (%L) to (%L)', name, parent, uuid_floor(first), uuid_floor(after));
  end if;
end $$;

create table call (
  id uuid primary key,
  state text not null check (state in ('live', 'sealing', 'sealed', 'not_recorded', 'failed')),
  protocol text not null,
  direction text,
  queue text,
  session_index bytea not null,
  conversation_index bytea,
  started_at timestamptz not null,
  ended_at timestamptz,
  duration_ms double precision not null default 0,
  ending text,
  agent_id uuid,
  team_ids uuid[] not null default '{}',
  caller_country text,
  agent_country text,
  customer_index bytea,
  decision jsonb not null,
  difficult boolean not null default false,
  gaps_provable boolean not null,
  alerts text[] not null default '{}',
  consent text not null default 'not_asked',
  -- names, addresses, raw source metadata: sealed under the card rendition's key
  card_id uuid,
  card bytea
) partition by range (id);
create table call_other partition of call default;
create index call_agent on call (agent_id, id desc);
create index call_teams on call using gin (team_ids);
create index call_customer on call (customer_index, id desc);
create index call_conversation on call (conversation_index);
create index call_open on call (state) where state in ('live', 'sealing');
create index call_started on call (started_at);

create table call_leg (
  call_id uuid not null,
  index integer not null,
  label text not null,
  role text not null,
  codec text not null,
  rate integer not null,
  duration_ms double precision not null default 0,
  packets bigint not null default 0,
  lost bigint not null default 0,
  gaps_provable boolean not null,
  gaps jsonb not null default '[]',
  primary key (call_id, index)
);

create table call_mark (
  id uuid primary key,
  call_id uuid not null,
  at_ms double precision not null,
  kind text not null,
  by text not null,
  actor_id uuid,
  leg integer
);
create index call_mark_call on call_mark (call_id, at_ms);

create table call_rendition (
  call_id uuid not null,
  purpose text not null,
  rendition_id uuid not null,
  format text not null,
  state text not null check (state in ('pending', 'recording', 'sealed', 'failed', 'erased')),
  bytes bigint not null default 0,
  expires_on date not null,
  primary key (call_id, purpose)
);
create index call_rendition_due on call_rendition (expires_on) where state = 'sealed';

create table access_record (
  id uuid primary key,
  at timestamptz not null,
  actor_id uuid,
  actor_role text not null,
  session_hash text,
  action text not null,
  call_id uuid not null,
  rendition_id uuid,
  purpose text,
  reason bytea,
  outcome text not null,
  refusal text,
  from_ms double precision,
  to_ms double precision,
  served_ms double precision not null default 0
) partition by range (id);
create table access_record_other partition of access_record default;
create index access_record_call on access_record (call_id, id desc);

create table upload (
  id uuid primary key,
  state text not null check (state in ('receiving', 'decoding', 'done', 'refused')),
  call_id uuid not null,
  rendition_id uuid not null,
  size bigint not null,
  received bigint not null default 0,
  facts bytea not null,
  problem jsonb,
  person_id uuid,
  token_id uuid,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table source_credential (
  id uuid primary key,
  protocol text not null,
  name text not null,
  key_id text not null,
  secret bytea not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  unique (protocol, key_id)
);
