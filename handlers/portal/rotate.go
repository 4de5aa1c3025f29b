package portal

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// AskRotate shows the form for another secret. While two live, and once the token has
// ended, the token's page says what there is to do.
func (p *Portal) AskRotate(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		detail, err := p.cfg.Tokens.Detail(c.Request().Context(), web.Caller(c), in, c.Param("id"))
		if err != nil {
			return err
		}
		if len(detail.Secrets) != 1 || detail.Expired(p.cfg.Now()) {
			return web.Redirect(c, views.Token(in, detail.ID))
		}
		form := view.RotateForm{
			Overlap: views.DefaultOverlap(), Silence: views.HoursValue(0), Replaces: detail.Secrets[0].ID, ID: web.NewFormID(),
			Key: view.KeyForm{Proof: view.ProofOf(detail.Secrets[0].Key)},
		}
		return p.showRotate(c, in, http.StatusOK, view.RotateInput{TokenDetail: detail, Form: form})
	}
}

// Rotate makes another secret. The page with it is the answer to the form itself.
func (p *Portal) Rotate(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, caller, id := c.Request().Context(), web.Caller(c), c.Param("id")
		form := parseRotateForm(web.Form(c))
		if len(form.invalid.Problems) > 0 {
			return p.refuseRotate(c, in, form)
		}
		minted, err := p.cfg.Tokens.Rotate(ctx, caller, in, id, form.request())
		if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
			form.invalid = *invalid
			return p.refuseRotate(c, in, form)
		}
		if errors.Is(err, models.ErrConflict) {
			return p.showRotatedBefore(c, in, form.shown.ID)
		}
		if err != nil {
			return err
		}
		if minted.Secret.Empty() {
			return showKeyed(c, in, "rotated.key", minted.Token)
		}
		return p.showSecret(c, in, minted, &view.Rotated{EndsAt: minted.OldEndsAt, Silence: form.silence})
	}
}

// rotateForm is the form for another secret as it was sent.
type rotateForm struct {
	shown            view.RotateForm
	overlap, silence time.Duration
	key              models.ClientKey
	invalid          models.InvalidError
}

func parseRotateForm(values web.Values) rotateForm {
	f := rotateForm{shown: view.RotateForm{
		Overlap: values.Get(view.FieldOverlap), Silence: values.Get(view.FieldSilence),
		Replaces: values.Get(view.FieldReplaces), ID: values.Get(view.FieldForm),
	}}
	f.overlap = chosenHours(view.FieldOverlap, f.shown.Overlap, view.Overlaps(), &f.invalid)
	f.silence = chosenHours(view.FieldSilence, f.shown.Silence, view.Silences(), &f.invalid)
	if f.silence >= f.overlap {
		f.silence = 0 // the old secret ends before that
	}
	f.shown.Key, f.key = parseKeyForm(values, &f.invalid)
	if !models.ValidID(f.shown.Replaces) {
		f.invalid.Add(view.FieldForm, "required")
	}
	f.shown.ID = web.CheckFormID(view.FieldForm, f.shown.ID, &f.invalid)
	return f
}

// chosenHours is the one of the offered times that was chosen.
func chosenHours(field, value string, offered []time.Duration, invalid *models.InvalidError) time.Duration {
	i := slices.IndexFunc(offered, func(d time.Duration) bool { return views.HoursValue(d) == value })
	if i < 0 {
		invalid.Add(field, "out_of_range")
		return 0
	}
	return offered[i]
}

func (f rotateForm) request() tokens.RotateRequest {
	return tokens.RotateRequest{Overlap: f.overlap, Silence: f.silence, Replaces: f.shown.Replaces, FormID: f.shown.ID, Key: f.key}
}

// refuseRotate shows the form again with what is wrong with it.
func (p *Portal) refuseRotate(c echo.Context, in models.Context, form rotateForm) error {
	detail, err := p.cfg.Tokens.Detail(c.Request().Context(), web.Caller(c), in, c.Param("id"))
	if err != nil {
		return err
	}
	return p.showRotate(c, in, http.StatusUnprocessableEntity, view.RotateInput{
		TokenDetail: detail, Form: form.shown, Problems: form.invalid.Problems,
	})
}

func (p *Portal) showRotate(c echo.Context, in models.Context, status int, input view.RotateInput) error {
	var err error
	if input.Layout, err = p.cfg.Shell.Portal(c, section(in)); err != nil {
		return err
	}
	input.Now = p.cfg.Now()
	return web.Render(c, status, view.RotatePage(view.Rotate(c.Request().Context(), input)))
}

// showRotatedBefore answers a rotation that comes second: the same form again, or
// somebody else's.
func (p *Portal) showRotatedBefore(c echo.Context, in models.Context, formID string) error {
	secret, err := p.cfg.Tokens.SecretByFormID(c.Request().Context(), web.Caller(c), in, c.Param("id"), formID)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	return p.showSecond(c, in, view.RotatedBefore, secret)
}

// AskEndOldSecret says what stops before the secret that a rotation replaced ends.
func (p *Portal) AskEndOldSecret(in models.Context) echo.HandlerFunc {
	return p.ask(in, view.EndOld, rotating)
}

// EndOldSecret ends it.
func (p *Portal) EndOldSecret(in models.Context) echo.HandlerFunc {
	return p.endRotation(in, p.change(in, p.cfg.Tokens.EndOldSecret, "rotation.end.done"))
}

// AskCancelRotation says what stops before a rotation is taken back.
func (p *Portal) AskCancelRotation(in models.Context) echo.HandlerFunc {
	return p.ask(in, view.Cancel, rotating)
}

// CancelRotation takes it back.
func (p *Portal) CancelRotation(in models.Context) echo.HandlerFunc {
	return p.endRotation(in, p.change(in, p.cfg.Tokens.CancelRotation, "rotation.cancel.done"))
}

func rotating(d models.TokenDetail) bool { return len(d.Secrets) > 1 }

// endRotation makes a change that only a rotation under way allows, and answers when
// there is none, or another one than the form was about.
func (p *Portal) endRotation(in models.Context, change echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := p.checkRotation(c, in)
		if err == nil {
			err = change(c)
		}
		if errors.Is(err, models.ErrConflict) {
			return p.showSecond(c, in, view.NoRotation, models.TokenSecret{})
		}
		return err
	}
}

// checkRotation compares the rotation under way with the one that the form names: whoever
// decided about one must not end another. models.ErrConflict when they differ.
func (p *Portal) checkRotation(c echo.Context, in models.Context) error {
	seen := web.Form(c).Get(view.FieldReplaces)
	if seen == "" {
		return nil
	}
	detail, err := p.cfg.Tokens.Detail(c.Request().Context(), web.Caller(c), in, c.Param("id"))
	if err == nil && !slices.ContainsFunc(detail.Secrets, func(s models.TokenSecret) bool { return s.ID == seen && s.ReplacedAt == nil }) {
		err = models.ErrConflict
	}
	return err
}

// showSecond answers a change of a token's secrets that came after another one; made is
// the secret that the same form made, zero when it made none.
func (p *Portal) showSecond(c echo.Context, in models.Context, build secondPage, made models.TokenSecret) error {
	ctx := c.Request().Context()
	token, err := p.cfg.Tokens.Get(ctx, web.Caller(c), in, c.Param("id"))
	if err != nil {
		return err
	}
	layout, err := p.cfg.Shell.Portal(c, section(in))
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusConflict, view.TwicePage(build(ctx, view.SecondInput{
		Layout: layout, Token: token, Sent: made.CreatedAt, Key: made.Key, Now: p.cfg.Now(),
	})))
}
