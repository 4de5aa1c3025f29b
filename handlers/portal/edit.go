package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// AskEdit shows the form for what of a token can be changed.
func (p *Portal) AskEdit(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		detail, err := p.cfg.Tokens.Detail(c.Request().Context(), web.Caller(c), in, c.Param("id"))
		if err != nil {
			return err
		}
		return p.showEdit(c, in, http.StatusOK, view.EditInput{TokenDetail: detail, Form: view.FilledIn(detail.Token)})
	}
}

// Edit changes it.
func (p *Portal) Edit(in models.Context) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, caller, id := c.Request().Context(), web.Caller(c), c.Param("id")
		form, invalid := parseEditForm(web.Form(c))
		if len(invalid.Problems) == 0 {
			token, err := p.cfg.Tokens.Update(ctx, caller, in, id, updateOf(form))
			refused, ok := errors.AsType[*models.InvalidError](err)
			switch {
			case ok:
				invalid = *refused
			case err != nil:
				return err
			default:
				web.SetFlash(c, "edit.done", "Name", nameOf(token))
				return web.Redirect(c, views.Token(in, token.ID))
			}
		}
		detail, err := p.cfg.Tokens.Detail(ctx, caller, in, id)
		if err != nil {
			return err
		}
		return p.showEdit(c, in, http.StatusUnprocessableEntity, view.EditInput{TokenDetail: detail, Form: form, Problems: invalid.Problems})
	}
}

// parseEditForm reads the form. The portal asks for a description; the API does not.
func parseEditForm(values web.Values) (view.EditForm, models.InvalidError) {
	form := view.EditForm{Description: values.Get(view.FieldDescription), More: parseMore(values), Seen: values.Get(view.FieldSeen)}
	var invalid models.InvalidError
	checkDescription(form.Description, &invalid)
	return form, invalid
}

// updateOf leaves alone what the person did not change: a form that was opened before
// somebody else named the allowed addresses must not take them away.
func updateOf(form view.EditForm) tokens.Update {
	var u tokens.Update
	description, contact, addresses, metadata := form.Touched()
	for _, part := range []struct {
		touched bool
		value   *string
		into    **string
	}{
		{description, &form.Description, &u.Description}, {contact, &form.More.ContactID, &u.ContactID},
		{addresses, &form.More.Addresses, &u.Addresses}, {metadata, &form.More.Metadata, &u.Metadata},
	} {
		if part.touched {
			*part.into = part.value
		}
	}
	return u
}

// parseMore reads the fields of what a token may have besides.
func parseMore(values web.Values) view.MoreForm {
	return view.MoreForm{
		ContactID: values.Get(view.FieldContact), Addresses: values.Get(view.FieldAddresses), Metadata: values.Get(view.FieldMetadata),
	}
}

func (p *Portal) showEdit(c echo.Context, in models.Context, status int, input view.EditInput) error {
	ctx := c.Request().Context()
	id, tenant, err := account(c)
	if err != nil {
		return err
	}
	input.Account, input.Policies, input.Now = tenant.Name, tenant.Policies(id.Settings), p.cfg.Now()
	if input.Contacts, err = p.cfg.Tokens.Contacts(ctx, web.Caller(c), in); err != nil {
		return err
	}
	if input.Layout, err = p.cfg.Shell.Portal(c, section(in)); err != nil {
		return err
	}
	return web.Render(c, status, view.EditPage(view.Edit(ctx, input)))
}
