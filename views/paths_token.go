package views

import (
	"net/url"

	"github.com/latchkey-dev/latchkey/models"
)

// Token is the page of one token.
func Token(in models.Context, id string) string { return tokens(in) + "/" + url.PathEscape(id) }

// EditToken is the form for what of a token can be changed; the same address takes the
// POST.
func EditToken(in models.Context, id string) string { return Token(in, id) + "/edit" }

// RotateToken is the form for another secret; the same address takes the POST.
func RotateToken(in models.Context, id string) string { return Token(in, id) + "/rotate" }

// EndOldSecret asks before it ends the secret that a rotation replaced; the same address
// takes the POST.
func EndOldSecret(in models.Context, id string) string { return RotateToken(in, id) + "/end" }

// CancelRotation asks before it ends the secret that a rotation made; the same address
// takes the POST.
func CancelRotation(in models.Context, id string) string { return RotateToken(in, id) + "/cancel" }

// EndJWTs asks before the JWTs of client credentials end; the same address takes the
// POST.
func EndJWTs(in models.Context, id string) string { return Token(in, id) + "/end-jwts" }

// DisableToken asks before it switches a token off; the same address takes the POST.
func DisableToken(in models.Context, id string) string { return Token(in, id) + "/disable" }

// EnableToken switches a token on again (POST).
func EnableToken(in models.Context, id string) string { return Token(in, id) + "/enable" }
