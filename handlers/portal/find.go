package portal

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// AskFind shows the form that finds a token by its secret.
func (p *Portal) AskFind(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error { return p.showFind(c, in, http.StatusOK, "") }
}

// Find leads from a secret to the row of its token, in whichever list has it. The secret
// travels in the form alone: the answer, the address that it leads to and the log have
// nothing of it. A secret that nobody knows and one that is not the person's to see get
// the same answer, which is the form again (422): the page is there, what was typed into
// it is not.
func (p *Portal) Find(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		secret, problem := parseSecret(web.Form(c).Get(view.FieldValue))
		if problem != "" {
			return p.showFind(c, in, http.StatusUnprocessableEntity, problem)
		}
		token, err := p.cfg.Tokens.Find(c.Request().Context(), web.Caller(c), secret)
		if errors.Is(err, models.ErrNotFound) || err == nil && !shell.MayOpen(web.Identity(c), token.Context) {
			return p.showFind(c, in, http.StatusUnprocessableEntity, "unknown")
		}
		if err != nil {
			return err
		}
		return web.Redirect(c, views.Tokens(token.Context, views.ListQuery{Search: token.ID}))
	}
}

var keyShape = regexp.MustCompile("^" + m2m.Pattern + "$")

// parseSecret reads a secret that somebody pasted, with whatever space came along. The
// second result is the key of the problem, empty when there is none.
func parseSecret(text string) (models.Secret, string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return models.Secret{}, "required"
	}
	switch {
	case tokens.IsSecret(text):
		return models.NewSecret(text), ""
	case keyShape.MatchString(text):
		return models.Secret{}, "checksum"
	default:
		return models.Secret{}, "not_key"
	}
}

func (p *Portal) showFind(c echo.Context, in models.Context, status int, problem string) error {
	id, _, err := account(c)
	if err != nil {
		return err
	}
	layout, err := p.cfg.Shell.Portal(c, section(in))
	if err != nil {
		return err
	}
	return web.Render(c, status, view.FindPage(view.Find(c.Request().Context(), view.FindInput{
		Layout: layout, Context: in, Prefix: id.Settings.TokenPrefix, Problem: problem,
	})))
}
