package proofs

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxURL bounds the address of a key set, in characters.
const maxURL = 512

// globalIPv6 is what of IPv6 is given out to hosts; everything else is refused
// without being named: loopback, unspecified, IPv4 in its mapped and compatible
// forms, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), unique local, link-local, multicast.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

// notPublic are the networks that lead to no host of the public internet
// (IANA's special-purpose registries, RFC 6890), or to another one than they name.
var notPublic = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // between carriers and their customers
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, clouds' metadata
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, broadcast
	"2001::/23",       // protocol assignments, Teredo
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4
	"3fff::/20",       // documentation
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// isPublic tells whether an address is that of one host of the public internet.
func isPublic(a netip.Addr) bool {
	if a.Zone() != "" || !a.Is4() && !globalIPv6.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(a) })
}

// ParseJWKSURL reads the address of a key set that a person gave: https on its own
// port, a public host, no user, no fragment, at most 512 characters. It gives the
// address as it is to be kept.
//
// The problem is empty, or a key of the message catalogue under "invalid.". Where
// the host's name leads is not looked at here: that is checked at each call.
func ParseJWKSURL(text string) (address, problem string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", "required"
	}
	if utf8.RuneCountInString(text) > maxURL {
		return "", "jwks_long"
	}
	u, err := url.Parse(text)
	if err != nil || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", "jwks_format"
	}
	switch {
	case u.Scheme != "https":
		return "", "jwks_https"
	case u.User != nil:
		return "", "secret"
	case u.Hostname() == "" || strings.Contains(text, "#"):
		return "", "jwks_format"
	case u.Port() != "" && u.Port() != strconv.Itoa(httpsPort):
		return "", "jwks_port"
	case !publicHost(u.Hostname()):
		return "", "jwks_host"
	}
	return text, ""
}

// publicHost tells whether a host can be one of the public internet: a name of two
// labels or more, or an address of its usual form.
func publicHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return isPublic(a)
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	return len(labels) > 1 && !slices.Contains(labels, "") && last != "localhost" && !isNumber(last)
}

// isNumber tells whether the last label of a host makes it an IPv4 address in
// another spelling: 127.1, 0x7f.0.0.1.
func isNumber(label string) bool {
	if strings.HasPrefix(label, "0x") {
		return true
	}
	return !strings.ContainsFunc(label, func(r rune) bool { return r < '0' || r > '9' })
}
