-- The tables of release 1, frozen: no line here ever changes. A later release adds
-- columns with a default, or tables; release_test.go holds it to that.
create table if not exists meta(key text primary key, value text not null) without rowid;
create table if not exists series(number integer primary key, name text not null unique);
create table if not exists segment(number integer primary key, start integer not null, finish integer not null,
  written integer not null, rolled integer not null);
create table if not exists block(segment integer, series integer, start integer, samples integer not null,
  data blob not null, primary key(segment, series, start)) without rowid;
