package web_test

import (
	"net/netip"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/web"
)

func TestIP_IsBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, peer string
		forwarded  []string
		trusted    string
		want       string
	}{
		{"direct", "203.0.113.9:1", nil, "", "203.0.113.9"},
		{"nobody is trusted", "203.0.113.9:1", []string{"198.51.100.1"}, "", "203.0.113.9"},
		{"loopback is not trusted by itself", "127.0.0.1:1", []string{"198.51.100.1"}, "", "127.0.0.1"},
		{"private is not trusted by itself", "10.0.0.1:1", []string{"198.51.100.1"}, "", "10.0.0.1"},
		{"peer is not a proxy", "203.0.113.9:1", []string{"198.51.100.1"}, "10.0.0.0/8", "203.0.113.9"},
		{"one proxy", "10.0.0.1:1", []string{"198.51.100.1"}, "10.0.0.0/8", "198.51.100.1"},
		{"the client's own words are on the left", "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1"}, "10.0.0.0/8", "198.51.100.1"},
		{"two proxies", "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1 , 10.0.0.2"}, "10.0.0.0/8", "198.51.100.1"},
		{"two headers", "10.0.0.1:1", []string{"198.51.100.1", "10.0.0.2"}, "10.0.0.0/8", "198.51.100.1"},
		{"all trusted", "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.0/8", "10.0.0.3"},
		{"a client that a proxy hides is nobody", "10.0.0.1:1", []string{"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.0/8", ""},
		{"a hole in the chain", "10.0.0.1:1", []string{"198.51.100.1,", "10.0.0.2"}, "10.0.0.0/8", ""},
		{"garbage before the client", "10.0.0.1:1", []string{"unknown, 198.51.100.1, 10.0.0.2"}, "10.0.0.0/8", "198.51.100.1"},
		{"with a port", "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1:4711, 10.0.0.2:80"}, "10.0.0.0/8", "198.51.100.1"},
		{"IPv6 with a port", "10.0.0.1:1", []string{"[2001:db8::5]:4711"}, "10.0.0.0/8", "2001:db8::5"},
		{"with a zone", "10.0.0.1:1", []string{"fe80::1%eth0"}, "10.0.0.0/8", "fe80::1"},
		{"empty", "10.0.0.1:1", []string{""}, "10.0.0.0/8", "10.0.0.1"},
		{"IPv6", "[2001:db8::1]:1", []string{"2001:db8:1::5"}, "2001:db8::/48", "2001:db8:1::5"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "10.0.0.0/8", "198.51.100.1"},
		{"no address", "@", nil, "", ""},
	} {
		var got string
		s := newSite(t, func(c *configOf) {
			if row.trusted != "" {
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(row.trusted)}
			}
			c.Routes = append(c.Routes, web.Route{Method: "GET", Path: "/ip", Access: web.Open, Handler: func(ec echo.Context) error {
				got = web.IP(ec)
				return web.JSON(ec, 200, nil)
			}})
		})
		r := request("GET", "/ip", "")
		r.RemoteAddr = row.peer
		r.Header["X-Forwarded-For"] = row.forwarded
		r.Header.Set("X-Real-Ip", "9.9.9.9")
		r.Header.Set("Forwarded", "for=9.9.9.9")
		s.do(r)
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
