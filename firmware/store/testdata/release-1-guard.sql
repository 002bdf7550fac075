-- The tables of release 1, frozen: no line here ever changes. A later release adds
-- columns with a default, or tables; release_test.go holds it to that.
create table if not exists meta(key text primary key, value text not null) without rowid;
create table if not exists epoch(number integer primary key, box text not null, name text not null unique);
create table if not exists journal(row integer primary key, epoch integer not null, sequence integer not null,
  wall integer not null, type text not null, room text not null, origin text not null, body blob not null,
  unique(epoch, sequence));
create index if not exists journal_type on journal(type, row);
create index if not exists journal_origin on journal(origin) where origin <> '';
create table if not exists retained(key text primary key, value blob not null) without rowid;
create table if not exists hole(epoch integer, path text, first integer, last integer,
  primary key(epoch, path, first)) without rowid;
create table if not exists path(number integer primary key, name text not null unique);
create table if not exists outbox(path integer, late integer, row integer,
  primary key(path, late, row)) without rowid;
create table if not exists message(id text primary key, queued integer not null, state text not null,
  channel text not null, reference text not null, body blob not null) without rowid;
create index if not exists message_queued on message(queued);
create index if not exists message_reference on message(channel, reference) where reference <> '';
create table if not exists account(name text primary key, body blob not null) without rowid;
create table if not exists credential(hash text primary key, body blob not null) without rowid;
