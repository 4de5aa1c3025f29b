package words

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// composed are the beginnings of keys that are put together at run time, such as
// "invalid."+code. Their keys count as used.
var composed = []string{"ago.", "invalid.", "month.long.", "month.short.", "span.", "until."}

const repository = "../.."

var (
	// called finds the literal keys of calls such as words.T(ctx, "key".
	called = regexp.MustCompile(`\b(?:words\.)?(?:T|N|Rich|RichN)\(\s*[\w.()]+,\s*"([^"]*)"(\s*\+)?`)
	// quoted finds every literal that could be a key.
	quoted = regexp.MustCompile(`"([a-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*)"`)
)

func TestCatalogue_HasEveryKeyThatTheSourcesName(t *testing.T) {
	t.Parallel()
	keys := catalogue(t)
	for name, text := range sources(t) {
		for _, call := range called.FindAllStringSubmatch(text, -1) {
			key := call[1]
			if call[2] != "" {
				if !slices.Contains(composed, key) {
					t.Errorf("%s puts a key together from %q, which is not in the list of composed ones", name, key)
				}
			} else if _, ok := keys[key]; !ok {
				t.Errorf("%s names %q, which the catalogue lacks", name, key)
			}
		}
	}
}

func TestCatalogue_HasNoKeyThatNobodyNames(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, text := range sources(t) {
		for _, literal := range quoted.FindAllStringSubmatch(text, -1) {
			named[literal[1]] = true
		}
	}
	for key, file := range catalogue(t) {
		isComposed := slices.ContainsFunc(composed, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		if !named[key] && !isComposed {
			t.Errorf("%s has %q, which no source names", file, key)
		}
	}
}

func TestCatalogue_MessagesSpeakWell(t *testing.T) {
	t.Parallel()
	for _, file := range fileNames(t) {
		content := read(t, file)
		var messages map[string]any
		if err := json.Unmarshal(content, &messages); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for key, message := range messages {
			for _, text := range forms(message) {
				if strings.ContainsAny(text, `'"`) {
					t.Errorf("%s: %q has a straight quote: %s", file, key, text)
				}
				if strings.TrimSpace(text) != text || text == "" {
					t.Errorf("%s: %q is empty or has space around it", file, key)
				}
			}
		}
	}
}

func forms(message any) []string {
	switch m := message.(type) {
	case string:
		return []string{m}
	case map[string]any:
		var all []string
		for _, name := range slices.Sorted(maps.Keys(m)) {
			all = append(all, forms(m[name])...)
		}
		return all
	default:
		return nil
	}
}

// catalogue maps each key to its file and fails on a key that is there twice, which
// a plain decoder would pass over.
func catalogue(t *testing.T) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for _, file := range fileNames(t) {
		decoder := json.NewDecoder(bytes.NewReader(read(t, file)))
		depth, expectKey := 0, false
		for {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			switch v := token.(type) {
			case json.Delim:
				if v == '{' {
					depth++
				} else {
					depth--
				}
				expectKey = depth == 1
			case string:
				if depth != 1 {
					continue
				}
				if expectKey {
					if other, ok := keys[v]; ok {
						t.Errorf("%q is in %s and in %s", v, other, file)
					}
					keys[v] = file
				}
				expectKey = !expectKey
			}
		}
	}
	return keys
}

func fileNames(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(files, "en/*.json")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// sources are the texts of all .go and .templ files that people wrote, tests left out.
func sources(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(repository, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if base == "node_modules" || strings.HasPrefix(base, ".") && name != repository {
				return fs.SkipDir
			}
			return nil
		}
		if ext := path.Ext(base); ext != ".templ" && ext != ".go" || strings.HasSuffix(base, "_test.go") || strings.HasSuffix(base, "_templ.go") {
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		texts[name] = string(content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
