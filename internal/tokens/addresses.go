package tokens

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// maxAddresses is how many networks a token names at most.
	maxAddresses = 50
	// mappedBits are before the IPv4 address in an IPv6 address that holds one:
	// ::ffff:10.0.0.0/104 is 10.0.0.0/8.
	mappedBits = 96
)

// parseAddresses reads networks as people type them: with commas, spaces or
// lines between, a bare address for that address alone. It gives each once, in
// canonical form and in the order typed, or nil and notes the first fault: address
// (value), address_zone (value), address_bits (value, network: what was likely
// meant), address_count (max).
func parseAddresses(text string, invalid *models.InvalidError) []netip.Prefix {
	networks := []netip.Prefix{}
	for _, field := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		network, problem := parseNetwork(field)
		if problem != "" {
			args := []any{"value", quotable(field)}
			if network.IsValid() {
				args = append(args, "network", network.Masked())
			}
			invalid.Add("addresses", problem, args...)
			return nil
		}
		if slices.Contains(networks, network) {
			continue
		}
		if networks = append(networks, network); len(networks) > maxAddresses {
			invalid.Add("addresses", "address_count", "max", maxAddresses)
			return nil
		}
	}
	return networks
}

// parseNetwork reads one. The second result is the key of the problem, empty
// when there is none.
func parseNetwork(text string) (netip.Prefix, string) {
	if strings.Contains(text, "%") {
		return netip.Prefix{}, "address_zone"
	}
	if !strings.Contains(text, "/") {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, "address"
		}
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), ""
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, "address"
	}
	if network.Addr().Is4In6() && network.Bits() >= mappedBits {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mappedBits)
	}
	if network != network.Masked() {
		return network, "address_bits"
	}
	return network, ""
}

// quotable is the beginning of what was typed, fit for a sentence about it.
func quotable(text string) string {
	const most = 64
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}
