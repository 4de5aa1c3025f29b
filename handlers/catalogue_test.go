package handlers_test

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// catalogue has, by key, what a page says when it says the sentence; arguments
// stand for any text.
var catalogue = sync.OnceValues(func() (map[string]*regexp.Regexp, error) {
	names, err := filepath.Glob("../views/words/en/*.json")
	if err != nil {
		return nil, err
	}
	all := map[string]*regexp.Regexp{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var messages map[string]any
		if err := json.Unmarshal(content, &messages); err != nil {
			return nil, err
		}
		for key, message := range messages {
			all[key] = said(message)
		}
	}
	return all, nil
})

var argument = regexp.MustCompile(`\\\{\\\{\\\..+?\\\}\\\}`)

func said(message any) *regexp.Regexp {
	var forms []string
	switch m := message.(type) {
	case string:
		forms = append(forms, m)
	case map[string]any:
		for _, form := range m {
			text, _ := form.(string)
			forms = append(forms, text)
		}
	}
	for i, form := range forms {
		forms[i] = argument.ReplaceAllString(regexp.QuoteMeta(form), ".+")
	}
	return regexp.MustCompile(strings.Join(forms, "|"))
}

var (
	keyLike = regexp.MustCompile(`\b[a-z][A-Za-z]*(?:\.[A-Za-z_]+)+\b`)
	noise   = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]*>`)
)

// inside is how Go and the databases speak, and what a stack looks like.
func inside() []string {
	return []string{
		"goroutine ", "runtime error", ".go:", "panic:", "SQLSTATE", "constraint failed", "no rows", "sql:", "json:", "strconv.", "models.",
		"*errors.", "invalid input (", "unexpected EOF", "invalid character", "<nil>", "&lt;nil&gt;", "%!", "(MISSING)", "<no value>", "could not tell",
	}
}

// speaks fails the test unless a page has the catalogue's sentence of the key,
// and has neither a key itself nor anything that is for our eyes only.
func speaks(t testing.TB, name string, a answer, key string) {
	t.Helper()
	keys, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(html.UnescapeString(noise.ReplaceAllString(a.body, " "))), " ")
	if want, ok := keys[key]; !ok {
		t.Errorf("%s: the catalogue has no %q", name, key)
	} else if !want.MatchString(text) {
		t.Errorf("%s: %d does not say %q: %s", name, a.status, key, text)
	}
	for _, word := range keyLike.FindAllString(a.body, -1) {
		if _, bare := keys[word]; bare {
			t.Errorf("%s: says the key %q", name, word)
		}
	}
	for _, ours := range inside() {
		if strings.Contains(a.text(), ours) {
			t.Errorf("%s: %d lets out %q: %s", name, a.status, ours, text)
		}
	}
}
