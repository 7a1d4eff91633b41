-- Staff, teams, sign-in. Names, addresses, logins, secrets of second factors and password hashes are sealed values
-- (bytea written by the vault's box); `*_index` columns are keyed blind indexes. Nothing here names a person in clear.

create table teams (
  id uuid primary key,
  name bytea not null,
  name_index bytea not null constraint teams_name_taken unique,
  country text check (country ~ '^[A-Z]{2}$'),
  created_at timestamptz not null
);

create table people (
  id uuid primary key,
  name bytea not null,
  email bytea not null,
  email_index bytea not null constraint people_email_taken unique,
  role text not null check (role in ('agent', 'supervisor', 'quality_manager', 'analyst', 'privacy_officer', 'administrator')),
  country text check (country ~ '^[A-Z]{2}$'),
  locale text not null check (locale in ('it', 'fr', 'en')),
  active boolean not null default true,
  password bytea,
  totp bytea,
  -- The last 30 s time step accepted, so that a code cannot be used twice (RFC 6238 §5.2).
  totp_step integer,
  created_at timestamptz not null
);

create table person_teams (
  person_id uuid not null references people on delete cascade,
  team_id uuid not null references teams on delete restrict,
  primary key (person_id, team_id)
);
create index person_teams_team on person_teams (team_id);

create table person_aliases (
  alias_index bytea constraint person_aliases_taken primary key,
  person_id uuid not null references people on delete cascade,
  alias bytea not null,
  position smallint not null
);
create index person_aliases_person on person_aliases (person_id);

create table passkeys (
  id uuid primary key,
  person_id uuid not null references people on delete cascade,
  credential_id text not null constraint passkeys_credential_taken unique,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name bytea not null,
  created_at timestamptz not null
);
create index passkeys_person on passkeys (person_id);

create table recovery_codes (
  person_id uuid not null references people on delete cascade,
  code_index bytea not null,
  primary key (person_id, code_index)
);

create table sessions (
  id uuid primary key,
  token_hash bytea not null unique,
  person_id uuid not null references people on delete cascade,
  state text not null check (state in ('enrolling', 'signed_in')),
  created_at timestamptz not null,
  seen_at timestamptz not null,
  ends_at timestamptz not null,
  challenge text,
  challenge_kind text check (challenge_kind in ('register', 'authenticate')),
  challenge_ends_at timestamptz,
  pending_totp bytea
);
create index sessions_person on sessions (person_id);
create index sessions_ends on sessions (ends_at);

create table invitations (
  person_id uuid primary key references people on delete cascade,
  token_hash bytea not null unique,
  ends_at timestamptz not null
);

create table setup_token (
  single boolean primary key default true check (single),
  token_hash bytea not null,
  created_at timestamptz not null
);

create table api_tokens (
  id uuid primary key,
  token_hash bytea not null unique,
  name bytea not null,
  permissions text[] not null,
  created_by uuid references people on delete set null,
  created_at timestamptz not null,
  last_used_at timestamptz
);

create table sign_in_throttles (
  key bytea primary key,
  failures integer not null,
  blocked_until timestamptz not null,
  touched_at timestamptz not null
);
create index sign_in_throttles_touched on sign_in_throttles (touched_at);
