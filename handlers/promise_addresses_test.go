package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
)

// from sends a request from a peer, with an X-Forwarded-For of each hop.
func (w *world) from(peer string, forwarded []string, method, target, body string, headers ...string) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host, r.RemoteAddr = "portal.example.com", peer
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	for _, hop := range forwarded {
		r.Header.Add("X-Forwarded-For", hop)
	}
	// Nobody's word is taken in these.
	r.Header.Set("X-Real-Ip", "203.0.113.7")
	r.Header.Set("Forwarded", "for=203.0.113.7")
	r.Header.Set("Cf-Connecting-Ip", "203.0.113.7")
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	return answer{recorder.Code, recorder.Header(), recorder.Body.String()}
}

// restrict lets a token of dana's be used from some networks only.
func (w *world) restrict(m tokens.Minted, addresses string) {
	w.t.Helper()
	caller := models.Caller{Kind: models.System, UserID: w.dana.UserID, TenantID: w.acme.ID}
	_, err := w.tokens.Update(w.t.Context(), caller, m.Token.Context, m.Token.ID, tokens.Update{Addresses: &addresses})
	w.must(err)
}

// arrivals are ways to arrive, by whether a token for 203.0.113.0/24 and
// 2001:db8:7::/48 lets them in. 10.0.0.0/8 are the trusted proxies.
var arrivals = []struct {
	name, peer string
	forwarded  []string
	in         bool
}{
	{"the client itself", "203.0.113.7:1", nil, true},
	{"from elsewhere", "198.51.100.1:1", nil, false},
	{"elsewhere, with the header of a liar", "198.51.100.1:1", []string{"203.0.113.7"}, false},
	{"loopback, with the header of a liar", "127.0.0.1:1", []string{"203.0.113.7"}, false},
	{"the client itself, whatever the header says", "203.0.113.7:1", []string{"198.51.100.1"}, true},
	{"through a proxy", "10.0.0.1:1", []string{"203.0.113.7"}, true},
	{"through a proxy, from elsewhere", "10.0.0.1:1", []string{"198.51.100.1"}, false},
	{"through a proxy, with the words of a liar before", "10.0.0.1:1", []string{"203.0.113.7, 198.51.100.1"}, false},
	{"through a proxy, with a liar's own header before", "10.0.0.1:1", []string{"203.0.113.7", "198.51.100.1"}, false},
	{"through two proxies", "10.0.0.1:1", []string{"203.0.113.7, 10.9.9.9"}, true},
	{"through two proxies with a header each", "10.0.0.1:1", []string{"203.0.113.7", "10.9.9.9"}, true},
	{"through two proxies, from elsewhere", "10.0.0.1:1", []string{"203.0.113.7, 198.51.100.1, 10.9.9.9"}, false},
	{"through a proxy that is not trusted", "10.0.0.1:1", []string{"203.0.113.7, 192.168.0.1"}, false},
	{"a proxy itself", "10.0.0.1:1", nil, false},
	{"a proxy that forwards no address", "10.0.0.1:1", []string{"unknown"}, false},
	{"a proxy that forwards a garbled list", "10.0.0.1:1", []string{"203.0.113.7, _hidden"}, false},
	{"IPv6", "[2001:db8:7::5]:1", nil, true},
	{"IPv6 from elsewhere", "[2001:db8:8::5]:1", nil, false},
	{"IPv6 with a zone", "[2001:db8:7::5%eth0]:1", nil, true},
	{"IPv6 through a proxy", "10.0.0.1:1", []string{"2001:DB8:7:0::5"}, true},
	{"IPv4 inside of IPv6", "[::ffff:203.0.113.7]:1", nil, true},
	{"IPv4 inside of IPv6, from elsewhere", "[::ffff:198.51.100.1]:1", nil, false},
	{"both inside of IPv6", "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.7"}, true},
	{"from no address", "@", nil, false},
}

// P14: a token that names networks is let in from there and nowhere else, and
// whose address counts is told by trusted proxies alone.
func TestP14_AllowedAddressesAreThoseOfTheClient(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		f := d.four()
		stranger := d.send("GET", "/v1/whoami", "", "Authorization", "Bearer x")
		for c, m := range f.minted {
			d.restrict(m, "203.0.113.0/24, 2001:db8:7::/48")
			refused := 0
			for _, from := range arrivals {
				asked := map[string]answer{}
				if c.kind == models.AccessToken {
					asked["key"] = d.from(from.peer, from.forwarded, "GET", "/v1/whoami", "", "X-API-KEY", m.Secret.Reveal())
					asked["gateway"] = d.from(from.peer, from.forwarded, "GET", authorizePath, "", "X-API-KEY", m.Secret.Reveal())
				} else {
					asked["JWT"] = d.from(from.peer, from.forwarded, "GET", "/v1/whoami", "", "Authorization", "Bearer "+f.issued[c])
					asked["gateway"] = d.from(from.peer, from.forwarded, "GET", authorizePath, "", "Authorization", "Bearer "+f.issued[c])
					asked["exchange"] = d.from(from.peer, from.forwarded, "POST", exchangePath, credentials(m.Token.ID, m.Secret.Reveal()))
				}
				for way, a := range asked {
					if from.in && a.status != http.StatusOK || !from.in && a.status != http.StatusUnauthorized {
						t.Errorf("%v by %s, %s: %d", c, way, from.name, a.status)
					}
					if !from.in {
						refused++
					}
					if !from.in && way != "exchange" && a.fields(t)["detail"] != stranger.fields(t)["detail"] {
						t.Errorf("%v, %s: a refusal tells more than the one sentence: %s", c, from.name, a.body)
					}
				}
			}
			d.must(d.tokens.Flush(t.Context()))
			counted := 0
			rows, err := d.store.Refusals(t.Context(), m.Token.ID, d.clock.Now().Add(-time.Hour))
			d.must(err)
			for _, row := range rows {
				if row.Reason != string(tokens.AddressNotAllowed) {
					t.Errorf("%v: refused for %s", c, row.Reason)
				}
				counted += row.Count
			}
			if counted != refused {
				t.Errorf("%v: %d refusals were counted of %d", c, counted, refused)
			}
		}
	})
}

// P14: an exchange is refused in the words in which a wrong secret is.
func TestP14_AnAddressThatIsNotAllowedIsNotToldFromAWrongSecret(t *testing.T) {
	promised(t, func(t *testing.T, d *desk) {
		m := d.mint(combinations()[1], 0)
		wrong := d.send("POST", exchangePath, credentials(m.Token.ID, d.mint(combinations()[1], 0).Secret.Reveal()))
		d.restrict(m, "203.0.113.0/24")
		away := d.send("POST", exchangePath, credentials(m.Token.ID, m.Secret.Reveal()))
		if away.status != wrong.status || alike(away.body, m.Token.ID) != alike(wrong.body, m.Token.ID) {
			t.Errorf("%d %s, for a wrong secret %d %s", away.status, away.body, wrong.status, wrong.body)
		}
	})
}
