package views

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// physical matches what names the left or the right: in markup Tailwind's utilities,
// variants and a minus before them included, in style sheets properties and values.
var (
	physicalClass = regexp.MustCompile("(?:^|[\\s\"'`:!])(-?(?:(?:m|p|scroll-m|scroll-p)[lr]-|(?:left|right)-(?:\\d|\\[|\\(|px|auto|full)" +
		"|(?:border|rounded)-[lr]\\b|rounded-[tb][lr]\\b|(?:text|float|clear|origin|object|bg)-(?:left|right)\\b)[^\\s\"'`]*)")
	physicalRule = regexp.MustCompile(`(?:^|[\s{;])((?:(?:margin|padding|border|scroll-margin|scroll-padding)-)?(?:left|right)\s*:[^;}]*` +
		`|border-(?:top|bottom)-(?:left|right)-radius\s*:[^;}]*|(?:text-align|float|clear)\s*:\s*(?:left|right)\b` +
		`|(?:margin|padding|inset)\s*:\s*[^\s;}]+\s+([^\s;}]+)\s+[^\s;}]+\s+([^\s;}]+))`)
)

func physicalClasses(text string) []string {
	var found []string
	for _, match := range physicalClass.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

func physicalRules(text string) []string {
	var found []string
	for _, match := range physicalRule.FindAllStringSubmatch(text, -1) {
		// Four values name the sides; they do no harm while both are alike.
		if match[2] == "" || match[2] != match[3] {
			found = append(found, match[1])
		}
	}
	return found
}

func TestStyles_NameNeitherLeftNorRight(t *testing.T) {
	t.Parallel()
	// Pages mirror in a language written from right to left as long as styles say
	// start and end.
	report := func(file string, find func(string) []string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			for _, found := range find(line) {
				t.Errorf("%s:%d: %s", file, n+1, found)
			}
		}
	}
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, entry fs.DirEntry, err error) error {
		source := strings.HasSuffix(file, ".templ") || strings.HasSuffix(file, ".go")
		if err != nil || entry.IsDir() || !source || strings.HasSuffix(file, "_templ.go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		report(file, physicalClasses)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	report("../web/app.css", physicalRules)
}

func TestPhysicalStyles_AreToldFromLogicalOnes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`class="max-sm:ml-2 ps-3"`:     "ml-2",
		`"flex -mr-1.5"`:               "-mr-1.5",
		`"hover:!pl-[3px]"`:            "pl-[3px]",
		`class={ "text-left" }`:        "text-left",
		`"rounded-tl-md border-l"`:     "rounded-tl-md border-l",
		`"absolute left-0 top-0"`:      "left-0",
		`"ms-1 end-0 text-start me-2"`: "",
		`"e-chevron-right i-end"`:      "",
		`IconArrowLeft = "arrow-left"`: "",
		`"html-left plural-r"`:         "",
	} {
		if got := strings.Join(physicalClasses(text), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`.a { margin-left: 1px; }`:            "margin-left: 1px",
		`.a { inset: 0; left: 2px }`:          "left: 2px ",
		`.a { text-align: right; }`:           "text-align: right",
		`.a { border-top-left-radius: 2px; }`: "border-top-left-radius: 2px",
		`.a { padding: 0 1px 0 2px; }`:        "padding: 0 1px 0 2px",
		`.a { padding: 0 1px 0 1px; }`:        "",
		`.a { padding-inline-start: 1px; }`:   "",
		`@media (width < 40rem) { .left:b }`:  "",
	} {
		if got := strings.Join(physicalRules(text), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
