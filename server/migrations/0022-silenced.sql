-- What is found in a call after it was sealed is destroyed in its audio too.

-- [{"rendition": "…", "stream": "…"}, …]: what was written under a key that its rendition has no more. The rendition stays.
alter table vault_intent add column streams jsonb not null default '[]';

-- How often something was destroyed in the rendition after it was made: who began to listen before has to ask again.
alter table call_rendition add column edition integer not null default 0;

-- What a leg lacks of card and bank data, ms: kept from the disk while it was said, and destroyed after the call was sealed.
alter table call_leg
  add column masked_live_ms double precision not null default 0,
  add column found_later_ms double precision not null default 0;
create index call_leg_sensitive on call_leg (call_id) where masked_live_ms > 0 or found_later_ms > 0;

-- A call is written down, and what was found in it is still to be destroyed in its audio: legs, times and types, no text. Stays when the
-- transcript goes: what was found goes all the same.
create table transcript_silence (
  call_id uuid primary key,
  ranges jsonb not null,
  -- Speech that no engine could take: what the transcript says of itself once it is done.
  left_out boolean not null,
  found_at timestamptz not null
);
