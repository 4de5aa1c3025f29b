package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// New shows the form for one more token.
func (p *Portal) New(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, tenant, err := account(c)
		if err != nil {
			return err
		}
		now := p.cfg.Now()
		form := view.TokenForm{
			Expires: view.LifeValue(tenant.Policies(id.Settings).Merge(now, now).Preselected()),
			Key:     view.KeyForm{Proof: view.ProofSecret}, ID: web.NewFormID(),
		}
		return p.showForm(c, in, http.StatusOK, form, nil)
	}
}

// Create makes a token. The page with its secret is the answer to the form itself.
func (p *Portal) Create(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		form := parseTokenForm(in, web.Form(c))
		if len(form.invalid.Problems) > 0 {
			return p.showForm(c, in, http.StatusUnprocessableEntity, form.shown, form.invalid.Problems)
		}
		minted, err := p.cfg.Tokens.Mint(c.Request().Context(), web.Caller(c), form.request(in))
		if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
			return p.showForm(c, in, http.StatusUnprocessableEntity, form.shown, invalid.Problems)
		}
		if errors.Is(err, models.ErrConflict) {
			return p.showTwice(c, in, form.shown.ID, err)
		}
		if err != nil {
			return err
		}
		if minted.Secret.Empty() {
			return showKeyed(c, in, "key.made", minted.Token)
		}
		return p.showSecret(c, in, minted, nil)
	}
}

func (p *Portal) showForm(c echo.Context, in models.Context, status int, form view.TokenForm, problems []models.Problem) error {
	id, tenant, err := account(c)
	if err != nil {
		return err
	}
	input := view.GenerateInput{
		Context: in, Account: tenant.Name, Kind: tenant.KindInForce(id.Settings), Prefix: id.Settings.TokenPrefix,
		TTL: id.Settings.TokenTTL, M2MOn: tenant.M2MOn(id.Settings), Form: form, Problems: problems, Now: p.cfg.Now(),
	}
	input.Policies = tenant.Policies(id.Settings)
	input.Lacks = input.Policies.Lacks(id.Permissions, input.Now)
	if input.Contacts, err = p.cfg.Tokens.Contacts(c.Request().Context(), web.Caller(c), in); err != nil {
		return err
	}
	if in == models.API {
		choices, err := p.cfg.Tokens.RoleChoices(c.Request().Context(), web.Caller(c))
		if err != nil {
			return err
		}
		for _, choice := range choices {
			input.Roles = append(input.Roles, view.RoleChoice(choice))
		}
	}
	if input.Layout, err = p.cfg.Shell.Portal(c, section(in)); err != nil {
		return err
	}
	return web.Render(c, status, view.GeneratePage(view.Generate(c.Request().Context(), input)))
}

// showSecret shows the one page with a secret; rotated is what becomes of the one before
// it.
func (p *Portal) showSecret(c echo.Context, in models.Context, minted tokens.Minted, rotated *view.Rotated) error {
	id, tenant, err := account(c)
	if err != nil {
		return err
	}
	layout, err := p.cfg.Shell.Portal(c, section(in))
	if err != nil {
		return err
	}
	return web.RenderSecret(c, http.StatusCreated, view.SecretPage(view.Secret(c.Request().Context(), view.SecretInput{
		Layout: layout, Account: tenant.Name, PublicURL: p.cfg.PublicURL, TTL: id.Settings.TokenTTL,
		Token: minted.Token, Secret: minted.Secret, Rotated: rotated, Now: p.cfg.Now(),
	})))
}

// showTwice answers a form that has made its token already. Where that token is not in
// this list, the conflict itself is the answer.
func (p *Portal) showTwice(c echo.Context, in models.Context, formID string, conflict error) error {
	token, err := p.cfg.Tokens.ByFormID(c.Request().Context(), web.Caller(c), in, formID)
	if errors.Is(err, models.ErrNotFound) {
		return conflict
	}
	if err != nil {
		return err
	}
	layout, err := p.cfg.Shell.Portal(c, section(in))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusConflict, view.TwicePage(view.Twice(c.Request().Context(), view.TwiceInput{
		Layout: layout, Token: token, MayDelete: web.Caller(c).May(in.Rights().Delete), Now: p.cfg.Now(),
	})))
}
