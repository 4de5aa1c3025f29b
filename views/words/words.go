package words

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

//go:embed en/*.json
var files embed.FS

// Args are a message's arguments by name. Whole numbers are written with thousands
// separators.
type Args map[string]any

// Localizer speaks one language. It never changes: safe for concurrent use.
type Localizer struct {
	localizer *i18n.Localizer
	parser    template.Parser
}

// english is read once, by whoever speaks first, and never changes afterwards. It is
// what a context without With speaks.
var english = sync.OnceValues(func() (*Localizer, error) { return New() })

// New makes a localizer for the first of the languages that the catalogue has; none
// of them, or none named, is English. A language is a tag or an Accept-Language value.
func New(languages ...string) (*Localizer, error) {
	bundle := i18n.NewBundle(language.English)
	names, err := files.ReadDir("en")
	if err != nil {
		return nil, fmt.Errorf("list catalogue: %w", err)
	}
	for _, entry := range names {
		name := path.Join("en", entry.Name())
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		if _, err := bundle.ParseMessageBytes(language.English, content, json.Unmarshal); err != nil {
			return nil, fmt.Errorf("parse catalogue %s: %w", name, err)
		}
	}
	return &Localizer{
		localizer: i18n.NewLocalizer(bundle, append(languages, language.English.String())...),
		parser:    &template.TextParser{Option: "missingkey=error"},
	}, nil
}

type contextKey struct{}

// With makes the texts of ctx speak l's language.
func With(ctx context.Context, l *Localizer) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// T is the message of a key. A key that the catalogue lacks, or an argument that is
// missing, is answered with the key itself: visible, never a broken page.
func T(ctx context.Context, key string, args ...Args) string {
	return say(ctx, key, nil, merge(args))
}

// N is the message of a key in the plural form for n, which the message may name as
// {{.N}}.
func N(ctx context.Context, key string, n int, args ...Args) string {
	return say(ctx, key, n, merge(append([]Args{{"N": n}}, args...)))
}

// Machine is a word for programs within a sentence: it keeps its order when the sentence
// runs from right to left. An element with dir="ltr" is better where there can be one.
func Machine(word string) string { return "\u2066" + word + "\u2069" }

// merge is all arguments in one map of its own, so that the caller's stays as it is.
func merge(args []Args) Args {
	merged := Args{}
	for _, a := range args {
		maps.Copy(merged, a)
	}
	return merged
}

func say(ctx context.Context, key string, count any, args Args) string {
	l, ok := ctx.Value(contextKey{}).(*Localizer)
	if !ok {
		var err error
		if l, err = english(); err != nil {
			return key
		}
	}
	separator := l.plain("number.thousands")
	for name, value := range args {
		if n, ok := value.(int); ok {
			args[name] = group(n, separator)
		}
	}
	text, err := l.localizer.Localize(&i18n.LocalizeConfig{
		MessageID: key, TemplateData: args, PluralCount: count, TemplateParser: l.parser,
	})
	if err != nil && text == "" {
		return key
	}
	return text
}

// plain is a message without arguments, empty when the catalogue lacks it.
func (l *Localizer) plain(key string) string {
	text, err := l.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateParser: l.parser})
	if err != nil && text == "" {
		return ""
	}
	return text
}
