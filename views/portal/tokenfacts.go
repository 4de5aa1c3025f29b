package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// tokenFacts is what there is to know about a token beside its id and its metadata.
func tokenFacts(ctx context.Context, in TokenInput, at place) []FactProps {
	facts := []FactProps{
		kindFact(ctx, in.Token),
		{Fact: inForceFact(ctx, in)},
		{Fact: endFact(ctx, in)},
		{Fact: lastUsedFact(ctx, in)},
		{Fact: createdFact(ctx, in)},
		{Fact: ui.Fact{Term: words.T(ctx, "tokens.fact.belongsTo"), Text: owner(ctx, at, in.Account)}},
	}
	if fact := contactFact(ctx, in, at); fact.Text != "" {
		facts = append(facts, FactProps{Fact: fact})
	}
	from := FactProps{Fact: ui.Fact{Term: words.T(ctx, "token.fact.addresses"), Text: words.T(ctx, "token.fact.anywhere")}}
	if len(in.Token.Addresses) > 0 {
		from.Codes = networks(in.Token)
	}
	return append(facts, from)
}

// kindFact says how the token is shown to an API.
func kindFact(ctx context.Context, t models.Token) FactProps {
	note := words.T(ctx, "token.kind.credentials.note")
	if t.Kind == models.AccessToken {
		note = words.T(ctx, "token.kind.accessToken.note")
	}
	return FactProps{Fact: ui.Fact{Term: words.T(ctx, "tokens.col.type"), Text: kindName(ctx, t.Kind), Note: note}}
}

// inForceFact is the secret or the key in force.
func inForceFact(ctx context.Context, in TokenInput) ui.Fact {
	f := ui.Fact{Term: hintTerm(ctx, in.Token), Text: in.Token.Hint(), Machine: true}
	if len(in.Secrets) > 0 {
		f = secretFact(ctx, in.Secrets[0])
	}
	if since := secretNote(ctx, in); since != "" && f.Note != "" {
		f.Note = words.T(ctx, "key.fact.since", words.Args{"Note": f.Note, "Since": since})
	} else if since != "" {
		f.Note = since
	}
	return f
}

// secretNote says since when there is the secret, where that is later than the token.
func secretNote(ctx context.Context, in TokenInput) string {
	if len(in.Secrets) == 0 || !in.Secrets[0].CreatedAt.After(in.Token.CreatedAt) {
		return ""
	}
	return words.T(ctx, "token.secret.since", words.Args{"When": words.Instant(ctx, in.Secrets[0].CreatedAt)})
}

func expiryFact(ctx context.Context, t models.Token, now time.Time) ui.Fact {
	f := ui.Fact{Term: words.T(ctx, "tokens.fact.expires"), Text: words.T(ctx, "tokens.never"), Note: words.T(ctx, "tokens.never.note")}
	switch {
	case t.Never():
		return f
	case t.Expired(now):
		f.Term, f.Text = words.T(ctx, "tokens.fact.expired"), words.Ago(ctx, t.ExpiresAt, now)
	default:
		f.Term, f.Text = words.T(ctx, "tokens.col.expires"), words.Span(ctx, t.ExpiresAt.Sub(now))
	}
	f.Note = words.InstantNoted(ctx, t.ExpiresAt)
	return f
}

// endFact is expiryFact with what the policies make of the token's end.
func endFact(ctx context.Context, in TokenInput) ui.Fact {
	t, by := underPolicies(in.Policies, in.Token, in.Now)
	f := expiryFact(ctx, t, in.Now)
	if by != "" {
		f.Note = words.T(ctx, "tokens.policy.fact", words.Args{"When": words.InstantNoted(ctx, t.ExpiresAt), "By": levelName(ctx, by, in.Account)})
	}
	return f
}

func lastUsedFact(ctx context.Context, in TokenInput) ui.Fact {
	f := ui.Fact{Term: words.T(ctx, "tokens.col.lastUsed"), Text: words.T(ctx, "tokens.neverUsed")}
	if in.Token.Used() {
		f.Text = words.Ago(ctx, in.Token.LastUsedAt, in.Now)
		f.Note = words.InstantNoted(ctx, in.Token.LastUsedAt)
	}
	return f
}

func createdFact(ctx context.Context, in TokenInput) ui.Fact {
	name, _ := maker(ctx, in.TokenRow)
	return ui.Fact{Term: words.T(ctx, "tokens.delete.created"), Text: words.DateLong(ctx, in.Token.CreatedAt), Note: name}
}

// owner is whose the token is.
func owner(ctx context.Context, at place, account string) string {
	if at.personal() {
		return words.T(ctx, "tokens.fact.yours", words.Args{"Account": account})
	}
	return account
}

// contactFact is whom to ask about the token. A personal token has its owner for that,
// unless somebody else is named.
func contactFact(ctx context.Context, in TokenInput, at place) ui.Fact {
	f := ui.Fact{Term: words.T(ctx, "token.fact.contact")}
	switch {
	case in.Contact == nil && at.personal():
		return ui.Fact{}
	case in.Contact == nil:
		f.Text = words.T(ctx, "token.fact.nobody")
	default:
		f.Text = personName(ctx, *in.Contact)
		if in.Contact.Email != f.Text {
			f.Note = in.Contact.Email
		}
		if in.Contact.Email == "" {
			f.Note = words.T(ctx, "token.fact.left", words.Args{"Account": in.Account})
		}
	}
	return f
}

// indented is a JSON object as people read it, empty for one without members.
func indented(object string) string {
	if object == "" || object == "{}" {
		return ""
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(object), "", "  "); err != nil {
		return object // shown as it is kept
	}
	return out.String()
}
