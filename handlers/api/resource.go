package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/web"
)

// resourceMetadataPath is where clients look for what /v1 takes (RFC 9728, 3.1).
const resourceMetadataPath = "/.well-known/oauth-protected-resource/v1"

// metadataTTL is how long anybody may keep what is said about /v1.
const metadataTTL = time.Minute

// resource is what RFC 9728, 2 says about a protected resource, as far as it is so.
type resource struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
	BearerMethods        []string `json:"bearer_methods_supported"`
	DPoPAlgorithms       []string `json:"dpop_signing_alg_values_supported"`
}

// ResourceMetadata tells where the tokens for /v1 come from and how they are sent
// (RFC 9728). Its addresses are those of the settings, whatever the request says.
func (a *API) ResourceMetadata(c echo.Context) error {
	web.Cache(c, metadataTTL)
	return web.JSON(c, http.StatusOK, resource{
		Resource:             a.publicURL + "/v1",
		AuthorizationServers: []string{a.publicURL},
		BearerMethods:        []string{"header"},
		DPoPAlgorithms:       proofs.Algorithms(),
	})
}
