package proofs_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/models"
)

// trap is a listener on loopback that nobody may call.
type trap struct {
	net.Listener
	port string
}

func newTrap(t *testing.T, address string) *trap {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("no %s here: %v", address, err)
	}
	t.Cleanup(func() { listener.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return &trap{listener, port}
}

// wantUntouched calls the trap and wants to be the first who did.
func (tr *trap) wantUntouched(t *testing.T) {
	t.Helper()
	own, err := net.Dial("tcp", tr.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	first, err := tr.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if first.RemoteAddr().String() != own.LocalAddr().String() {
		t.Errorf("called by %s", first.RemoteAddr())
	}
}

// publicOnly is the guard of production, on every port: the trap's is none that
// it would let pass.
func publicOnly(a netip.AddrPort) bool { return proofs.IsPublic(a.Addr()) }

func behind(address string) proofs.Key {
	return proofs.Key{ID: "behind a URL", ClientKey: models.ClientKey{JWKSURL: address}}
}

func TestFetch_LeavesLoopbackAlone(t *testing.T) {
	t.Parallel()
	names := newNames(t, netip.MustParseAddr("127.0.0.1"))
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0"} {
		tr := newTrap(t, listen)
		for _, host := range []string{
			"127.0.0.1", "127.0.0.1.", "127.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "0177.0.0.1", "0.0.0.0", "0", "localhost", "localhost.",
			"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[0:0:0:0:0:0:0:1]", "１２７.0.0.1", "127。0。0。1",
		} {
			s := newSigner(t, proofs.Fetch{Allow: publicOnly, Resolver: names.resolver()})
			wantUnavailable(t, s.assert(es(), behind("https://"+net.JoinHostPort(strings.Trim(host, "[]"), tr.port)+"/jwks")))
		}
		wantUnavailable(t, newSigner(t, proofs.Fetch{}).assert(es(), behind("https://127.0.0.1:"+tr.port)))
		tr.wantUntouched(t)
	}
}

// A name may say one thing when it is judged and another when it is dialled: it
// is judged when it is dialled.
func TestFetch_LeavesLoopbackAloneUnderAnotherName(t *testing.T) {
	t.Parallel()
	tr := newTrap(t, "127.0.0.1:0")
	names := newNames(t, netip.MustParseAddr("127.0.0.1"))
	s := newSigner(t, proofs.Fetch{Allow: publicOnly, Resolver: names.resolver()})
	wantUnavailable(t, s.assert(es(), behind("https://keys.company.example:"+tr.port)))
	if names.asked() == 0 {
		t.Error("the name was not looked up: the test tries nothing")
	}
	tr.wantUntouched(t)
}

func TestFetch_LeavesLoopbackAloneAfterARedirect(t *testing.T) {
	t.Parallel()
	tr := newTrap(t, "127.0.0.1:0")
	for _, target := range []string{
		"https://127.0.0.1:" + tr.port, "https://[::ffff:127.0.0.1]:" + tr.port, "https://2130706433:" + tr.port, "http://127.0.0.1:" + tr.port,
		"https://localhost:" + tr.port, "//127.0.0.1:" + tr.port, "gopher://127.0.0.1:" + tr.port, "file:///etc/passwd",
	} {
		h := newHost(t, http.RedirectHandler(target, http.StatusFound).ServeHTTP)
		own := netip.MustParseAddrPort(h.Listener.Addr().String())
		fetch := h.fetch(t)
		fetch.Allow = func(a netip.AddrPort) bool { return a == own || publicOnly(a) }
		wantUnavailable(t, newSigner(t, fetch).assert(es(), h.key()))
		h.wantCalls(t, 1)
	}
	tr.wantUntouched(t)
}

func TestFetch_FollowsThreeRedirects(t *testing.T) {
	t.Parallel()
	for redirects, want := range map[int]string{1: "", 3: "", 4: "unavailable"} {
		t.Run(fmt.Sprint(redirects), func(t *testing.T) {
			t.Parallel()
			h := newHost(t, nil)
			h.does(func(w http.ResponseWriter, r *http.Request) {
				if referer := r.Referer(); referer != "" {
					t.Errorf("told where it comes from: %s", referer)
				}
				if int(h.calls.Load()) <= redirects {
					http.Redirect(w, r, fmt.Sprintf("/%d", h.calls.Load()), http.StatusTemporaryRedirect)
					return
				}
				publishes(es())(w, r)
			})
			err := newSigner(t, h.fetch(t)).assert(es(), h.key())
			if want == "" {
				wantGood(t, err)
			} else {
				wantUnavailable(t, err)
			}
		})
	}
}

// Wherever it leads, and even if that could be called.
func TestFetch_FollowsRedirectsToHTTPSAlone(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(publishes(es()))
	t.Cleanup(plain.Close)
	h := newHost(t, http.RedirectHandler(plain.URL, http.StatusFound).ServeHTTP)
	fetch := h.fetch(t)
	fetch.Allow = func(netip.AddrPort) bool { return true }
	wantUnavailable(t, newSigner(t, fetch).assert(es(), h.key()))
}

// The name is the one that the certificate is for.
func TestFetch_FindsAHostByItsName(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	own := netip.MustParseAddrPort(h.Listener.Addr().String())
	fetch := h.fetch(t)
	fetch.Resolver = newNames(t, own.Addr()).resolver()
	wantGood(t, newSigner(t, fetch).assert(es(), behind(fmt.Sprintf("https://example.com:%d/jwks", own.Port()))))
	wantUnavailable(t, newSigner(t, fetch).assert(es(), behind(fmt.Sprintf("https://keys.company.example:%d/jwks", own.Port()))))
}

// A proxy would be all that the guard sees. The environment's is read once in a process,
// and is for no address on loopback: another process finds a host by its name.
func TestFetch_UsesNoProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	tr := newTrap(t, "127.0.0.1:0")
	again := exec.CommandContext(t.Context(), must(os.Executable()), "-test.run=^TestFetch_FindsAHostByItsName$", "-test.v")
	again.Env = append(os.Environ(), "NO_PROXY=", "no_proxy=")
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		again.Env = append(again.Env, name+"=http://"+tr.Addr().String())
	}
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestFetch_FindsAHostByItsName") {
		t.Errorf("with a proxy in the environment: %v\n%s", err, out)
	}
	tr.wantUntouched(t)
}

func TestFetch_GivesUpAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	es() // is made outside of the bubble, whose clock stands still while that goes on
	synctest.Test(t, func(t *testing.T) {
		s := newSigner(t, proofs.Fetch{})
		s.CallInstead(silence{})
		called := time.Now()
		wantUnavailable(t, s.assert(es(), behind("https://keys.company.example/jwks")))
		if waited := time.Since(called); waited != 5*time.Second {
			t.Errorf("waited for %s", waited)
		}
	})
}

// silence is a host that never answers.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestFetch_WantsACertificateItTrusts(t *testing.T) {
	t.Parallel()
	h := newHost(t, publishes(es()))
	fetch := h.fetch(t)
	fetch.RootCAs = x509.NewCertPool()
	wantUnavailable(t, newSigner(t, fetch).assert(es(), h.key()))
	h.wantCalls(t, 0)
}

func TestFetch_WantsHTTPS(t *testing.T) {
	t.Parallel()
	tr := newTrap(t, "127.0.0.1:0")
	s := newSigner(t, proofs.Fetch{Allow: func(netip.AddrPort) bool { return true }})
	for _, address := range []string{"http://127.0.0.1:" + tr.port, "https://user:pass@127.0.0.1:" + tr.port, "ftp://127.0.0.1:" + tr.port, "127.0.0.1:" + tr.port, "://", ""} {
		if err := s.assert(es(), behind(address)); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
	tr.wantUntouched(t)
}

// A path or a query can hold a secret.
func TestFetch_TellsTheLogTheHostAlone(t *testing.T) {
	t.Parallel()
	h := newHost(t, http.RedirectHandler("https://127.0.0.1:1/hush-path", http.StatusFound).ServeHTTP)
	var log strings.Builder
	fetch := h.fetch(t)
	own := netip.MustParseAddrPort(h.Listener.Addr().String())
	fetch.Allow = func(a netip.AddrPort) bool { return a == own }
	p := newProofs(t, proofs.Config{Fetch: fetch, Log: slog.New(slog.NewTextHandler(&log, nil))})
	assertion := sign(es(), assertionHead(), assertionClaims())
	wantUnavailable(t, check(t, p, assertion, behind(h.URL+"/jwks?key=hush-query")))
	if !strings.Contains(log.String(), "host=127.0.0.1") || strings.Contains(log.String(), "hush") || strings.Contains(log.String(), assertion) {
		t.Errorf("log: %s", log.String())
	}
}

// names is a name server that gives one address to every name.
type names struct {
	socket  net.PacketConn
	address netip.Addr
	queries chan struct{}
}

func newNames(t *testing.T, address netip.Addr) *names {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{socket: socket, address: address, queries: make(chan struct{}, 100)}
	t.Cleanup(func() { socket.Close() })
	go n.serve()
	return n
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: n.dial}
}

func (n *names) asked() int { return len(n.queries) }

func (n *names) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "udp", n.socket.LocalAddr().String())
}

func (n *names) serve() {
	packet := make([]byte, 1500)
	for {
		size, from, err := n.socket.ReadFrom(packet)
		if err != nil {
			return
		}
		if answer, err := n.answer(packet[:size]); err == nil {
			_, _ = n.socket.WriteTo(answer, from)
		}
	}
}

func (n *names) answer(packet []byte) ([]byte, error) {
	var message dnsmessage.Message
	if err := message.Unpack(packet); err != nil {
		return nil, err
	}
	select {
	case n.queries <- struct{}{}:
	default:
	}
	message.Response, message.Additionals = true, nil
	for _, question := range message.Questions {
		if question.Type == dnsmessage.TypeA && n.address.Is4() {
			message.Answers = append(message.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: question.Name, Type: question.Type, Class: question.Class},
				Body:   &dnsmessage.AResource{A: n.address.As4()},
			})
		}
	}
	return message.Pack()
}
