package policy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/web"
)

// Config is one of the two pages.
type Config struct {
	// Sheet reads the policy, Save changes it or tells what it would touch.
	Sheet func(ctx context.Context, caller models.Caller) (accounts.PolicySheet, error)
	Save  func(ctx context.Context, caller models.Caller, in accounts.PolicyInput, start accounts.PolicyStart) (*accounts.Rehearsal, error)
	// Layout is the frame.
	Layout func(c echo.Context) (views.LayoutProps, error)
	// MayWrite tells whether the caller may change it.
	MayWrite func(caller models.Caller) bool
	// Path is the page's address, which takes the form too.
	Path string
	// Now is the clock, nil for time.Now.
	Now func() time.Time
}

// Page holds the handlers. It is safe for concurrent use.
type Page struct{ cfg Config }

// New checks the config.
func New(cfg Config) (*Page, error) {
	if cfg.Sheet == nil || cfg.Save == nil || cfg.Layout == nil || cfg.MayWrite == nil || cfg.Path == "" {
		return nil, errors.New("policy: Sheet, Save, Layout, MayWrite and Path are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Page{cfg}, nil
}

// Show shows the policy in force.
func (p *Page) Show(c echo.Context) error {
	in, err := p.input(c)
	if err != nil {
		return err
	}
	in.Values = views.ValuesOf(in)
	return render(c, http.StatusOK, in)
}

// Save saves a policy, unless live tokens would notice and the person has not been
// told of these yet: then it tells.
func (p *Page) Save(c echo.Context) error {
	sent := parse(web.Form(c))
	in, err := p.input(c)
	if err != nil {
		return err
	}
	in.Values = sent.values
	if in.Problems = sent.invalid.Problems; len(in.Problems) > 0 {
		return render(c, http.StatusUnprocessableEntity, in)
	}
	rehearsal, err := p.cfg.Save(c.Request().Context(), web.Caller(c), sent.policy, sent.start)
	invalid, isInvalid := errors.AsType[*models.InvalidError](err)
	switch {
	case isInvalid && invalid.Problems[0].Key == accounts.PolicyChanged:
		return p.showChanged(c, invalid.Problems)
	case isInvalid && rehearsal != nil:
		in.Problems = invalid.Problems
		return p.rehearse(c, http.StatusUnprocessableEntity, in, *rehearsal)
	case isInvalid:
		in.Problems = invalid.Problems
		return render(c, http.StatusUnprocessableEntity, in)
	case err != nil:
		return err
	case rehearsal != nil:
		if in.Values.Start == "" {
			in.Values.Start = models.StartForNew
		}
		return p.rehearse(c, http.StatusOK, in, *rehearsal)
	}
	web.SetFlash(c, "policy.saved")
	return web.Redirect(c, p.cfg.Path)
}

// showChanged shows what somebody else has saved since the form was opened.
func (p *Page) showChanged(c echo.Context, problems []models.Problem) error {
	in, err := p.input(c)
	if err != nil {
		return err
	}
	in.Values, in.Problems = views.ValuesOf(in), problems
	return render(c, http.StatusConflict, in)
}

func (p *Page) input(c echo.Context) (views.PolicyInput, error) {
	caller := web.Caller(c)
	sheet, err := p.cfg.Sheet(c.Request().Context(), caller)
	if err != nil {
		return views.PolicyInput{}, err
	}
	layout, err := p.cfg.Layout(c)
	return views.PolicyInput{
		Layout: layout, Level: sheet.Level, Policies: sheet.Policies, Permissions: sheet.Permissions,
		Action: p.cfg.Path, MayWrite: p.cfg.MayWrite(caller), Now: p.cfg.Now(),
	}, err
}

func render(c echo.Context, status int, in views.PolicyInput) error {
	return web.Render(c, status, views.PolicyPage(views.Policy(c.Request().Context(), in)))
}

func (p *Page) rehearse(c echo.Context, status int, in views.PolicyInput, r accounts.Rehearsal) error {
	input := views.RehearsalInput{
		PolicyInput: in, Refused: r.Refused, Sooner: r.Sooner, Used: r.Used, More: r.More, Digest: r.Digest,
	}
	for _, t := range r.Tokens {
		input.Tokens = append(input.Tokens, views.RehearsedToken(t))
	}
	return web.Render(c, status, views.RehearsalPage(views.PolicyRehearsal(c.Request().Context(), input)))
}
