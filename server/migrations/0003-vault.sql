-- Encrypted media: what exists, and the wrapped data keys that open it. Wraps are public (safe in backups): the secrets that
-- unwrap them live in the keystore, outside the database. Nothing here is personal data.

-- One key tree of the keystore: a purpose and an ISO week of expiry, e.g. 'training/2027-W21'.
create table bucket (
  id text primary key,
  purpose text not null,
  state text not null default 'open' check (state in ('open', 'lapsed')),
  -- The next unused leaf of the tree.
  next_leaf integer not null default 0,
  created_at timestamptz not null
);

create table rendition (
  id uuid primary key,
  call_id uuid not null,
  format text not null check (format in ('packets', 'lanes', 'card')),
  -- What the rendition was made for; the purposes that may open it are its wraps.
  purpose text not null,
  state text not null default 'recording' check (state in ('recording', 'sealed', 'erasing', 'erased')),
  manifest jsonb not null default '[]',
  created_at timestamptz not null,
  sealed_at timestamptz,
  erased_at timestamptz
);
create index rendition_call on rendition (call_id);
create index rendition_unfinished on rendition (state) where state in ('recording', 'erasing');

create table key_wrap (
  rendition_id uuid not null references rendition on delete cascade,
  purpose text not null,
  bucket text not null references bucket,
  leaf integer not null,
  wrapped bytea not null,
  -- The last day (UTC) on which the wrap opens.
  expires_on date not null,
  primary key (rendition_id, purpose),
  unique (bucket, leaf)
);
create index key_wrap_expiry on key_wrap (expires_on);

-- Decisions to destroy, written before anything is destroyed and kept: those above the number the keystore remembers are
-- carried out again at start, so that a keystore restored from a backup forgets what was erased since.
create table vault_intent (
  idx bigint generated always as identity primary key,
  rendition_id uuid not null references rendition,
  -- [{"bucket": "…", "leaf": 0}, …]
  leaves jsonb not null,
  created_at timestamptz not null,
  done_at timestamptz
);
create index vault_intent_open on vault_intent (idx) where done_at is null;
