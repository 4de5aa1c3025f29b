package proofs_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/latchkey-dev/latchkey/internal/proofs"
)

func TestIsPublic_RefusesWhatIsNot(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
		"198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1",
		"100::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001::1", "2001:2::1", "2001:10::1",
		"2001:db8::1", "2002:7f00:1::1", "2606:4700::1%eth0", "3fff::1", "4000::1",
	} {
		if proofs.IsPublic(netip.MustParseAddr(address)) {
			t.Errorf("%s is public", address)
		}
	}
	for _, address := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1",
		"172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255", "198.17.255.255", "198.20.0.1", "223.255.255.255",
		"2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1",
	} {
		if !proofs.IsPublic(netip.MustParseAddr(address)) {
			t.Errorf("%s is not public", address)
		}
	}
	if proofs.IsPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestGuard_CallsPort443Alone(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1111]:443": true,
		"8.8.8.8:80": false, "8.8.8.8:8443": false, "8.8.8.8:22": false, "127.0.0.1:443": false, "[::1]:443": false, "[::ffff:8.8.8.8]:443": false,
	} {
		if got := proofs.Allows(netip.MustParseAddrPort(address)); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
}

func TestParseJWKSURL_NamesTheProblem(t *testing.T) {
	t.Parallel()
	const good = "https://keys.company.example/jwks.json"
	for text, want := range map[string]string{
		good: "", "  " + good + "\n": "", "https://keys.company.example": "", good + "?tenant=a": "", "https://keys.company.example:443/": "",
		"https://8.8.8.8/jwks": "", "https://[2606:4700::1111]/jwks": "", "HTTPS://Keys.Company.Example/": "",
		"https://keys.company.example/" + strings.Repeat("a", 483): "",

		" ": "required",
		"https://keys.company.example/" + strings.Repeat("a", 484): "jwks_long",
		"http://keys.company.example/":                             "jwks_https",
		"ftp://keys.company.example/":                              "jwks_https",
		"file:///etc/passwd":                                       "jwks_https",
		"javascript:alert(1)":                                      "jwks_https",
		"keys.company.example/jwks":                                "jwks_https",
		"//keys.company.example/jwks":                              "jwks_https",
		"https:keys.company.example":                               "jwks_format",
		"https:///jwks":                                            "jwks_format",
		"https://:443/jwks":                                        "jwks_format",
		good + "#":                                                 "jwks_format",
		good + "#x":                                                "jwks_format",
		"https://keys company.example/":                            "jwks_format",
		"https://keys.company.example/a b":                         "jwks_format",
		"https://keys.company.example/\x00":                        "jwks_format",
		"https://kéys.example/":                                    "jwks_format",
		"https://１２７.0.0.1/":                                       "jwks_format",
		"https://127.0.0%2e1/":                                     "jwks_format",
		"https://user@keys.company.example/":                       "secret",
		"https://user:pass@keys.company.example/":                  "secret",
		"https://keys.company.example:8443/":                       "jwks_port",
		"https://keys.company.example:80/":                         "jwks_port",
		"https://localhost/":                                       "jwks_host",
		"https://LOCALHOST./":                                      "jwks_host",
		"https://x.localhost/":                                     "jwks_host",
		"https://intranet/":                                        "jwks_host",
		"https://a..example/":                                      "jwks_host",
		"https://127.0.0.1/":                                       "jwks_host",
		"https://127.0.0.1./":                                      "jwks_host",
		"https://127.1/":                                           "jwks_host",
		"https://2130706433/":                                      "jwks_host",
		"https://0x7f000001/":                                      "jwks_host",
		"https://0x7f.0.0.0x1/":                                    "jwks_host",
		"https://0177.0.0.1/":                                      "jwks_host",
		"https://169.254.169.254/latest/meta-data":                 "jwks_host",
		"https://10.0.0.1/":                                        "jwks_host",
		"https://[::1]/":                                           "jwks_host",
		"https://[::]/":                                            "jwks_host",
		"https://[::ffff:127.0.0.1]/":                              "jwks_host",
		"https://[::ffff:8.8.8.8]/":                                "jwks_host",
		"https://[fd00::1]/":                                       "jwks_host",
		"https://[fe80::1%25eth0]/":                                "jwks_host",
	} {
		address, problem := proofs.ParseJWKSURL(text)
		if problem != want {
			t.Errorf("%q: %q, want %q", text, problem, want)
		}
		if wanted := strings.TrimSpace(text); problem == "" && address != wanted || problem != "" && address != "" {
			t.Errorf("%q is kept as %q", text, address)
		}
	}
}

func FuzzParseJWKSURL(f *testing.F) {
	f.Add("https://keys.company.example/jwks.json")
	f.Add("https://[::1%25x]:443/?a#b")
	f.Add("https://0x7f.1")
	f.Fuzz(func(t *testing.T, text string) {
		address, problem := proofs.ParseJWKSURL(text)
		if (address == "") == (problem == "") {
			t.Fatalf("%q, %q", address, problem)
		}
		if address != "" && !strings.HasPrefix(strings.ToLower(address), "https://") {
			t.Fatalf("%q is taken", address)
		}
	})
}
