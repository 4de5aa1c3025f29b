// Package store is Latchkey's memory: everything that is kept, in SQLite or in
// PostgreSQL. It stands on models alone, is the one package that imports GORM,
// and no exported signature of it shows GORM.
//
// The SQL files under migrations are the truth about the schema, one folder a
// database with the same numbers; a test compares them with the row structs
// and with each other.
//
// There are four ways in, all in tx.go:
//
//	one    a read of one statement, no transaction
//	read   several statements over one snapshot; a write inside is an error
//	write  a change of state: runs, then appends its events under the change
//	       counter, so that numbers commit in order and without gaps
//	note   bookkeeping that is no change of state: last use, last seen,
//	       counters, one-use codes, purges; no event
//
// SQLite has two pools: one writing connection, whose transactions take the
// write lock when they begin, and several reading ones that can't write.
//
// What is not found, or belongs to another tenant, is models.ErrNotFound; a
// taken unique value is models.ErrConflict; a database that is locked by
// others for too long is models.ErrBusy. GORM's and the drivers' own errors
// are never among what callers can test for, except context errors.
//
// Secrets never get here: callers pass digests, and the columns' checks let
// nothing else in.
package store
