package latchkey_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/latchkey-dev/latchkey"

// mayImport says who stands on whom: for each package of ours, the packages of
// ours that it may import. A pattern that ends in /* stands for everything
// below. Test files of a package may also lean on what is in testsMayImport.
var mayImport = map[string][]string{
	"models":                   {},
	"m2m":                      {},
	"static":                   {},
	"views/ui":                 {},
	"views/words":              {},
	"internal/signing":         {"models", "m2m"},
	"internal/proofs":          {"models"},
	"internal/tokens":          {"models", "m2m", "internal/signing", "internal/proofs"},
	"internal/vendors":         {"models", "m2m", "internal/signing"},
	"internal/browsers":        {"models", "m2m", "internal/signing"},
	"internal/accounts":        {"models"},
	"internal/signin":          {"models"},
	"internal/store":           {"models"},
	"internal/store/storetest": {"models", "internal/store"},
	"views":                    {"models", "views/ui", "views/words"},
	"views/portal":             {"models", "views", "views/ui", "views/words"},
	"views/console":            {"models", "views", "views/ui", "views/words"},
	"views/gallery":            {"models", "static", "views", "views/*"},
	"web":                      {"models", "static"},
	"handlers":                 {"models", "m2m", "static", "web", "handlers/*", "views", "views/*", "internal/tokens", "internal/accounts", "internal/signin", "internal/signing", "internal/proofs", "internal/vendors", "internal/browsers"},
	"handlers/*":               {"models", "m2m", "web", "handlers/shell", "views", "views/*", "internal/tokens", "internal/accounts", "internal/signin", "internal/signing", "internal/proofs", "internal/vendors", "internal/browsers"},
	"cmd/latchkey":             {"*"},
	"scripts/bareecho":         {},
}

// fences says which packages of ours may import a module of others.
var fences = map[string][]string{
	"gorm.io":                       {"internal/store", "internal/store/storetest"},
	"modernc.org":                   {"internal/store", "internal/store/storetest"},
	"github.com/jackc":              {"internal/store", "internal/store/storetest"},
	"github.com/pressly/goose":      {"internal/store"},
	"github.com/labstack/echo":      {"web", "handlers", "handlers/*", "scripts/bareecho"},
	"github.com/gorilla":            {"web"},
	"github.com/a-h/templ":          {"views", "views/*", "web", "handlers", "handlers/*"},
	"github.com/nicksnyder/go-i18n": {"views/words"},
	"github.com/go-jose/go-jose":    {"internal/signing", "internal/proofs", "handlers/api"},
	"github.com/alecthomas/kong":    {"cmd/latchkey"},
	"github.com/maypok86/otter":     {"internal/store"},
	"golang.org/x/crypto":           {"internal/signin"},
	// Only tests are clients of OAuth.
	"golang.org/x/oauth2":       {},
	"github.com/coreos/go-oidc": {},
}

// standAlone are the packages that import the standard library only: the nouns
// that everything stands on, and what outsiders import.
var standAlone = []string{"models", "m2m"}

// testsMayImport are rooms that any test may use: the real store, never a fake one,
// and the states of the pages.
var testsMayImport = []string{"internal/store", "internal/store/storetest", "models", "views/gallery"}

func TestArchitecture_ImportsPointDownwards(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, file := range goFiles(t) {
		pkg := filepath.ToSlash(filepath.Dir(file))
		if pkg == "." {
			continue
		}
		row, ok := rowOf(pkg)
		if !ok {
			t.Errorf("%s is in a package that no row of mayImport knows", file)
			continue
		}
		seen[row] = true
		for _, imported := range importsOf(t, file) {
			checkOurs(t, file, pkg, row, imported)
			checkFences(t, file, pkg, imported)
			checkStandAlone(t, file, pkg, imported)
		}
	}
	for row := range mayImport {
		if !seen[row] {
			t.Errorf("the row %q of mayImport stands for no package: delete it", row)
		}
	}
}

func checkOurs(t *testing.T, file, pkg, row, imported string) {
	t.Helper()
	ours, ok := strings.CutPrefix(imported, module+"/")
	if !ok || ours == pkg || matches(mayImport[row], ours) {
		return
	}
	if strings.HasSuffix(file, "_test.go") && (slices.Contains(testsMayImport, ours) || strings.HasPrefix(pkg, "handlers")) {
		return
	}
	t.Errorf("%s: %s may not import %s", file, pkg, ours)
}

func checkStandAlone(t *testing.T, file, pkg, imported string) {
	t.Helper()
	// The paths of the standard library have no dot before their first slash.
	first, _, _ := strings.Cut(imported, "/")
	if strings.Contains(first, ".") && slices.Contains(standAlone, pkg) && !strings.HasSuffix(file, "_test.go") {
		t.Errorf("%s: %s imports the standard library only, and not %s", file, pkg, imported)
	}
}

func checkFences(t *testing.T, file, pkg, imported string) {
	t.Helper()
	for outside, inside := range fences {
		if imported != outside && !strings.HasPrefix(imported, outside+"/") {
			continue
		}
		if !matches(inside, pkg) && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s: %s is fenced off from %s", file, imported, pkg)
		}
	}
}

// rowOf is the row of mayImport that rules pkg: its own, or that of a pattern.
func rowOf(pkg string) (string, bool) {
	if _, ok := mayImport[pkg]; ok {
		return pkg, true
	}
	for _, row := range slices.Sorted(maps.Keys(mayImport)) {
		if matches([]string{row}, pkg) {
			return row, true
		}
	}
	return "", false
}

func matches(patterns []string, pkg string) bool {
	for _, p := range patterns {
		if p == "*" || p == pkg {
			return true
		}
		if dir, ok := strings.CutSuffix(p, "/*"); ok && path.Dir(pkg) == dir {
			return true
		}
	}
	return false
}

// goFiles lists the sources by walking the tree and not by asking the go
// command, whose answer could come from a cache.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "tools" || strings.HasPrefix(d.Name(), ".") && name != ".") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d sources found: the test looks in the wrong place", len(files))
	}
	return files
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		imports = append(imports, imported)
	}
	return imports
}
