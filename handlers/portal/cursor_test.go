package portal

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
)

const anID = "0193576e-0000-7000-8000-000000000000"

func orders() []models.TokenOrder {
	var all []models.TokenOrder
	for _, by := range []models.TokenSort{models.SortCreated, models.SortDescription, models.SortLastUsed, models.SortExpires} {
		all = append(all, models.TokenOrder{By: by}, models.TokenOrder{By: by, Descending: true})
	}
	return all
}

func keyIn(o models.TokenOrder) string {
	switch o.By {
	case models.SortCreated:
		return "" // ids are in this order by themselves
	case models.SortDescription:
		return " a nightly éxport "
	}
	return models.StampText(models.NeverExpires)
}

func TestCursor_ComesBackInItsOwnOrderAndInNoOther(t *testing.T) {
	t.Parallel()
	for _, o := range orders() {
		want := models.TokenCursor{Key: keyIn(o), ID: anID}
		for _, other := range orders() {
			got, err := decodeCursor(other, encodeCursor(o, want))
			if o != other && err == nil {
				t.Errorf("%+v is read as a place in %+v", o, other)
			}
			if o == other && (err != nil || *got != want) {
				t.Errorf("%+v: %+v, %v", o, got, err)
			}
		}
		if got, err := decodeCursor(o, encodeCursor(o, models.TokenCursor{})); got != nil || err != nil {
			t.Errorf("nothing: %+v, %v", got, err)
		}
	}
}

func TestCursor_OfSomebodysInventionIsRefused(t *testing.T) {
	t.Parallel()
	lastUsed := models.TokenOrder{By: models.SortLastUsed, Descending: true}
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	key := keyIn(lastUsed)
	for _, text := range []string{
		"x", "AAAAAAAAAAA", "AAAAAAAAAAA=", "_________________w", "%", strings.Repeat("A", 500),
		encode(" "), encode("-lastUsed"), encode("-lastUsed " + anID), encode("-lastUsed " + anID + " "), encode("-lastUsed  " + key),
		encode("lastUsed " + anID + " " + key), encode("-lastUsed " + strings.ToUpper(anID) + " " + key), encode("-lastUsed " + anID + " 2026-11-23"),
		encode("-lastUsed " + anID + " " + key + " "), encode("-lastUsed " + anID + " 10000-01-01 00:00:00.000000Z"), encode("-lastUsed "+anID+" "+key) + "=",
	} {
		if got, err := decodeCursor(lastUsed, text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func FuzzDecodeCursor(f *testing.F) {
	for _, o := range orders() {
		f.Add(views.SortText(o), encodeCursor(o, models.TokenCursor{Key: keyIn(o), ID: anID}))
	}
	f.Add("", "")
	f.Fuzz(func(t *testing.T, sort, text string) {
		o, ok := views.ReadSort(sort)
		if !ok {
			return
		}
		c, err := decodeCursor(o, text)
		if err != nil || c == nil {
			return
		}
		if again := encodeCursor(o, *c); again != text || !c.ValidIn(o) {
			t.Errorf("%q became %q", text, again)
		}
	})
}
