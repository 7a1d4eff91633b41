-- Every version of the recording policy, kept for ever: a recording's decision names the version it was taken under.

create table policy_versions (
  version integer primary key check (version > 0),
  rules jsonb not null,
  note text not null,
  published_at timestamptz not null,
  published_by uuid
);

create function policy_versions_are_kept() returns trigger language plpgsql as $$
begin
  raise exception 'policy versions are kept as published' using errcode = 'integrity_constraint_violation';
end
$$;

create trigger policy_versions_no_change before update or delete on policy_versions
  for each row execute function policy_versions_are_kept();
create trigger policy_versions_no_truncate before truncate on policy_versions
  for each statement execute function policy_versions_are_kept();
