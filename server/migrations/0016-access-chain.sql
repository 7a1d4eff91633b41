-- Access records say all that who checks them needs, and each is chained to the one before.

alter table access_record
  -- Contract window of the purpose; 0: the whole call. Null when nothing was asked that exists.
  add column segment integer,
  -- What the register called the purpose then.
  add column purpose_iri text,
  -- The case it was for, in the person's own words, or the request it answers: sealed.
  add column case_ref bytea,
  -- The second person, where two are required.
  add column approver_id uuid,
  -- What was left of the recording when it was handed out.
  add column redaction text check (redaction in ('original', 'window', 'masked', 'silenced')),
  -- Place in the chain, hash of the record before, and of this one with it.
  add column number bigint,
  add column prev_hash bytea,
  add column hash bytea;
-- Records older than the chain have no place in it; no later one may be without.
alter table access_record add constraint access_record_chained
  check (number is not null and prev_hash is not null and hash is not null) not valid;
create index access_record_number on access_record (number);

-- Both ends of the chain: the newest record, and the last one that ended by age.
create table access_chain (
  one boolean primary key default true check (one),
  number bigint not null,
  hash bytea not null,
  ended_number bigint not null,
  ended_hash bytea not null
);
insert into access_chain values (true, 0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'));
