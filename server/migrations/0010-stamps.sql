-- Tokens of a time stamp authority (RFC 3161) over checkpoints, by their SHA-256.
create table checkpoint_stamp (
  token_sha256 bytea primary key,
  origin text not null,
  size bigint not null,
  token bytea not null,
  authority text not null,
  policy text not null,
  serial text not null,
  level text not null,
  stamped_at timestamptz not null,
  certificate_ends_at timestamptz not null,
  received_at timestamptz not null,
  foreign key (origin, size) references checkpoint
);
create index checkpoint_stamp_checkpoint on checkpoint_stamp (origin, size);
create index checkpoint_stamp_received on checkpoint_stamp (received_at);
