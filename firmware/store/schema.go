package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// application marks our files in SQLite's header: "WBOX".
const application = 0x57424f58

// release is what this release writes into user_version. Releases only add
// tables and columns, so a greater number is no reason to refuse a file.
const release = 1

// guardTables is guard.db. outbox.late is 0 for alarms, 1 for telemetry: the
// primary key is the order of sending. hole holds sequences that are missing
// from the journal (path empty) or from one path's stream, until a gap record
// says so.
const guardTables = `
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
`

// guardProbe reads every column that this release needs: an error here is a
// wrong schema.
var guardProbe = []string{
	`select key, value from meta limit 1`,
	`select number, box, name from epoch limit 1`,
	`select row, epoch, sequence, wall, type, room, origin, body from journal order by row desc limit 1`,
	`select key, value from retained limit 1`,
	`select epoch, path, first, last from hole limit 1`,
	`select number, name from path limit 1`,
	`select path, late, row from outbox limit 1`,
	`select id, queued, state, channel, reference, body from message limit 1`,
	`select name, body from account limit 1`,
	`select hash, body from credential limit 1`,
}

// historyTables is history.db: one block row per point and segment. Segments
// are numbered in the order of writing, so that new rows always go to the end.
const historyTables = `
create table if not exists meta(key text primary key, value text not null) without rowid;
create table if not exists series(number integer primary key, name text not null unique);
create table if not exists segment(number integer primary key, start integer not null, finish integer not null,
  written integer not null, rolled integer not null);
create table if not exists block(segment integer, series integer, start integer, samples integer not null,
  data blob not null, primary key(segment, series, start)) without rowid;
`

// decisionTable came with the second release; files of the first get it added.
// It is no part of historyProbe: a file that is too full to be added to still
// takes what relieves it.
const decisionTable = `
create table if not exists decision(row integer primary key, alarm text not null, wall integer not null, body blob not null);
create index if not exists decision_alarm on decision(alarm, wall);
`

var historyProbe = []string{
	`select key, value from meta limit 1`,
	`select number, name from series limit 1`,
	`select number, start, finish, written, rolled from segment limit 1`,
	`select segment, series, start, samples, data from block limit 1`,
}

var decisionProbe = []string{`select row, alarm, wall, body from decision limit 1`}

// prepareFile makes the tables of an empty file and checks those of a used one.
// Releases only add: a used file that lacks a table is of an earlier release and
// gets it; one that then still fails the probe is not ours and stays as it was.
func prepareFile(ctx context.Context, db *sql.DB, tables string, probe []string) error {
	var id, objects int
	if err := db.QueryRowContext(ctx, `pragma application_id`).Scan(&id); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	if err := db.QueryRowContext(ctx, `select count(*) from sqlite_master`).Scan(&objects); err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	if id != application && objects > 0 {
		return fmt.Errorf("%w: application id %#x with %d tables and indexes", errSchema, id, objects)
	}
	if id != application {
		mark := fmt.Sprintf("pragma application_id=%d; pragma user_version=%d;", application, release)
		if _, err := db.ExecContext(ctx, "begin immediate;"+mark+tables+"commit;"); err != nil {
			return fmt.Errorf("create tables: %w", err)
		}
	}
	err := check(ctx, db, probe)
	if !errors.Is(err, errSchema) {
		return err
	}
	return addTables(ctx, db, tables, probe)
}

// addTables runs the script, whose every statement is "if not exists".
func addTables(ctx context.Context, db *sql.DB, tables string, probe []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("add tables: %w", err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, tables); err != nil {
		return fmt.Errorf("add tables: %w", schemaError(err))
	}
	if err := check(ctx, tx, probe); err != nil {
		return err
	}
	return tx.Commit()
}

func check(ctx context.Context, q querier, probe []string) error {
	for _, ask := range probe {
		rows, err := q.QueryContext(ctx, ask)
		if err == nil {
			rows.Next()
			err = rows.Err()
			rows.Close()
		}
		if err != nil {
			return fmt.Errorf("probe %q: %w", ask, schemaError(err))
		}
	}
	return nil
}
