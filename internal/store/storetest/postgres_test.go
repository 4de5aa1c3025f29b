package storetest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { Main(m) }

func TestPostgresURL_GivesEachTestAnEmptyDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := PostgresURL(t), PostgresURL(t)
	run(t, first, "CREATE TABLE mine (id int)")
	if n := number(t, second, "SELECT count(*) FROM information_schema.tables WHERE table_name = 'mine'"); n != 0 {
		t.Fatalf("the second database has the first one's table")
	}
}

func TestPostgresURL_DatabaseIsDroppedAtTheEndEvenWhenConnected(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("user", func(t *testing.T) {
		conn := connect(t, PostgresURL(t))
		name = conn.Config().Database
	})
	if n := number(t, PostgresURL(t), "SELECT count(*) FROM pg_database WHERE datname = '"+name+"'"); n != 0 {
		t.Fatalf("%s is still there", name)
	}
}

func TestPostgresDatabase_FillsTheTemplateOnceAndClonesIt(t *testing.T) {
	t.Parallel()
	c := &cluster{}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	if !wanted("postgres") {
		t.Skip("no PostgreSQL in this run")
	}
	var filled atomic.Int32
	fill := func(url string) error {
		filled.Add(1)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE copied AS SELECT 42 AS answer"); err != nil {
			return err
		}
		return conn.Close(t.Context())
	}
	for range 3 {
		source, err := c.template(fill)
		if err != nil {
			t.Fatal(err)
		}
		name := databaseName("test")
		if err := c.create(name, source); err != nil {
			t.Fatal(err)
		}
		if n := number(t, c.urlOf(name), "SELECT answer FROM copied"); n != 42 {
			t.Errorf("the clone has %d, want 42", n)
		}
		if err := c.drop(name); err != nil {
			t.Error(err)
		}
	}
	if n := filled.Load(); n != 1 {
		t.Errorf("the template was filled %d times, want once", n)
	}
}

func TestStartServer_StopLeavesNothing(t *testing.T) {
	t.Parallel()
	if !wanted("postgres") {
		t.Skip("no PostgreSQL in this run")
	}
	url, stop, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url)
	folder := conn.Config().Host
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("the server's folder: %v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the server still answers")
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the server's folder is still there: %v", err)
	}
}

func TestFindScript_IsExecutable(t *testing.T) {
	t.Parallel()
	script, err := findScript()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(script); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect to %s: %v", strings.SplitN(url, "?", 2)[0], err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func run(t *testing.T, url, statement string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func number(t *testing.T, url, query string) int {
	t.Helper()
	var n int
	if err := connect(t, url).QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
