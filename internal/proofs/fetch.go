package proofs

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

const (
	fetchTime = 5 * time.Second
	// maxSet bounds the answer, in bytes, and maxAnswerHeader what comes before.
	maxSet          = 64 << 10
	maxAnswerHeader = 16 << 10
	maxRedirects    = 3
	httpsPort       = 443
)

var errGuarded = errors.New("the address may not be called")

// Fetch says how key sets are fetched. The zero value calls public addresses on
// port 443 and trusts the system's authorities; the fields are for tests.
type Fetch struct {
	// Allow tells whether an address may be dialled; it is asked for each, after
	// names were resolved.
	Allow func(netip.AddrPort) bool
	// RootCAs is nil for the system's.
	RootCAs *x509.CertPool
	// Resolver is nil for the system's.
	Resolver *net.Resolver
	// Timeout is for all of a fetch: names, redirects and the answer's body; 0 is
	// five seconds.
	Timeout time.Duration
}

// fetcher calls out for key sets, and for nothing else.
type fetcher struct {
	client  *http.Client
	timeout time.Duration
}

func newFetcher(cfg Fetch) fetcher {
	allow := cfg.Allow
	if allow == nil {
		allow = onlyPublic
	}
	dialer := &net.Dialer{
		Resolver: cfg.Resolver,
		Control: func(_, address string, _ syscall.RawConn) error {
			if dialled, err := netip.ParseAddrPort(address); err != nil || !allow(dialled) {
				return errGuarded
			}
			return nil
		},
	}
	transport := &http.Transport{
		// A proxy would resolve names for itself, and the guard see its address only.
		Proxy:           nil,
		DialContext:     dialer.DialContext,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		// Each fetch dials, and so passes the guard.
		DisableKeepAlives: true,
		// What is counted as 64 KiB is what comes in.
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
	client := &http.Client{CheckRedirect: checkRedirect, Transport: transport}
	return fetcher{client, cmp.Or(cfg.Timeout, fetchTime)}
}

func onlyPublic(a netip.AddrPort) bool { return a.Port() == httpsPort && isPublic(a.Addr()) }

// get fetches what is behind an address. The error doesn't name the address.
func (f fetcher) get(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	if err := checkCallable(request.URL); err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	request.Header.Set("User-Agent", "Latchkey")
	answer, err := f.client.Do(request)
	if err != nil {
		var withAddress *url.Error
		if errors.As(err, &withAddress) {
			err = withAddress.Err
		}
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxSet+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(text) > maxSet {
		return nil, fmt.Errorf("more than %d bytes", maxSet)
	}
	return text, nil
}

func checkRedirect(next *http.Request, before []*http.Request) error {
	if len(before) > maxRedirects {
		return errors.New("too many redirects")
	}
	// The address that redirects is nobody's business.
	next.Header.Del("Referer")
	return checkCallable(next.URL)
}

func checkCallable(u *url.URL) error {
	if u.Scheme != "https" || u.User != nil {
		return errGuarded
	}
	return nil
}
