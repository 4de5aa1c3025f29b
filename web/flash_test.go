package web_test

import (
	"context"
	"fmt"
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
				if err := web.SetFlash(ec, "token.deleted", "Name", "ci"); err != nil {
					return err
				}
				return web.Redirect(ec, "/take")
			}},
			web.Route{Method: "GET", Path: "/take", Access: web.Public, Handler: func(ec echo.Context) error {
				flash, err := web.TakeFlash(ec)
				if err != nil {
					return err
				}
				if flash != nil {
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
	// A visitor has no session to keep it in.
	if res := s.do(request("GET", "/set", "")); res.StatusCode != 500 {
		t.Errorf("%d", res.StatusCode)
	}
}
