package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// AskDisableUser asks before the person is shut out of the account.
func (h *Console) AskDisableUser(c echo.Context) error { return h.ask(c, view.DisableHere) }

// AskRemoveUser asks before the person is taken off the account.
func (h *Console) AskRemoveUser(c echo.Context) error { return h.ask(c, view.RemoveHere) }

// AskDisableUserEverywhere asks before the person is shut out altogether.
func (h *Console) AskDisableUserEverywhere(c echo.Context) error {
	return h.ask(c, view.DisableEverywhere)
}

// AskDeleteUser asks before the person is ended.
func (h *Console) AskDeleteUser(c echo.Context) error { return h.ask(c, view.DeleteEverywhere) }

// DisableUser shuts the person out of the account.
func (h *Console) DisableUser(c echo.Context) error {
	return h.act(c, userAct{view.DisableHere, h.accounts.DisableMember, views.User, "console.user.disabled"})
}

// EnableUser lets the person into the account again.
func (h *Console) EnableUser(c echo.Context) error {
	return h.act(c, userAct{"", h.accounts.EnableMember, views.User, "console.user.enabled"})
}

// RemoveUser takes the person off the account.
func (h *Console) RemoveUser(c echo.Context) error {
	return h.act(c, userAct{view.RemoveHere, h.accounts.RemoveMember, toAccount, "console.user.removed"})
}

// DisableUserEverywhere shuts the person out altogether.
func (h *Console) DisableUserEverywhere(c echo.Context) error {
	return h.act(c, userAct{view.DisableEverywhere, everywhere(h.accounts.DisableUser), views.User, "console.user.disabledAll"})
}

// EnableUserEverywhere lets the person in again.
func (h *Console) EnableUserEverywhere(c echo.Context) error {
	return h.act(c, userAct{"", everywhere(h.accounts.EnableUser), views.User, "console.user.enabledAll"})
}

// DeleteUser ends the person.
func (h *Console) DeleteUser(c echo.Context) error {
	return h.act(c, userAct{view.DeleteEverywhere, everywhere(h.accounts.DeleteUser), toAccount, "console.user.deleted"})
}

type memberVerb func(ctx context.Context, caller models.Caller, tenantID, userID string) error

// userAct is a verb about a person, and what is shown after it.
type userAct struct {
	// page asks before it; empty for acts that end nothing.
	page  view.UserAct
	verb  memberVerb
	to    func(tenantID, userID string) string
	flash string
}

// everywhere is a verb about the person in every account.
func everywhere(verb func(context.Context, models.Caller, string) error) memberVerb {
	return func(ctx context.Context, caller models.Caller, _, userID string) error {
		return verb(ctx, caller, userID)
	}
}

func toAccount(tenantID, _ string) string { return views.Account(tenantID) }

func (h *Console) ask(c echo.Context, page view.UserAct) error {
	t, m, err := h.member(c)
	if err != nil {
		return err
	}
	return h.showAsk(c, http.StatusOK, page, t, m, nil)
}

func (h *Console) act(c echo.Context, a userAct) error {
	t, m, err := h.member(c)
	if err != nil {
		return err
	}
	err = a.verb(ctxOf(c), web.Caller(c), t.ID, m.UserID)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok && a.page != "" {
		return h.showAsk(c, http.StatusUnprocessableEntity, a.page, t, m, invalid)
	}
	if err != nil {
		return err
	}
	return done(c, a.to(t.ID, m.UserID), a.flash, "Name", m.User.Name, "Account", t.Name)
}

func (h *Console) showAsk(c echo.Context, status int, page view.UserAct, t models.Tenant, m models.Member, invalid *models.InvalidError) error {
	layout, err := h.shell.Console(c, shell.Accounts)
	if err != nil {
		return err
	}
	return web.Render(c, status, view.ConfirmPage(view.UserConfirm(ctxOf(c), layout, page, t, m, invalid)))
}

// switchAccount disables or enables the account that the address names.
func (h *Console) switchAccount(c echo.Context, verb func(context.Context, models.Caller, string) error, flash string) error {
	t, err := h.tenant(c)
	if err != nil {
		return err
	}
	if err := verb(ctxOf(c), web.Caller(c), t.ID); err != nil {
		return err
	}
	return done(c, views.Account(t.ID), flash, "Account", t.Name)
}
