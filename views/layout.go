package views

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// Head is what every page needs to know of its surroundings. Empty Lang and Dir are
// English and left to right.
type Head struct {
	// Title is the page's name, without the product's.
	Title  string
	Assets Assets
	Lang   string
	Dir    string
	// Theme is "light" or "dark"; empty follows the system.
	Theme string
}

func (h Head) lang() string {
	if h.Lang == "" {
		return "en"
	}
	return h.Lang
}

func (h Head) dir() string {
	if h.Dir == "" {
		return "ltr"
	}
	return h.Dir
}

// Assets are the addresses of the files that pages fetch.
type Assets struct {
	Style, Script, Icon string
}

// LayoutProps is the frame around the pages of a signed-in person.
type LayoutProps struct {
	Head
	// Console marks the vendor's side.
	Console bool
	User    Person
	// Accounts are those that the person may act in; with more than one there is a
	// switcher. The active one heads the group marked Workspace.
	Accounts []AccountChoice
	Nav      []NavGroup
	// Links are ways to the other side, in the person's menu.
	Links []NavItem
	// CSRF is the token of this page's forms.
	CSRF string
	// Flash is what has just happened; nil for nothing.
	Flash *ui.BannerProps
	// Home is where the mark leads to.
	Home string
}

// Person is who is signed in.
type Person struct {
	Name, Email string
}

// Initials are the first letters of the first and last word of a name, or the first
// letter of the address for a person without one.
func (p Person) Initials() string { return Initials(p.Name, p.Email) }

// Initials are up to two letters that stand for a person.
func Initials(name, email string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch len(words) {
	case 0:
		return first(email)
	case 1:
		return first(words[0])
	default:
		return first(words[0]) + first(words[len(words)-1])
	}
}

func first(word string) string {
	r, size := utf8.DecodeRuneInString(word)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(r))
}

// AccountChoice is an account that the person may act in.
type AccountChoice struct {
	ID, Name string
	Active   bool
}

func active(accounts []AccountChoice) AccountChoice {
	for _, a := range accounts {
		if a.Active {
			return a
		}
	}
	return AccountChoice{}
}

// NavGroup is a part of the sidebar. Its Label is shown above it unless Plain.
type NavGroup struct {
	Label string
	// Plain groups belong to the person's menu above them.
	Plain bool
	// Workspace groups are headed by the account that they are about.
	Workspace bool
	Items     []NavItem
}

// NavItem is a line of the sidebar.
type NavItem struct {
	Text   string
	Icon   ui.Icon
	Href   string
	Active bool
}

const keyListID = "keys"

// KeyList is the list of the keys that work on every page of the frame, as the person's
// menu opens it.
func KeyList(ctx context.Context) ui.KeyListProps {
	return ui.KeyListProps{
		ID: keyListID, Title: words.T(ctx, "keys.title"),
		Keys: []ui.KeyProps{
			{Key: "?", Text: words.T(ctx, "keys.show")},
			{Key: words.T(ctx, "keys.escape.key"), Text: words.T(ctx, "keys.escape")},
		},
		Switch: words.T(ctx, "keys.switch"), SwitchHint: words.T(ctx, "keys.switch.hint"), Close: words.T(ctx, "keys.close"),
	}
}

// BareProps is the frame around the pages outside the portal: sign-in, set-up, errors.
type BareProps struct {
	Head
	// Wide is for pages with more than a few fields.
	Wide bool
	// Foot is the small print, usually the host; empty for none.
	Foot string
}
