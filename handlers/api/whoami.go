package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// whoami is a credential in the words of the API.
type whoami struct {
	Kind    models.Kind    `json:"kind"`
	Context models.Context `json:"context"`
	// TokenID is an access token's, ClientID that of client credentials.
	TokenID    string `json:"token_id,omitempty"`
	ClientID   string `json:"client_id,omitempty"`
	TenantID   string `json:"tenant_id"`
	TenantName string `json:"tenant_name"`
	// UserID is the owner of a personal token.
	UserID string `json:"user_id,omitempty"`
	// Roles and Permissions are keys, in force now.
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"`
	// Metadata is the token's JSON object as it is now, {} when it has none.
	Metadata json.RawMessage `json:"metadata"`
	// ExpiresAt is the end of what was shown, null for never.
	ExpiresAt *time.Time `json:"expires_at"`
}

// Whoami tells whose credential was shown and what it may do.
func (a *API) Whoami(c echo.Context) error {
	verdict, err := a.admit(c)
	if err != nil {
		return err
	}
	return web.JSON(c, http.StatusOK, describe(verdict))
}

func describe(v tokens.Verdict) whoami {
	token := v.Credential.Token
	w := whoami{
		Kind: token.Kind, Context: token.Context,
		TenantID: token.TenantID, TenantName: v.Credential.Tenant.Name,
		UserID: token.UserID,
		Roles:  append([]string{}, v.Roles...), Permissions: append([]string{}, v.Permissions...),
		Metadata: json.RawMessage(token.Metadata),
	}
	if token.Kind == models.ClientCredentials {
		w.ClientID = token.ID
	} else {
		w.TokenID = token.ID
	}
	if v.ExpiresAt.Before(models.NeverExpires) {
		end := v.ExpiresAt.UTC()
		w.ExpiresAt = &end
	}
	return w
}
