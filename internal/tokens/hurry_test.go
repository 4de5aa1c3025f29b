package tokens

import (
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

// However seldom uses are written: the one that keeps a secret from falling
// silent is written before another replica can miss it.
func TestAllowed_OnlyAUseThatKeepsASecretAliveIsInAHurry(t *testing.T) {
	t.Parallel()
	long, short := noon.Add(-time.Hour), noon.Add(-models.SilenceSlack/2)
	for name, row := range map[string]struct {
		secret models.TokenSecret
		want   int
	}{
		"in force":                    {models.TokenSecret{EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed}, 0},
		"replaced":                    {models.TokenSecret{ReplacedAt: &long, LastUsedAt: long}, 0},
		"silent for long":             {models.TokenSecret{ReplacedAt: &long, LastUsedAt: models.NeverUsed, Silence: 2 * time.Hour}, 1},
		"used before it was replaced": {models.TokenSecret{ReplacedAt: &short, LastUsedAt: long, Silence: 2 * time.Hour}, 0},
		"its use was just written":    {models.TokenSecret{ReplacedAt: &long, LastUsedAt: short, Silence: 2 * time.Hour}, 0},
		"written a little before":     {models.TokenSecret{ReplacedAt: &long, LastUsedAt: short.Add(-time.Second), Silence: 2 * time.Hour}, 1},
	} {
		server := &Tokens{notes: newNotes()}
		for range 3 {
			server.allowed(models.Credential{Secret: row.secret}, models.NeverExpires, VerifyRequest{}, noon)
		}
		if got := len(server.notes.full); got != row.want {
			t.Errorf("%s: asked for a flush %d times, want %d", name, got, row.want)
		}
	}
}
