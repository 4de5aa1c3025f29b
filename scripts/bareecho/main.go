// Command bareecho answers requests with JSON of a given size and does nothing
// else: what scripts/bench measures Latchkey against. It prints its address and
// serves until it is ended.
package main

import (
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

// serve answers GET and POST of /BYTES for each of sizes, in bytes.
func serve(sizes []string) error {
	e := echo.New()
	for _, size := range sizes {
		n, err := strconv.Atoi(size)
		if err != nil || n < 2 {
			return fmt.Errorf("%q is no size of a JSON text", size)
		}
		body := []byte(`"` + strings.Repeat("x", n-2) + `"`)
		answer := func(c echo.Context) error { return c.JSONBlob(http.StatusOK, body) }
		e.GET("/"+size, answer)
		e.POST("/"+size, answer)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	return http.Serve(listener, e)
}
