package tokens_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

func idsIn(page models.TokenPage) []string {
	ids := []string{}
	for _, row := range page.Rows {
		ids = append(ids, row.ID)
	}
	return ids
}

func searchFor(text string) tokens.ListRequest {
	return tokens.ListRequest{Context: models.API, TokenFilter: models.TokenFilter{Search: text}}
}

func TestList_FiftyAPageNewestFirstBothWays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var want []string
		for i := range 60 {
			w.clock.advance(time.Second)
			minted := w.mint(combinations[i%2])
			want = append(want, minted.Token.ID)
		}
		slices.Reverse(want)
		first, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: models.API})
		w.ok(err)
		if !slices.Equal(idsIn(first), want[:50]) || first.Newer || !first.Older || first.Total != 60 {
			t.Errorf("first page: %d rows, newer %v, older %v, total %d", len(first.Rows), first.Newer, first.Older, first.Total)
		}
		second, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: models.API, After: &first.Last})
		w.ok(err)
		if !slices.Equal(idsIn(second), want[50:]) || !second.Newer || second.Older {
			t.Errorf("second page: %d rows, newer %v, older %v", len(second.Rows), second.Newer, second.Older)
		}
		back, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: models.API, Before: &second.First})
		w.ok(err)
		if !slices.Equal(idsIn(back), want[:50]) {
			t.Errorf("back: %d rows", len(back.Rows))
		}
		row := first.Rows[0]
		if row.CreatorEmail != "dana@acme.example" || len(row.Roles) != 1 || row.Roles[0].Key != "Editor" {
			t.Errorf("row %+v", row)
		}
	})
}

func TestList_SearchesDescriptionAndId(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		named := func(description string) string {
			return w.mint(combinations[0], func(r *tokens.MintRequest) { r.Description = description }).Token.ID
		}
		nightly := named("Nightly ÉXPORT")
		w.clock.advance(time.Second)
		percent := named("100% of_it")
		for search, want := range map[string][]string{
			"nightly": {nightly}, "éxp": {nightly}, " NIGHT ": {nightly}, nightly: {nightly}, strings.ToUpper(nightly[24:]): {nightly},
			"0%": {}, "00%": {percent}, "f_i": {percent}, "10": {percent}, "": {percent, nightly}, "absent": {}, `\`: {}, "' OR 1=1 --": {},
		} {
			page, err := w.List(t.Context(), w.asDana(), searchFor(search))
			w.ok(err)
			if got := idsIn(page); !slices.Equal(got, want) {
				t.Errorf("%q finds %d tokens, want %d", search, len(got), len(want))
			}
		}
	})
}

// Rule 6: a secret does not belong in an address.
func TestList_SearchForAKeyIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, kind := range []m2m.KeyKind{m2m.AccessToken, m2m.ClientSecret, m2m.RefreshToken, m2m.VendorKey} {
			for _, pad := range []string{"%s", " %s", "%s\n"} {
				search := fmt.Sprintf(pad, m2m.NewKey("other", kind).Reveal())
				_, err := w.List(t.Context(), w.asDana(), searchFor(search))
				wantInvalid(t, err, "q", "secret")
			}
		}
		for search, want := range map[string]string{
			strings.Repeat("x", 201): "too_long", strings.Repeat("x", 1<<20): "too_long", "a\x00": "characters", "\xff": "characters",
		} {
			_, err := w.List(t.Context(), w.asDana(), searchFor(search))
			wantInvalid(t, err, "q", want)
		}
	})
}

func TestList_UnknownPlaceIsInvalid(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		at := func(key, id string) *models.TokenCursor { return &models.TokenCursor{Key: key, ID: id} }
		now := models.StampText(start)
		byEnd := models.TokenOrder{By: models.SortExpires}
		for _, r := range []tokens.ListRequest{
			{After: at("", newID()), Before: at("", newID())},
			{After: at("", "")},
			{Before: at("", "\x00")},
			{After: at("", "\xff")},
			{After: at(now, newID())},
			{Order: byEnd, After: at("", newID())},
			{Order: byEnd, After: at("1969-12-31 23:59:59.999999Z", newID())},
			{Order: byEnd, Before: at("9999-12-31 00:00:00.000001Z", newID())},
			{Order: byEnd, Before: at("yesterday", newID())},
			{Order: byEnd, After: at(start.Format(time.RFC3339), newID())},
			{Order: models.TokenOrder{By: models.SortDescription}, After: at("a\x00", newID())},
			{Order: models.TokenOrder{By: models.SortDescription}, After: at("\xff", newID())},
			{Order: models.TokenOrder{By: models.SortDescription}, After: at(strings.Repeat("a", 2001), newID())},
		} {
			r.Context = models.API
			_, err := w.List(t.Context(), w.asDana(), r)
			wantInvalid(t, err, "page", "unknown")
		}
		for _, moment := range []time.Time{models.NeverUsed, models.NeverExpires} {
			_, err := w.List(t.Context(), w.asDana(), tokens.ListRequest{Context: models.API, Order: byEnd, After: at(models.StampText(moment), newID())})
			w.ok(err)
		}
	})
}

// Rule 10, and the wall between people of one account.
func TestTenantsAreWalls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		wes := w.addMember(w.acme, "wes@acme.example", "Admin")
		for _, c := range combinations {
			minted := w.mint(c)
			other := models.API
			if c.context == models.API {
				other = models.Personal
			}
			id := minted.Token.ID
			before := w.lastEvent()
			for name, tc := range map[string]struct {
				caller models.Caller
				in     models.Context
				id     string
			}{
				"another tenant's":       {w.asGus(), c.context, id},
				"another tenant's, cli":  {commandLine(w.gus, w.globex), c.context, id},
				"of the other context":   {w.asDana(), other, id},
				"never given out":        {w.asDana(), c.context, newID()},
				"in capitals":            {w.asDana(), c.context, strings.ToUpper(id)},
				"without dashes":         {w.asDana(), c.context, strings.ReplaceAll(id, "-", "")},
				"in braces":              {w.asDana(), c.context, "{" + id + "}"},
				"a URN":                  {w.asDana(), c.context, "urn:uuid:" + id},
				"with a space":           {w.asDana(), c.context, id + " "},
				"with NUL":               {w.asDana(), c.context, id + "\x00"},
				"no UTF-8":               {w.asDana(), c.context, "\xff\xfe"},
				"nothing":                {w.asDana(), c.context, ""},
				"SQL":                    {w.asDana(), c.context, "' OR '1'='1"},
				"a pattern":              {w.asDana(), c.context, "%"},
				"a megabyte":             {w.asDana(), c.context, strings.Repeat("a", 1<<20)},
				"its own secret":         {w.asDana(), c.context, minted.Secret.Reveal()},
				"the id of the account":  {w.asDana(), c.context, w.acme},
				"the id of a person":     {w.asDana(), c.context, w.dana.ID},
				"of a colleague (if so)": {w.as(wes, w.acme), models.Personal, id},
			} {
				_, err := w.Get(t.Context(), tc.caller, tc.in, tc.id)
				if err != models.ErrNotFound {
					t.Errorf("%s, %s: Get = %v", c.name, name, err)
				}
				_, err = w.Delete(t.Context(), tc.caller, tc.in, tc.id)
				if err != models.ErrNotFound {
					t.Errorf("%s, %s: Delete = %v", c.name, name, err)
				}
			}
			if events := w.events(before); len(events) != 0 {
				t.Errorf("%s: events %+v", c.name, events)
			}
			w.wantReason(w.use(minted), "")
		}
		for _, in := range []models.Context{models.API, models.Personal} {
			page, err := w.List(t.Context(), w.asGus(), tokens.ListRequest{Context: in})
			w.ok(err)
			if len(page.Rows) != 0 || page.Total != 0 {
				t.Errorf("another tenant sees %d %s tokens of %d", len(page.Rows), in, page.Total)
			}
		}
		page, err := w.List(t.Context(), w.as(wes, w.acme), tokens.ListRequest{Context: models.Personal})
		w.ok(err)
		if len(page.Rows) != 0 {
			t.Errorf("a colleague sees %d personal tokens", len(page.Rows))
		}
	})
}

// An admin sees and deletes a colleague's API token, whoever made it.
func TestAPITokens_BelongToTheAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		wes := w.addMember(w.acme, "wes@acme.example", "Admin")
		minted := w.mint(combinations[0])
		row, err := w.Get(t.Context(), w.as(wes, w.acme), models.API, minted.Token.ID)
		w.ok(err)
		if row.CreatorName != w.dana.Name {
			t.Errorf("made by %q", row.CreatorName)
		}
		_, err = w.Delete(t.Context(), w.as(wes, w.acme), models.API, minted.Token.ID)
		w.ok(err)
		w.wantReason(w.use(minted), tokens.Revoked)
	})
}

func TestTokens_AVendorKeyIsNamedAsWhoEndedOrDisabledOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, caller := range []models.Caller{
			{Kind: models.Vendor, KeyID: newID(), TenantID: w.acme, UserID: w.dana.ID}, w.asDana(),
		} {
			minted := w.mint(combinations[3])
			disabled, err := w.Disable(t.Context(), caller, models.Personal, minted.Token.ID)
			w.ok(err)
			deleted, err := w.Delete(t.Context(), caller, models.Personal, minted.Token.ID)
			w.ok(err)
			kept, err := s.CredentialByID(t.Context(), minted.Token.ID)
			w.ok(err)
			for _, by := range []string{disabled.DisabledBy, deleted.RevokedBy, kept.Token.DisabledBy, kept.Token.RevokedBy} {
				if by != caller.ActorID() {
					t.Errorf("by %q, want %q", by, caller.ActorID())
				}
			}
		}
	})
}
