package oauth

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/web"
)

// metadataTTL is how long anybody may keep the metadata.
const metadataTTL = time.Hour

// metadata is what RFC 8414 section 2 has clients know: only what works.
type metadata struct {
	Issuer                string   `json:"issuer"`
	TokenEndpoint         string   `json:"token_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	ResponseTypes         []string `json:"response_types_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgorithms   []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	IntrospectionEndpoint string   `json:"introspection_endpoint"`
	IntrospectMethods     []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectAlgorithms  []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	RevokeMethods         []string `json:"revocation_endpoint_auth_methods_supported"`
	RevokeAlgorithms      []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	DPoPAlgorithms        []string `json:"dpop_signing_alg_values_supported"`
	ProtectedResources    []string `json:"protected_resources"`
}

// Metadata leads clients to the endpoints (RFC 8414). Every address in it comes from
// the configured public URL.
func (o *OAuth) Metadata(c echo.Context) error {
	methods := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	algorithms := proofs.Algorithms()
	web.Cache(c, metadataTTL)
	return web.JSON(c, http.StatusOK, metadata{
		Issuer: o.publicURL, TokenEndpoint: o.publicURL + views.OAuthToken(), JWKSURI: o.publicURL + views.JWKS(),
		ResponseTypes: []string{}, GrantTypes: []string{clientCredentials},
		TokenAuthMethods: methods, TokenAuthAlgorithms: algorithms,
		IntrospectionEndpoint: o.publicURL + views.OAuthIntrospect(), IntrospectMethods: methods, IntrospectAlgorithms: algorithms,
		RevocationEndpoint: o.publicURL + views.OAuthRevoke(), RevokeMethods: methods, RevokeAlgorithms: algorithms,
		DPoPAlgorithms: algorithms, ProtectedResources: []string{o.publicURL + "/v1"},
	})
}
