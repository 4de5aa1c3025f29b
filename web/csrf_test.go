package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
)

// newToken posts the form that makes a token, as dana.
func newToken(token string, more ...string) *http.Request {
	form := url.Values{"csrf": {token}, "description": {"ci"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	return as(request("POST", "/workspace/tokens", form.Encode()), "dana")
}

func TestCSRF_TokenOfTheSessionIsTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	token := s.token("/me", "dana")
	if token == s.token("/me", "dana") {
		t.Error("two answers hold the same token")
	}
	for _, site := range []string{"", "same-origin", "none"} {
		r := newToken(token)
		r.Header.Set("Sec-Fetch-Site", site)
		if res := s.do(r); res.StatusCode != http.StatusCreated {
			t.Errorf("Sec-Fetch-Site %q: %d %s", site, res.StatusCode, bodyOf(t, res))
		}
	}
	// Behind a proxy that rewrites Host only the public origin is trusted.
	r := newToken(token)
	r.Host = "backend:8080"
	r.Header.Set("Origin", "http://portal.example.com")
	if res := s.do(r); res.StatusCode != http.StatusCreated {
		t.Errorf("behind a proxy: %d", res.StatusCode)
	}
}

func TestCSRF_EveryForgedFormIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	good := s.token("/me", "dana")
	foreign := s.token("/me", "vic")
	visitors := s.token("/sign-in", "")
	withHeader := func(r *http.Request, name, value string) *http.Request {
		r.Header.Set(name, value)
		return r
	}
	without := func(kind, body string) *http.Request {
		return withHeader(as(request("POST", "/workspace/tokens", body), "dana"), "Content-Type", kind)
	}
	moved := newToken("")
	moved.URL.RawQuery = "csrf=" + good
	forms := map[string]*http.Request{
		"cross-site without a token":      withHeader(newToken(""), "Sec-Fetch-Site", "cross-site"),
		"cross-site with the token":       withHeader(newToken(good), "Sec-Fetch-Site", "cross-site"),
		"sibling host":                    withHeader(newToken(good), "Sec-Fetch-Site", "same-site"),
		"old browser, other origin":       withHeader(newToken(good), "Origin", "http://evil.example"),
		"old browser, sibling origin":     withHeader(newToken(good), "Origin", "http://app.example.com"),
		"old browser, other port":         withHeader(newToken(good), "Origin", "http://portal.example.com:8081"),
		"origin null":                     withHeader(newToken(good), "Origin", "null"),
		"no token":                        newToken(""),
		"another session's token":         newToken(foreign),
		"a visitor's token":               newToken(visitors),
		"token cut short":                 newToken(good[:len(good)-4]),
		"token of zeros":                  newToken(strings.Repeat("A", len(good))),
		"token in the query":              moved,
		"token in a header":               withHeader(newToken(""), "X-CSRF-Token", good),
		"text/plain":                      without("text/plain", "csrf="+good),
		"multipart":                       without("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n"+good+"\r\n--x--\r\n"),
		"json":                            without("application/json", `{"csrf":"`+good+`"}`),
		"no content type":                 without("", "csrf="+good),
		"method override does not matter": withHeader(withHeader(newToken(""), "X-HTTP-Method-Override", "GET"), "Sec-Fetch-Site", "cross-site"),
	}
	for name, r := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := s.do(r)
			if body := bodyOf(t, res); res.StatusCode != http.StatusForbidden || strings.Contains(body, "secret") {
				t.Errorf("%d %s", res.StatusCode, body)
			}
		})
	}
	t.Cleanup(func() {
		if len(s.refused) != len(forms) {
			t.Errorf("%d refused forms left %d events", len(forms), len(s.refused))
		}
		for _, e := range s.refused {
			if e.Outcome != models.Refused || e.Action != models.TokenCreated || e.ActorID != "dana" || e.TenantID != "acme" ||
				e.Reason != "csrf" && e.Reason != "cross_origin" || e.RequestID == "" || e.IP == "" {
				t.Errorf("event %+v", e)
			}
		}
	})
}

func TestCSRF_VisitorSignsInWithTheSignedCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	res := s.do(request("GET", "/sign-in", ""))
	_, token, _ := strings.Cut(bodyOf(t, res), "csrf=")
	cookie := cookieNamed(t, res, "latchkey_form")
	post := func(token, cookie string) int {
		r := request("POST", "/sign-in", "csrf="+token)
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "latchkey_form", Value: cookie})
		}
		return s.do(r).StatusCode
	}
	if got := post(token, cookie.Value); got != http.StatusSeeOther {
		t.Errorf("with both: %d", got)
	}
	changed := "A" + cookie.Value[1:]
	if changed == cookie.Value {
		changed = "B" + cookie.Value[1:]
	}
	for name, got := range map[string]int{
		"no cookie":       post(token, ""),
		"no token":        post("", cookie.Value),
		"other's token":   post(s.token("/sign-in", ""), cookie.Value),
		"unsigned cookie": post(token, changed),
		"cookie made up":  post(strings.Repeat("A", 86), "AAAA"),
		"session's token": post(s.token("/me", "dana"), cookie.Value),
	} {
		if got != http.StatusForbidden {
			t.Errorf("%s: %d", name, got)
		}
	}
	if len(s.refused) != 0 {
		t.Errorf("a visitor made rows: %v", s.refused)
	}

	// The next form goes on with the visitor's secret, so that two tabs work.
	again := request("GET", "/sign-in", "")
	again.AddCookie(cookie)
	res = s.do(again)
	_, second, _ := strings.Cut(bodyOf(t, res), "csrf=")
	fresh := cookieNamed(t, res, "latchkey_form").Value
	if got := post(token, fresh); got != http.StatusSeeOther {
		t.Errorf("first tab with the second's cookie: %d", got)
	}
	if got := post(second, cookie.Value); got != http.StatusSeeOther {
		t.Errorf("second tab with the first's cookie: %d", got)
	}
}

func TestCSRF_SignedInFormIsNotTakenOnceTheSessionEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	token := s.token("/me", "dana")
	r := request("POST", "/sign-in", "csrf="+token)
	r.AddCookie(&http.Cookie{Name: "latchkey_session", Value: cookieOf("gone")})
	if res := s.do(r); res.StatusCode != http.StatusForbidden {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestCSRF_WithoutASecretNoTokenIsRight(t *testing.T) {
	t.Parallel()
	everyone := everybody()
	broken := everyone[cookieOf("dana")]
	broken.Session.CSRF = nil
	everyone[cookieOf("dana")] = broken
	s := newSite(t, func(c *configOf) { c.Identify = everyone.identify })
	if res := s.do(newToken("")); res.StatusCode != http.StatusForbidden {
		t.Errorf("%d", res.StatusCode)
	}
}
