// Command bareecho answers requests with JSON of a given size and does nothing
// else, or makes one signature: what scripts/bench measures Latchkey against. It
// prints its address and serves until it is ended.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bareecho:", err)
		os.Exit(1)
	}
}

// serve answers GET and POST of /BYTES for each of sizes, in bytes, and of
// /ES256/BYTES and /RS256/BYTES after a signature.
func serve(sizes []string) error {
	keys, err := makeKeys()
	if err != nil {
		return err
	}
	e := echo.New()
	for _, size := range sizes {
		n, err := strconv.Atoi(size)
		if err != nil || n < 2 {
			return fmt.Errorf("%q is no size of a JSON text", size)
		}
		body := []byte(`"` + strings.Repeat("x", n-2) + `"`)
		answer := func(c echo.Context) error { return c.JSONBlob(http.StatusOK, body) }
		add(e, "/"+size, answer)
		for algorithm, key := range keys {
			add(e, "/"+algorithm+"/"+size, signFirst(key, body, answer))
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	return http.Serve(listener, e)
}

func makeKeys() (map[string]crypto.Signer, error) {
	es, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048) // as internal/signing makes them
	return map[string]crypto.Signer{"ES256": es, "RS256": rs}, err
}

func add(e *echo.Echo, path string, answer echo.HandlerFunc) {
	e.GET(path, answer)
	e.POST(path, answer)
}

func signFirst(key crypto.Signer, text []byte, answer echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		digest := sha256.Sum256(text)
		if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
			return err
		}
		return answer(c)
	}
}
