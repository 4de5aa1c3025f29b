package main

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the README's table of settings anew")

const (
	tableBegin = "<!-- settings: printed from the struct -->\n"
	tableEnd   = "<!-- end of settings -->\n"
)

func TestREADME_TableOfSettingsIsTheStruct(t *testing.T) {
	t.Parallel()
	const path = "../../README.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(text, []byte(tableBegin))
	table, after, ok2 := bytes.Cut(rest, []byte(tableEnd))
	if !ok || !ok2 {
		t.Fatal("the README has no marks around the table of settings")
	}
	if string(table) == settingsTable() {
		return
	}
	if !*update {
		t.Fatal("the README's table of settings is stale: go test ./cmd/latchkey -run README -update")
	}
	fresh := bytes.Join([][]byte{before, []byte(tableBegin), []byte(settingsTable()), []byte(tableEnd), after}, nil)
	if err := os.WriteFile(path, fresh, 0o644); err != nil {
		t.Fatal(err)
	}
}
