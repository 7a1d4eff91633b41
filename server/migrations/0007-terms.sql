-- What each call is kept for, until when, and how that ended; legal holds. No personal data but the blind index of the caller's
-- address, which goes with the call's last term.

create table term (
  call_id uuid not null,
  purpose text not null,
  -- 0 = the whole call; 1, 2, … = its contract windows.
  segment integer not null default 0,
  from_ms double precision,
  to_ms double precision,
  -- The rendition made for the purpose; null for purposes that keep no audio of their own.
  rendition_id uuid,
  card_id uuid not null,
  basis text,
  -- The country whose rules set the term (ISO 3166-1), null when none is known.
  country text,
  customer_index bytea,
  started_at timestamptz not null,
  -- The last day (UTC) on which the purpose may be used.
  last_day date not null,
  state text not null check (state in ('live', 'ending', 'ended')),
  reason text check (reason in ('clock', 'withdrawal', 'objection', 'erasure', 'confirmation', 'decision', 'restored')),
  ended_at timestamptz,
  primary key (call_id, purpose, segment)
);
create index term_due on term (last_day, call_id, purpose, segment) where state = 'live';
create index term_ending on term (call_id) where state = 'ending';
create index term_customer on term (customer_index) where customer_index is not null;

-- A call of which nothing is left, and what its certificate says.
create table destruction (
  call_id uuid primary key,
  at timestamptz not null,
  certificate jsonb not null,
  -- When no copy of the keystore can open it any more either.
  final_at timestamptz
);
create index destruction_open on destruction (at) where final_at is null;

-- The days already swept, so that a clock set back brings nothing back and a clock far ahead destroys nothing.
create table retention_clock (
  single boolean primary key default true check (single),
  day date not null,
  -- A day in the future that a person or a time stamp vouched for.
  confirmed date
);

create table legal_hold (
  id uuid primary key,
  -- What it covers, e.g. {"kind": "caller"}; the caller's address is its blind index.
  selection jsonb not null,
  customer_index bytea,
  reason bytea not null,
  reference bytea,
  placed_by uuid,
  placed_at timestamptz not null,
  state text not null check (state in ('active', 'release_asked', 'released')),
  release_reason bytea,
  release_asked_by uuid,
  release_asked_at timestamptz,
  released_by uuid,
  released_at timestamptz,
  -- Two people: whoever asks does not decide.
  check (released_by is null or released_by <> release_asked_by)
);
create index legal_hold_caller on legal_hold (customer_index) where state <> 'released' and customer_index is not null;

create table hold_item (
  hold_id uuid not null references legal_hold,
  call_id uuid not null,
  -- One rendition of the call; null = all of them, later ones too.
  rendition_id uuid,
  -- False when its destruction had been decided before.
  held boolean not null,
  added_at timestamptz not null,
  unique nulls not distinct (hold_id, call_id, rendition_id)
);
create index hold_item_call on hold_item (call_id);

-- A call's contract windows each have a rendition, a key and a term of their own.
alter table call_rendition
  add column segment integer not null default 0,
  add column from_ms double precision,
  add column to_ms double precision;
alter table call_rendition drop constraint call_rendition_pkey, add primary key (call_id, purpose, segment);
alter table call drop constraint call_state_check, add check (state in ('live', 'sealing', 'sealed', 'not_recorded', 'failed', 'destroyed'));

-- Calls recorded before terms existed.
insert into term
select c.id, p.purpose, 0, null, null, r.rendition_id, c.card_id, c.decision ->> 'legalBasis',
  coalesce(c.agent_country, c.caller_country), c.customer_index, c.started_at, w.expires_on, 'live', null, null
from call c
cross join jsonb_array_elements_text(c.decision -> 'purposes') as p (purpose)
join key_wrap w on w.rendition_id = c.card_id and w.purpose = p.purpose
left join call_rendition r on r.call_id = c.id and r.purpose = p.purpose
where p.purpose <> 'assist' and (r.state is null or r.state in ('pending', 'sealed'));
