-- Purposes end one by one; a rendition goes with its last. A decision may end many purposes at once.
alter table key_wrap add column ending boolean not null default false;

alter table vault_intent add column wraps jsonb not null default '[]', add column renditions uuid[] not null default '{}';
update vault_intent set
  renditions = array[rendition_id],
  wraps = coalesce(
    (select jsonb_agg(leaf || jsonb_build_object('rendition', rendition_id, 'purpose', '')) from jsonb_array_elements(leaves) leaf),
    '[]');
alter table vault_intent drop column rendition_id, drop column leaves, alter column wraps drop default, alter column renditions drop default;

-- What nothing may end. Released by deleting the row; who placed and released a hold is told by the retention room.
create table rendition_hold (
  rendition_id uuid not null references rendition,
  hold_id uuid not null,
  -- Whether renditions made later of the same call are held too.
  follows boolean not null,
  placed_at timestamptz not null,
  primary key (rendition_id, hold_id)
);
create index rendition_hold_hold on rendition_hold (hold_id);
