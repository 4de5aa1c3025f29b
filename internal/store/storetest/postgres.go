package storetest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// databasesVariable narrows a run to one database: "sqlite".
	databasesVariable = "LATCHKEY_TEST_DATABASES"
	// serverVariable is the superuser's URL of a PostgreSQL that scripts/test started for the whole run.
	serverVariable = "LATCHKEY_TEST_POSTGRES_URL"

	// serverPatience is for the whole start, initdb included, on a machine that has other things to do.
	serverPatience = 2 * time.Minute
	// statementPatience is for one CREATE or DROP DATABASE.
	statementPatience = time.Minute
)

// process is the PostgreSQL that this test process uses. It is a variable of the package because TestMain has no
// other way to share anything with the tests: testing.T carries nothing from one to the other.
var process cluster

// Main runs a package's tests and then gives back what they used of PostgreSQL. It never returns:
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
func Main(m *testing.M) {
	code := m.Run()
	if err := process.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// PostgresURL makes an empty database (no tables, not migrated) on the test PostgreSQL and gives its URL; it is
// dropped when the test ends, connections or not. The first caller in a process may wait some seconds for the server
// to start. A machine without PostgreSQL's programs fails the test; only LATCHKEY_TEST_DATABASES=sqlite skips it.
// Safe for parallel tests.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return postgresDatabase(t, nil)
}

// postgresDatabase is PostgresURL with a template: the first call in a process makes an empty database and hands its
// URL to template, which fills it (migrates it, say) and closes every connection to it; each call then clones that
// database, which costs a tenth of a second whatever the filling cost. A process has one template: later calls must
// pass the same one. A nil template gives an empty database.
func postgresDatabase(t testing.TB, template func(url string) error) string {
	t.Helper()
	if !wanted("postgres") {
		t.Skipf("%s leaves PostgreSQL out", databasesVariable)
	}
	source := "template0"
	if template != nil {
		var err error
		if source, err = process.template(template); err != nil {
			t.Fatal(err)
		}
	}
	name := databaseName("test")
	if err := process.create(name, source); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.drop(name); err != nil {
			t.Error(err)
		}
	})
	return process.urlOf(name)
}

// wanted tells whether tests run on a database, "sqlite" or "postgres". Without the variable both are wanted.
func wanted(database string) bool {
	only := os.Getenv(databasesVariable)
	return only == "" || only == database
}

// cluster is one PostgreSQL server: either the one that scripts/test started and named in the environment, or one of
// this process's own, started at the first need. The zero value is ready; all methods are safe for concurrent use.
type cluster struct {
	starting sync.Once
	url      *url.URL
	stop     func() error // nil for a server that someone else started
	strategy string       // the end of CREATE DATABASE
	err      error

	filling      sync.Once
	templateName string // "" until the template stands
	templateErr  error
}

func (c *cluster) start() error {
	c.starting.Do(func() {
		text := os.Getenv(serverVariable)
		if text == "" {
			text, c.stop, c.err = startServer()
		}
		if c.err == nil {
			c.url, c.err = url.Parse(text)
		}
		if c.err == nil {
			c.strategy, c.err = copyStrategy(c.url.String())
		}
	})
	if c.err != nil {
		return fmt.Errorf("start PostgreSQL for the tests: %w", c.err)
	}
	return nil
}

// copyStrategy makes CREATE DATABASE copy files, as PostgreSQL did before version 15 and does on request since: a third
// of the work of writing each block to the log, on a server that keeps no promise of lasting.
func copyStrategy(serverURL string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), statementPatience)
	defer cancel()
	conn, err := pgx.Connect(ctx, serverURL)
	if err != nil {
		return "", fmt.Errorf("connect to the test PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	var logs bool
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int >= 150000").Scan(&logs); err != nil {
		return "", fmt.Errorf("ask the test PostgreSQL for its version: %w", err)
	}
	if !logs {
		return "", nil
	}
	return " STRATEGY FILE_COPY", nil
}

// template gives the name of this process's template database and makes it the first time.
func (c *cluster) template(fill func(url string) error) (string, error) {
	c.filling.Do(func() {
		name := databaseName("template")
		if c.templateErr = c.create(name, "template0"); c.templateErr != nil {
			return
		}
		c.templateName = name
		if err := fill(c.urlOf(name)); err != nil {
			c.templateErr = fmt.Errorf("fill the template database: %w", err)
		}
	})
	return c.templateName, c.templateErr
}

func (c *cluster) create(name, source string) error {
	if err := c.start(); err != nil {
		return err
	}
	return c.exec("CREATE DATABASE " + name + " TEMPLATE " + source + c.strategy)
}

func (c *cluster) drop(name string) error {
	return c.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
}

// exec runs one statement as the superuser. Names in it come from databaseName, so they need no quoting.
func (c *cluster) exec(statement string) error {
	// Not the test's context: that one has ended when its clean-up runs.
	ctx, cancel := context.WithTimeout(context.Background(), statementPatience)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url.String())
	if err != nil {
		return fmt.Errorf("connect to the test PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// urlOf must not be called before a create that succeeded.
func (c *cluster) urlOf(name string) string {
	u := *c.url
	u.Path = "/" + name
	return u.String()
}

// close drops the template or, where the server is this process's own, stops it with all that is in it.
func (c *cluster) close() error {
	switch {
	case c.stop != nil:
		return c.stop()
	case c.templateName != "":
		return c.drop(c.templateName)
	}
	return nil
}

// databaseName is unique among all processes that share a server.
func databaseName(purpose string) string {
	return "lk_" + purpose + "_" + strings.ToLower(rand.Text())
}

// startServer runs scripts/postgres, which serves until its standard input closes: also when this process is killed,
// for then the kernel closes the pipe. stop closes it and waits until the server and its folder are gone.
func startServer() (serverURL string, stop func() error, err error) {
	script, err := findScript()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(script)
	// A group of its own: Ctrl-C must reach the server after the tests, by the pipe, and not before them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error {
		if err := stdin.Close(); err != nil {
			return fmt.Errorf("stop the test PostgreSQL: %w", err)
		}
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("stop the test PostgreSQL: %w: %s", err, complaint.String())
		}
		return nil
	}
	line, err := firstLine(stdout)
	if err != nil {
		return "", nil, errors.Join(err, stop())
	}
	return line, stop, nil
}

// firstLine waits for the URL. It gives up after serverPatience; what goes on reading then ends with the pipe.
func firstLine(r io.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(r).ReadString('\n')
		got <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case a := <-got:
		if errors.Is(a.err, io.EOF) {
			return "", errors.New("the server did not start")
		}
		return a.line, a.err
	case <-time.After(serverPatience):
		return "", fmt.Errorf("the server did not start within %s", serverPatience)
	}
}

// findScript looks upward from the package's folder, where go test runs, for the folder of go.mod.
func findScript() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return filepath.Join(folder, "scripts", "postgres"), nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("no go.mod above the tests' folder, so scripts/postgres can't be found")
		}
		folder = parent
	}
}
