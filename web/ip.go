package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

// extractIP is the address of the client, "" when it can't be told. Echo's own
// default believes every X-Forwarded-For; here only a trusted peer's counts,
// read from the right up to the first address that is not a trusted proxy's.
// Where a proxy names somebody whom we can't read, nobody is the client: the
// proxy's own address may be allowed where the client's is not.
func extractIP(trusted []netip.Prefix) echo.IPExtractor {
	isTrusted := func(ip netip.Addr) bool {
		for _, network := range trusted {
			if network.Contains(ip) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) string {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		ip, ok := parseIP(host)
		if !ok {
			return ""
		}
		forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		if strings.TrimSpace(forwarded) == "" {
			return ip.String()
		}
		hops := strings.Split(forwarded, ",")
		for i := len(hops) - 1; i >= 0 && isTrusted(ip); i-- {
			if ip, ok = parseHop(hops[i]); !ok {
				return ""
			}
		}
		return ip.String()
	}
}

// parseHop reads an address as proxies write it, some with the client's port.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		text = withPort.Addr().String()
	}
	return parseIP(text)
}

// parseIP reads an address in its one spelling: IPv4 inside IPv6 is IPv4, and
// a zone, which only means something on its own machine, is dropped.
func parseIP(text string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(strings.TrimSpace(text))
	if err != nil {
		return netip.Addr{}, false
	}
	return ip.Unmap().WithZone(""), true
}
