-- Purposes an organisation adds may keep audio too, and audio may end before the rest of what a purpose keeps.

-- What of the call's audio a rendition holds; null for the passing copy as captured.
alter table call_rendition add column material text check (material in ('original', 'masked'));
update call_rendition set material = case purpose when 'evidence' then 'original' when 'training' then 'masked' end;

alter table term
  -- The last day (UTC) of the audio, where it ends before the rest; null when they end together.
  add column audio_last_day date,
  add column audio_ended_at timestamptz;
create index term_audio_due on term (audio_last_day, call_id, purpose, segment)
  where state = 'live' and audio_last_day is not null and audio_ended_at is null;
