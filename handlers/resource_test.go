package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/store/storetest"
)

const resourcePath = "/.well-known/oauth-protected-resource/v1"

// Whoever is told to look there finds where tokens come from, and no request can
// make it say anything else.
func TestResourceMetadata_IsThatOfTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	const want = `{"resource":"` + publicURL + `/v1","authorization_servers":["` + publicURL + `"],"bearer_methods_supported":["header"],"dpop_signing_alg_values_supported":["ES256","PS256","EdDSA","Ed25519"]}` + "\n"
	ask := func(host, target string, forged bool) answer {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Host, r.RemoteAddr = host, "10.0.0.1:80"
		if forged {
			for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host"} {
				r.Header.Set(name, "evil.example")
			}
			r.Header.Set("Forwarded", "host=evil.example;proto=https")
			r.Header.Set("X-Forwarded-Proto", "https")
			r.Header.Set("X-Forwarded-Port", "444")
			r.Header.Set("X-Forwarded-Prefix", "/evil")
			r.Header.Set("Origin", "https://evil.example")
		}
		recorder := httptest.NewRecorder()
		w.server.ServeHTTP(recorder, r)
		return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
	}
	for _, host := range []string{"portal.example.com", "evil.example", "evil.example:444", ""} {
		for _, forged := range []bool{false, true} {
			for _, at := range []string{resourcePath, resourcePath + "?resource=https://evil.example"} {
				a := ask(host, at, forged)
				if a.status != http.StatusOK || a.body != want || a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "public, max-age=60" {
					t.Errorf("%s at %q, forged is %t: %d %v %s", at, host, forged, a.status, a.header, a.body)
				}
			}
			for _, at := range []string{"/v1/whoami", authorizePath} {
				if got := ask(host, at, forged).header.Get("WWW-Authenticate"); got != `Bearer resource_metadata="`+publicURL+resourcePath+`"` {
					t.Errorf("%s at %q, forged is %t: %s", at, host, forged, got)
				}
			}
		}
	}
}
