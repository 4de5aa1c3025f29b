package console

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/console"
	"github.com/latchkey-dev/latchkey/web"
)

// NewUser shows the form for one more person.
func (h *Console) NewUser(c echo.Context) error {
	t, err := h.tenant(c)
	if err != nil {
		return err
	}
	return h.showNewUser(c, http.StatusOK, view.NewUserInput{Tenant: t})
}

// CreateUser puts a person into the account. The one-time link of somebody
// without a password is in this answer and nowhere else.
func (h *Console) CreateUser(c echo.Context) error {
	t, err := h.tenant(c)
	if err != nil {
		return err
	}
	form := web.Form(c)
	in := accounts.NewMember{TenantID: t.ID, Email: form.Get("email"), Name: form.Get("name"), RoleIDs: form.All("roles")}
	m, code, err := h.accounts.CreateMember(ctxOf(c), web.Caller(c), in)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showNewUser(c, http.StatusUnprocessableEntity, view.NewUserInput{
			Tenant: t, Email: in.Email, Name: in.Name, RoleIDs: in.RoleIDs, Invalid: invalid,
		})
	}
	if err != nil {
		return err
	}
	if code.Empty() {
		return done(c, views.Account(t.ID), "console.user.joined", "Name", m.User.Name, "Account", t.Name)
	}
	var ends time.Time
	if m.LinkExpiresAt != nil {
		ends = *m.LinkExpiresAt
	}
	return h.showLink(c, view.LinkInput{Tenant: t, Member: m, ExpiresAt: ends, New: true}, code)
}

func (h *Console) showNewUser(c echo.Context, status int, facts view.NewUserInput) error {
	roles, err := h.accounts.Roles(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Accounts)
	if err != nil {
		return err
	}
	facts.Roles = roles
	return web.Render(c, status, view.NewUserPage(view.NewUser(ctxOf(c), layout, facts)))
}

// NewLink makes a one-time password link and shows it once.
func (h *Console) NewLink(c echo.Context) error {
	t, m, err := h.member(c)
	if err != nil {
		return err
	}
	code, ends, err := h.accounts.NewPasswordLink(ctxOf(c), web.Caller(c), t.ID, m.UserID)
	if err != nil {
		return err
	}
	return h.showLink(c, view.LinkInput{Tenant: t, Member: m, ExpiresAt: ends}, code)
}

func (h *Console) showLink(c echo.Context, facts view.LinkInput, code models.Secret) error {
	layout, err := h.shell.Console(c, shell.Accounts)
	if err != nil {
		return err
	}
	facts.URL, facts.Now = h.publicURL+views.Password(code.Reveal()), h.now()
	return web.RenderSecret(c, http.StatusCreated, view.LinkPage(view.Link(ctxOf(c), layout, facts)))
}

// User shows a person of the account.
func (h *Console) User(c echo.Context) error {
	t, m, err := h.member(c)
	if err != nil {
		return err
	}
	return h.showUser(c, http.StatusOK, view.UserInput{Tenant: t, Member: m, RoleIDs: m.RoleIDs})
}

// SaveUser saves the person's roles.
func (h *Console) SaveUser(c echo.Context) error {
	t, m, err := h.member(c)
	if err != nil {
		return err
	}
	roles := web.Form(c).All("roles")
	err = h.accounts.SetMemberRoles(ctxOf(c), web.Caller(c), t.ID, m.UserID, roles)
	if invalid, ok := errors.AsType[*models.InvalidError](err); ok {
		return h.showUser(c, http.StatusUnprocessableEntity, view.UserInput{Tenant: t, Member: m, RoleIDs: roles, Invalid: invalid})
	}
	if err != nil {
		return err
	}
	return done(c, views.User(t.ID, m.UserID), "console.user.roles.saved", "Name", m.User.Name)
}

func (h *Console) showUser(c echo.Context, status int, facts view.UserInput) error {
	roles, err := h.accounts.Roles(ctxOf(c), web.Caller(c))
	if err != nil {
		return err
	}
	layout, err := h.shell.Console(c, shell.Accounts)
	if err != nil {
		return err
	}
	facts.Roles, facts.Now = roles, h.now()
	return web.Render(c, status, view.UserPage(view.User(ctxOf(c), layout, facts)))
}

// tenant is the account that the address names.
func (h *Console) tenant(c echo.Context) (models.Tenant, error) {
	return h.accounts.Tenant(ctxOf(c), web.Caller(c), c.Param("id"))
}

// member is the person of an account that the address names.
func (h *Console) member(c echo.Context) (models.Tenant, models.Member, error) {
	t, err := h.tenant(c)
	if err != nil {
		return models.Tenant{}, models.Member{}, err
	}
	m, err := h.accounts.Member(ctxOf(c), web.Caller(c), t.ID, c.Param("userId"))
	return t, m, err
}
