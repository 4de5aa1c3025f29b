package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// Audiences shows what JWTs can be for.
func (h *Console) Audiences(c echo.Context) error {
	settings, err := h.accounts.Settings(ctxOf(c))
	if err != nil {
		return err
	}
	return h.showAudiences(c, http.StatusOK, strings.Join(settings.Audiences, "\n"), nil)
}

// SaveAudiences saves it.
func (h *Console) SaveAudiences(c echo.Context) error {
	text := web.Form(c).Get("audiences")
	audiences := linesOf(text)
	err := h.updateAudiences(c, audiences)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showAudiences(c, http.StatusUnprocessableEntity, text, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, views.ConsoleAudiences(), "console.audiences.saved")
}

func (h *Console) updateAudiences(c echo.Context, audiences []string) error {
	if slices.ContainsFunc(audiences, tokens.HoldsSecret) {
		return models.Invalid("audiences", "audience_secret")
	}
	return h.accounts.UpdateAudiences(ctxOf(c), web.Caller(c), audiences)
}

// linesOf are the lines of a text that hold something, without the space around it.
func linesOf(text string) []string {
	lines := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (h *Console) showAudiences(c echo.Context, status int, text string, invalid *models.InvalidError) error {
	settings, err := h.accounts.Settings(ctxOf(c))
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Audiences)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.AudiencesPage(view.Audiences(ctxOf(c), layout, view.AudiencesInput{
		Issuer: h.publicURL, TTL: settings.TokenTTL, Text: text, Invalid: invalid,
	})))
}
