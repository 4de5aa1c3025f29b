package portal

import (
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
)

func TestFind_SaysWhatIsWrongAndNeverWhatWasSent(t *testing.T) {
	t.Parallel()
	for problem, want := range map[string]string{
		"":         "",
		"required": "Secret is required",
		"not_key":  "This isn’t a whole secret of a token. Copy it from its first character to its last",
		"checksum": "One of the characters is wrong: the last six don’t fit the others. Copy it once more",
		"unknown":  "No token that you can see has this secret. It may have been deleted, or belong to another account",
	} {
		p := Find(t.Context(), FindInput{Context: models.Personal, Prefix: "acme", Problem: problem})
		if p.Value.Field.Error != want || len(p.Errors.Errors) != min(len(want), 1) || p.Value.Input.Value != "" || p.Value.Input.Type != "password" {
			t.Errorf("%s: %+v", problem, p)
		}
		if p.Action != "/account/tokens/find" || p.Back.Href != "/account/tokens" || !strings.Contains(p.Value.Field.Hint, "acme_at_") {
			t.Errorf("%s: %+v", problem, p)
		}
	}
}
