-- A working copy (the audio as captured) goes before its last day once a purpose of its call was ended.
alter table call_rendition add column ends_early boolean not null default false;
create index call_rendition_ends_early on call_rendition (call_id) where ends_early and state = 'sealed';
update call_rendition r set ends_early = true
where r.purpose = 'processing' and r.state in ('recording', 'sealed')
  and exists (select from term t where t.call_id = r.call_id and t.state in ('ending', 'ended') and t.reason <> 'clock');

-- A request may be about every call of its caller.
alter table rights_request
  add column scope text not null default 'call' check (scope in ('call', 'caller')),
  -- Blind index of the caller's address while the request is open: by it the calls are found.
  add column caller bytea,
  alter column call_id drop not null,
  -- When carrying out began, by whom and how: what ended since then ended by it. It goes on after a crash.
  add column begun_at timestamptz,
  add column begun_by uuid,
  add column grounds text check (grounds in ('accuracy', 'unlawful', 'claims', 'objection')),
  -- What stands beside the recordings: sealed. Goes with the calls.
  add column words bytea,
  -- The legal hold that a restriction needs.
  add column hold_id uuid,
  add check (scope = 'caller' or call_id is not null);
drop index rights_request_open;
create unique index rights_request_open on rights_request (call_id, kind) where state = 'open' and scope = 'call';
create unique index rights_request_open_caller on rights_request (caller, kind) where state = 'open' and scope = 'caller';

-- The calls a request is about, and what became of each.
create table rights_request_call (
  request_id uuid not null references rights_request,
  call_id uuid not null,
  -- Whether its working copy was there when carrying out began; null before.
  had_copy boolean,
  report jsonb,
  done_at timestamptz,
  -- Whether a copy of every call gives the audio of this one: null while nobody has looked at it.
  audio boolean,
  -- What that audio leaves silent.
  masks jsonb not null default '[]',
  -- Nothing is left of the call.
  gone boolean not null default false,
  primary key (request_id, call_id)
);
create index rights_request_call_call on rights_request_call (call_id);
create index rights_request_call_open on rights_request_call (request_id, call_id) where done_at is null;
insert into rights_request_call (request_id, call_id, done_at, gone)
select r.id, r.call_id, r.acted_at, exists (select from destruction d where d.call_id = r.call_id) from rights_request r;
update rights_request set report = report || '{"workingCopy": "none"}' where report is not null;

-- One request may restrict many calls.
alter table call_restriction drop constraint call_restriction_pkey, add primary key (request_id, call_id);
create index call_annotation_request on call_annotation (request_id, call_id);
