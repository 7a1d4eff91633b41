-- A working copy (the audio as captured) goes before its last day once a purpose of its call was ended.
alter table call_rendition add column ends_early boolean not null default false;
create index call_rendition_ends_early on call_rendition (call_id) where ends_early and state = 'sealed';
update call_rendition r set ends_early = true
where r.purpose = 'processing' and r.state in ('recording', 'sealed')
  and exists (select from term t where t.call_id = r.call_id and t.state in ('ending', 'ended') and t.reason <> 'clock');
