package browsers

import "github.com/latchkey-dev/latchkey/models"

// A refresh cookie is two opaque values, one behind the other. The first, its
// series, is the same in all cookies of a session, so that a copy of any of them
// is known for what it is, however long ago it was in force. The second is new at
// each refresh. Neither is told anywhere else.

// newCookie is the next cookie of a series.
func newCookie(series string) models.Secret {
	return models.NewSecret(series + models.NewOpaque().Reveal())
}

// seriesOf is empty for what has not the length of a cookie.
func seriesOf(cookie models.Secret) string {
	if len(cookie.Reveal()) != 2*models.OpaqueLength {
		return ""
	}
	return cookie.Reveal()[:models.OpaqueLength]
}
