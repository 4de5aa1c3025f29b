package portal

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
)

// one is a token that works and was used.
func one(change ...func(*TokenInput)) TokenInput {
	in := TokenInput{Account: "Acme", MayWrite: true, MayDelete: true, Now: now, IP: "203.0.113.77"}
	in.TokenRow = rows(60 * day).Rows[0]
	in.Context = models.API
	in.Roles = []models.Role{{Name: "Viewer", Permissions: []string{"fe.secure.read.*"}}}
	in.Secrets = []models.TokenSecret{{ID: "s", Prefix: "lk_at", LastFour: "abcd", CreatedAt: in.CreatedAt, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed}}
	for _, c := range change {
		c(&in)
	}
	return in
}

// turning is in the middle of a rotation.
func turning(in *TokenInput) {
	replaced := now.Add(-time.Hour)
	old := in.Secrets[0]
	old.ReplacedAt, old.EndsAt = &replaced, now.Add(23*time.Hour)
	in.Secrets = []models.TokenSecret{{ID: "n", Prefix: "lk_at", LastFour: "wxyz", CreatedAt: replaced, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed}, old}
}

func because(reason string) func(*TokenInput) { return func(in *TokenInput) { in.Reason = reason } }

func text(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.WithoutCancel(t.Context()), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestToken_BadgeSaysHowItStands(t *testing.T) {
	t.Parallel()
	ends := func(in time.Duration) func(*TokenInput) { return func(i *TokenInput) { i.ExpiresAt = now.Add(in) } }
	for name, row := range map[string]struct {
		in   TokenInput
		text string
		tone ui.BadgeTone
	}{
		"works":            {one(), "Active", ui.BadgeOK},
		"never ends":       {one(func(in *TokenInput) { in.ExpiresAt = models.NeverExpires }), "Active", ui.BadgeOK},
		"ends in a month":  {one(ends(30 * day)), "Expires in 30 days", ui.BadgeWarn},
		"ends in a week":   {one(ends(7 * day)), "Expires in 7 days", ui.BadgeBad},
		"expired":          {one(ends(-51*time.Hour), because("expired")), "Expired 2 days ago", ui.BadgeOver},
		"disabled":         {one(because("disabled"), func(in *TokenInput) { in.DisabledAt = &now }), "Disabled", ui.BadgeOver},
		"M2M off":          {one(because("m2m_disabled")), "Refused: M2M authentication is off", ui.BadgeOver},
		"policy":           {one(because("policy")), "Refused by policy", ui.BadgeOver},
		"a reason to come": {one(because("of_tomorrow")), "Refused", ui.BadgeOver},
	} {
		if got := Token(t.Context(), row.in).Badge; got.Text != row.text || got.Tone != row.tone {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestToken_OffersWhatCanBeDone(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		in   TokenInput
		want []string
	}{
		"works":                                  {one(), []string{"Rotate", "Edit", "Disable", "Delete"}},
		"in rotation":                            {one(turning), []string{"Edit", "Disable", "Delete"}},
		"disabled":                               {one(because("disabled"), func(in *TokenInput) { in.DisabledAt = &now }), []string{"Rotate", "Edit", "Enable", "Delete"}},
		"M2M off":                                {one(because("m2m_disabled")), []string{"Edit", "Disable", "Delete"}},
		"refused by a policy":                    {one(because("policy")), []string{"Edit", "Disable", "Delete"}},
		"the person lacks what a policy demands": {one(func(in *TokenInput) { in.Lacks = "reports.write" }), []string{"Edit", "Disable", "Delete"}},
		"expired":                                {one(because("expired"), func(in *TokenInput) { in.ExpiresAt = now }), []string{"Edit", "Delete"}},
		"disabled, then expired":                 {one(because("expired"), func(in *TokenInput) { in.ExpiresAt, in.DisabledAt = now, &now }), []string{"Edit", "Enable", "Delete"}},
		"may not write":                          {one(func(in *TokenInput) { in.MayWrite = false }), []string{"Delete"}},
		"may not delete":                         {one(func(in *TokenInput) { in.MayDelete = false }), []string{"Rotate", "Edit", "Disable"}},
		"may only read":                          {one(turning, func(in *TokenInput) { in.MayWrite, in.MayDelete = false, false }), nil},
	} {
		p := Token(t.Context(), row.in)
		var got []string
		for _, act := range p.Acts {
			got = append(got, act.Text)
			if (act.Href == "") == (act.Action == "") {
				t.Errorf("%s: %+v", name, act)
			}
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %q", name, got)
		}
		if p.Rotation != nil && (p.Rotation.EndHref != "") != row.in.MayWrite {
			t.Errorf("%s: %+v", name, p.Rotation)
		}
	}
}

func TestToken_TestSaysFromWhere(t *testing.T) {
	t.Parallel()
	from := func(networks ...string) func(*TokenInput) {
		return func(in *TokenInput) {
			in.Checked = true
			for _, n := range networks {
				in.Addresses = append(in.Addresses, netip.MustParsePrefix(n))
			}
		}
	}
	for name, row := range map[string]struct {
		in          TokenInput
		says, where string
	}{
		"not asked for":  {one(), "", ""},
		"anywhere":       {one(from()), "<b>Works, acts as: Viewer</b>", ""},
		"the person’s":   {one(from("203.0.113.0/24")), "<b>Works, acts as: Viewer</b>", "It works from 203.0.113.0/24 only. Your own address, 203.0.113.77, is among them."},
		"others’":        {one(from("10.0.0.0/8", "2001:db8::1/128")), "<b>Works, acts as: Viewer</b>", "It works from 10.0.0.0/8 and 2001:db8::1 only. From your own address, 203.0.113.77, it is refused."},
		"nobody knows":   {one(from("10.0.0.0/8"), func(in *TokenInput) { in.IP = "" }), "<b>Works, acts as: Viewer</b>", "It works from 10.0.0.0/8 only."},
		"many":           {one(from("10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"), func(in *TokenInput) { in.IP = "" }), "<b>Works, acts as: Viewer</b>", "It works from 10.0.0.0/8, 10.1.0.0/16, 10.2.0.0/16 and 2 more networks only."},
		"refused anyway": {one(from("10.0.0.0/8"), because("m2m_disabled")), "<b>Refused: M2M authentication is off for Acme.</b> Ask your vendor to switch it on.", ""},
		"no role":        {one(from(), func(in *TokenInput) { in.Roles = nil }), "<b>Works, but holds no role.</b> It is let in, and may do nothing that asks for a permission.", ""},
		"as you":         {one(from(), func(in *TokenInput) { in.Context = models.Personal }), "<b>Works, acts as you: Viewer</b>", ""},
	} {
		p := Token(t.Context(), row.in).Check
		says := ""
		if p.Result != nil {
			says = text(t, p.Result.Rich)
		}
		if says != row.says || p.Where != row.where {
			t.Errorf("%s: %q, %q", name, says, p.Where)
		}
	}
}

func TestToken_UsesSayWhichSecretWhenThereAreTwo(t *testing.T) {
	t.Parallel()
	uses := func(ids ...string) func(*TokenInput) {
		return func(in *TokenInput) {
			for _, id := range ids {
				in.Uses = append(in.Uses, models.TokenUse{SecretID: id, At: now.Add(-time.Minute), IP: "203.0.113.9", UserAgent: "curl"})
			}
		}
	}
	for name, row := range map[string]struct {
		in   TokenInput
		want []string
	}{
		"one secret":         {one(uses("s", "s")), []string{"", ""}},
		"in rotation":        {one(turning, uses("n", "s")), []string{"New, …wxyz", "Old, …abcd"}},
		"one of two is used": {one(turning, uses("s")), []string{"Old, …abcd"}},
		"after a rotation":   {one(uses("s", "gone")), []string{"In force, …abcd", "Ended"}},
	} {
		var got []string
		for _, r := range Token(t.Context(), row.in).Uses.Rows {
			got = append(got, r.Secret)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestToken_EventsSayWhoDidWhat(t *testing.T) {
	t.Parallel()
	people := map[string]models.User{"dana": {Name: "Dana *Levi*"}, "kim": {Email: "kim@acme.example"}, "gone": {}}
	for _, row := range []struct {
		event models.Event
		want  string
	}{
		{models.Event{Action: models.TokenCreated, ActorID: "dana"}, "<b>Dana *Levi*</b> generated it"},
		{models.Event{Action: models.TokenUpdated, ActorID: "kim", Reason: "addresses, contact, description, metadata"},
			"<b>kim@acme.example</b> edited the allowed addresses, the contact, the description and the metadata"},
		{models.Event{Action: models.TokenUpdated, ActorID: "kim", Reason: "of_tomorrow"}, "<b>kim@acme.example</b> edited it"},
		{models.Event{Action: models.TokenDeleted, ActorID: "gone", Outcome: models.Refused, Reason: "permission"}, "<b>Somebody</b> tried to delete it and was refused"},
		{models.Event{Action: models.TokenRotated, ActorKind: models.System}, "<b>Latchkey’s command line</b> rotated the token"},
		{models.Event{Action: "token.of_tomorrow"}, "<b>Somebody</b> changed it (token.of_tomorrow)"},
	} {
		in := one()
		in.Events, in.EventActors = []models.Event{row.event}, people
		if got := text(t, Token(t.Context(), in).Events.Rows[0].Text); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
}

func TestRotate_NoChoiceOutlivesTheToken(t *testing.T) {
	t.Parallel()
	in := RotateInput{TokenDetail: one().TokenDetail, Now: now, Form: RotateForm{Overlap: views.DefaultOverlap()}}
	in.ExpiresAt = now.Add(24 * time.Hour)
	want := []ui.RadioCard{
		{Value: "0", Title: "Now", Text: "Calls with it are refused at once"},
		{Value: "1", Title: "In 1 hour", Text: "Works until 23 November 2026, 22:08\u00a0UTC"},
		{Value: "24", Title: "In 24 hours", Text: "Works until the token’s own end, 24 November 2026, 21:08\u00a0UTC", Checked: true},
		{Value: "168", Title: "In 7 days", Text: "Works until the token’s own end, 24 November 2026, 21:08\u00a0UTC"},
	}
	if got := Rotate(t.Context(), in).Overlap.Cards; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestSecret_AfterARotationSaysWhatBecomesOfTheOldOne(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		rotated Rotated
		want    string
	}{
		"ended":  {Rotated{EndsAt: now}, "<b>The old one has ended.</b> Calls with it are refused."},
		"lives":  {Rotated{EndsAt: now.Add(day)}, "<b>The old one works until 24 November 2026 at 21:08 UTC.</b> Move your programs over; the token’s page shows who still uses it."},
		"silent": {Rotated{EndsAt: now.Add(day), Silence: time.Hour}, "<b>The old one works until 24 November 2026 at 21:08 UTC</b>, or until it has been silent for 1\u00a0hour. The token’s page shows who still uses it."},
	} {
		in := SecretInput{Token: one().TokenRow, Rotated: &row.rotated, Now: now}
		p := Secret(t.Context(), in)
		if got := text(t, p.Old.Rich); got != row.want || p.AgainHref != "" || p.SavedHref != "/workspace/tokens/id" {
			t.Errorf("%s: %q %+v", name, got, p)
		}
	}
}

// The command for curl is pasted once, and holds the secret. Programs are committed.
func TestSecret_ProgramsForAClientLackItsSecret(t *testing.T) {
	t.Parallel()
	for name, rotated := range map[string]*Rotated{"generated": nil, "rotated": {EndsAt: now.Add(day)}} {
		in := SecretInput{
			Token: one(func(in *TokenInput) { in.ID, in.Kind = "the-client", models.ClientCredentials }).TokenRow, Rotated: rotated,
			Secret: models.NewSecret("lk_cs_shown_once"), PublicURL: "https://tokens.example", Now: now, TTL: time.Hour,
		}
		doc := pageOf(t, SecretPage(Secret(t.Context(), in)))
		for id, texts := range map[string][]string{
			"secret-key": {"lk_cs_shown_once"},
			"code":       {"the-client:lk_cs_shown_once", "https://tokens.example/oauth/token"},
			"code-go":    {`"the-client"`, `"https://tokens.example/oauth/token"`},
			"code-node":  {"'the-client'", "'https://tokens.example'"},
		} {
			block := doc.Find("#" + id)
			for _, text := range texts {
				if !strings.Contains(block.Text(), text) {
					t.Errorf("%s: #%s lacks %q: %q", name, id, text, block.Text())
				}
			}
		}
		doc.Find("#secret-key, #code").Remove()
		if rest, err := doc.Html(); err != nil || strings.Contains(rest, "lk_cs_shown_once") {
			t.Errorf("%s: the secret is shown elsewhere, too (%v): %s", name, err, rest)
		}
	}
}

func pageOf(t *testing.T, page templ.Component) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text(t, page)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestGenerate_MoreOptionsAreOpenWhenTheyMatter(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		form    MoreForm
		problem string
		want    bool
	}{
		"empty": {}, "filled in": {form: MoreForm{Metadata: "{}"}, want: true}, "wrong": {problem: FieldAddresses, want: true}, "wrong elsewhere": {problem: FieldDescription},
	} {
		in := GenerateInput{Context: models.API, M2MOn: true, Now: now, Form: TokenForm{More: row.form}}
		if row.problem != "" {
			in.Problems = []models.Problem{{Field: row.problem, Key: "required"}}
		}
		if got := Generate(t.Context(), in).Fold.Open; got != row.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
