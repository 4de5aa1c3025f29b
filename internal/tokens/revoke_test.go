package tokens_test

import (
	"context"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/store/storetest"
	"github.com/latchkey-dev/latchkey/models"
)

// denyList keeps what it is handed over last.
type denyList struct {
	*store.Store
	jwt   models.RevokedJWT
	limit int
	event models.Event
}

func (d *denyList) RevokeJWT(ctx context.Context, r models.RevokedJWT, limit int, event models.Event) error {
	d.jwt, d.limit, d.event = r, limit, event
	return d.Store.RevokeJWT(ctx, r, limit, event)
}

// The store ends all JWTs of a client beyond the number that it is given.
func TestRevoke_AThousandJWTsOfAClientAreListed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		list := &denyList{Store: s}
		server := w.over(list)
		client := w.mint(combinations[1])
		for name, caller := range map[string]models.Caller{
			"the vendor": vendor, "the client": {Kind: models.Client, ClientID: client.Token.ID, TenantID: w.acme},
		} {
			exchanged, _ := w.exchange(client)
			w.clock.advance(time.Second) // the next one is another
			list.limit = 0
			w.ok(server.Revoke(t.Context(), caller, exchanged.AccessToken))
			if list.limit != 1000 || list.jwt.TokenID != client.Token.ID || list.event.Action != models.JWTRevoked {
				t.Errorf("%s: %+v is listed with %d of it at most, and %s noted", name, list.jwt, list.limit, list.event.Action)
			}
			w.wantReason(w.verifyJWT(exchanged.AccessToken), "revoked")
		}
	})
}
