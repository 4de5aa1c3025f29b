package web_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/web"
)

func TestRun_LetsRequestsFinishWhenItEnds(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	address := make(chan net.Addr, 1)
	arrived, release := make(chan struct{}), make(chan struct{})
	s := newSite(t, func(c *configOf) {
		c.Listen = "127.0.0.1:0"
		c.Listening = func(a net.Addr) { address <- a }
		c.Routes = append(c.Routes, web.Route{Method: "GET", Path: "/slow", Access: web.Open, Handler: func(ec echo.Context) error {
			close(arrived)
			<-release
			return web.JSON(ec, http.StatusOK, "done")
		}})
	})
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()

	url := "http://" + (<-address).String()
	type outcome struct {
		status int
		body   string
		err    error
	}
	answer := make(chan outcome, 1)
	go func() {
		res, err := http.Get(url + "/slow")
		if err != nil {
			answer <- outcome{err: err}
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		answer <- outcome{res.StatusCode, string(body), err}
	}()
	<-arrived
	stop()
	close(release)
	if got := <-answer; got.err != nil || got.status != http.StatusOK || got.body != "\"done\"\n" {
		t.Errorf("%+v", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if res, err := http.Get(url + "/"); err == nil {
		res.Body.Close()
		t.Error("still listening")
	}
}

func TestRun_CutsOffWhatDoesNotFinish(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	address := make(chan net.Addr, 1)
	arrived := make(chan struct{})
	s := newSite(t, func(c *configOf) {
		c.Listen, c.Drain = "127.0.0.1:0", 1
		c.Listening = func(a net.Addr) { address <- a }
		c.Routes = append(c.Routes, web.Route{Method: "GET", Path: "/slow", Access: web.Open, Handler: func(ec echo.Context) error {
			close(arrived)
			<-ec.Request().Context().Done()
			return ec.Request().Context().Err()
		}})
	})
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	url := "http://" + (<-address).String()
	cut := make(chan error, 1)
	go func() {
		res, err := http.Get(url + "/slow")
		if err == nil {
			res.Body.Close()
		}
		cut <- err
	}()
	<-arrived
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := <-cut; err == nil {
		t.Error("the request was answered")
	}
}

func TestRun_TellsWhyItCantListen(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *configOf) { c.Listen = "256.0.0.1:1" })
	if err := s.Run(t.Context()); err == nil {
		t.Error("it listens")
	}
}
