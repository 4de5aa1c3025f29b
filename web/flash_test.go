package web_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

// flashBox keeps one flash, as a session's row does.
type flashBox struct {
	text  string
	reads int
}

func (f *flashBox) SetFlash(_ context.Context, _ models.Session, text string) error {
	f.text = text
	return nil
}

func (f *flashBox) TakeFlash(context.Context, models.Session) (string, error) {
	f.reads++
	text := f.text
	f.text = ""
	return text, nil
}

func TestFlash_IsShownOnce(t *testing.T) {
	t.Parallel()
	box := &flashBox{}
	var shown []string
	s := newSite(t, func(c *configOf) {
		c.Flashes = box
		c.Identify = func(ctx context.Context, cookie models.Secret) (models.Identity, error) {
			id, err := everybody().identify(ctx, cookie)
			id.Session.Flash = box.text
			return id, err
		}
		c.Routes = append(c.Routes,
			web.Route{Method: "GET", Path: "/set", Access: web.Public, Handler: func(ec echo.Context) error {
				web.SetFlash(ec, "token.deleted", "Name", "ci")
				return web.Redirect(ec, "/take")
			}},
			web.Route{Method: "GET", Path: "/take", Access: web.Public, Handler: func(ec echo.Context) error {
				if flash := web.TakeFlash(ec); flash != nil {
					shown = append(shown, fmt.Sprint(flash.Key, flash.Args))
				}
				return web.JSON(ec, 200, nil)
			}})
	})
	for _, path := range []string{"/take", "/set", "/take", "/take"} {
		s.do(as(request("GET", path, ""), "dana"))
	}
	if fmt.Sprint(shown) != "[token.deletedmap[Name:ci]]" || box.reads != 1 {
		t.Errorf("%v after %d reads", shown, box.reads)
	}
}

// brokenBox has a message that nobody can read, and takes none.
type brokenBox struct{}

func (brokenBox) SetFlash(context.Context, models.Session, string) error { return errSecretDetail }

func (brokenBox) TakeFlash(context.Context, models.Session) (string, error) {
	return "", errSecretDetail
}

func TestFlash_ThatIsLostCostsNoAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *configOf) {
		c.Flashes = brokenBox{}
		c.Identify = func(ctx context.Context, cookie models.Secret) (models.Identity, error) {
			id, err := everybody().identify(ctx, cookie)
			id.Session.Flash = "waiting"
			return id, err
		}
		c.Routes = append(c.Routes,
			web.Route{Method: "GET", Path: "/set", Access: web.Public, Handler: func(ec echo.Context) error {
				web.SetFlash(ec, "token.deleted", "Name", "ci")
				return web.Redirect(ec, "/take")
			}},
			web.Route{Method: "GET", Path: "/take", Access: web.Public, Handler: func(ec echo.Context) error {
				if flash := web.TakeFlash(ec); flash != nil {
					t.Errorf("a message came from nowhere: %v", flash)
				}
				return web.JSON(ec, 201, nil)
			}})
	})
	if res := s.do(as(request("GET", "/set", ""), "dana")); res.StatusCode != 303 {
		t.Errorf("after a change: %d", res.StatusCode)
	}
	if res := s.do(as(request("GET", "/take", ""), "dana")); res.StatusCode != 201 {
		t.Errorf("a page: %d", res.StatusCode)
	}
	// A visitor has no session to keep it in.
	if res := s.do(request("GET", "/set", "")); res.StatusCode != 303 {
		t.Errorf("a visitor: %d", res.StatusCode)
	}
	if n := strings.Count(s.log.String(), "message for the next page lost"); n != 3 {
		t.Errorf("%d lines in the log:\n%s", n, s.log.String())
	}
}

func TestFlash_AfterANewSessionIsKeptInIt(t *testing.T) {
	t.Parallel()
	var kept models.Session
	s := newSite(t, func(c *configOf) {
		c.Flashes = &sessionBox{kept: &kept}
		c.Routes = append(c.Routes, web.Route{Method: "GET", Path: "/change", Access: web.SignedIn, Handler: func(ec echo.Context) error {
			if err := web.SetSession(ec, models.NewSecret(cookieOf("vic"))); err != nil {
				return err
			}
			web.SetFlash(ec, "security.changed")
			return web.Redirect(ec, "/")
		}})
	})
	s.do(as(request("GET", "/change", ""), "dana"))
	if want := models.HashOpaque(cookieOf("vic")); !bytes.Equal(kept.IDHash, want) {
		t.Errorf("kept in %x, want %x", kept.IDHash, want)
	}
}

// sessionBox tells in which session a message was kept.
type sessionBox struct {
	flashBox
	kept *models.Session
}

func (b *sessionBox) SetFlash(_ context.Context, s models.Session, _ string) error {
	*b.kept = s
	return nil
}
