-- Who was given a call, what held it, how it ended: events that outlive the call belong to its history too.
alter table evidence_event add column call_id uuid;
create index evidence_event_call on evidence_event (call_id) where call_id is not null;
