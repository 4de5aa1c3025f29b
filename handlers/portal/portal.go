package portal

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/handlers/shell"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	view "github.com/latchkey-dev/latchkey/views/portal"
	"github.com/latchkey-dev/latchkey/web"
)

// Tokens makes, lists, changes and deletes tokens.
type Tokens interface {
	Mint(ctx context.Context, caller models.Caller, r tokens.MintRequest) (tokens.Minted, error)
	List(ctx context.Context, caller models.Caller, r tokens.ListRequest) (models.TokenPage, error)
	Overview(ctx context.Context, caller models.Caller, in models.Context) (models.TokenOverview, error)
	Find(ctx context.Context, caller models.Caller, secret models.Secret) (models.TokenRow, error)
	Get(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error)
	ByFormID(ctx context.Context, caller models.Caller, in models.Context, formID string) (models.TokenRow, error)
	Detail(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenDetail, error)
	Check(ctx context.Context, caller models.Caller, in models.Context, id, ip string) (tokens.Verdict, error)
	Update(ctx context.Context, caller models.Caller, in models.Context, id string, u tokens.Update) (models.TokenRow, error)
	Rotate(ctx context.Context, caller models.Caller, in models.Context, id string, r tokens.RotateRequest) (tokens.Minted, error)
	SecretByFormID(ctx context.Context, caller models.Caller, in models.Context, id, formID string) (models.TokenSecret, error)
	EndJWTs(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error)
	EndOldSecret(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error)
	CancelRotation(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error)
	Disable(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error)
	Enable(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error)
	Delete(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error)
	Contacts(ctx context.Context, caller models.Caller, in models.Context) ([]models.User, error)
	Export(ctx context.Context, caller models.Caller, r tokens.ListRequest, each func([]models.TokenRow) error) error
	PreviewBulk(ctx context.Context, caller models.Caller, r tokens.BulkRequest) (models.BulkPreview, error)
	StartBulk(ctx context.Context, caller models.Caller, r tokens.BulkRequest, typed string) (models.Bulk, error)
	Bulk(ctx context.Context, caller models.Caller, in models.Context, id string) (models.Bulk, error)
	BulkByFormID(ctx context.Context, caller models.Caller, in models.Context, formID string) (models.Bulk, error)
	StopBulk(ctx context.Context, caller models.Caller, in models.Context, id string) error
	RoleChoices(ctx context.Context, caller models.Caller) ([]tokens.RoleChoice, error)
}

// SignIn knows passwords, sessions and one-time links.
type SignIn interface {
	SignIn(ctx context.Context, r signin.SignInRequest) (signin.SignedIn, error)
	EmailKey(email string) string
	SignOut(ctx context.Context, caller models.Caller, session models.Session) error
	SwitchAccount(ctx context.Context, caller models.Caller, identity models.Identity, tenantID string) error
	ChangePassword(ctx context.Context, caller models.Caller, identity models.Identity, current, next models.Secret) (models.Secret, error)
	OpenLink(ctx context.Context, code string) (models.Link, *models.User, error)
	UsePasswordLink(ctx context.Context, code string, password models.Secret, client signin.Client) error
	OpenPortalLink(ctx context.Context, code string) (models.Handover, error)
	UsePortalLink(ctx context.Context, code string, client signin.Client) (signin.SignedIn, string, error)
	UseSetupLink(ctx context.Context, n signin.NewOperator, client signin.Client) error
}

// Config is what the handlers stand on.
type Config struct {
	// Tokens, SignIn and Shell are required.
	Tokens Tokens
	SignIn SignIn
	Shell  *shell.Shell
	// PublicURL is the address that programs use, without a slash at its end: it is in
	// the commands that people paste. Required.
	PublicURL string
	// Log takes faults that are answered by a page of their own; nil drops them.
	Log *slog.Logger
	// Now is the clock, nil for time.Now.
	Now func() time.Time
}

// Portal holds the handlers. It is safe for concurrent use.
type Portal struct{ cfg Config }

// New checks the config.
func New(cfg Config) (*Portal, error) {
	if cfg.Tokens == nil || cfg.SignIn == nil || cfg.Shell == nil {
		return nil, errors.New("portal: Tokens, SignIn and Shell are required")
	}
	if cfg.PublicURL == "" {
		return nil, errors.New("portal: PublicURL is required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Portal{cfg}, nil
}

// The shapes of what the token's pages are made of.
type (
	// tokenVerb is a change that needs no more than a token's id.
	tokenVerb  func(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenRow, error)
	askPage    func(context.Context, view.ChangeInput) view.AskProps
	secondPage func(context.Context, view.SecondInput) view.TwiceProps
)

// section is the line of the sidebar for a context.
func section(in models.Context) shell.Section {
	if in == models.Personal {
		return shell.PersonalTokens
	}
	return shell.APITokens
}

// otherList is the list of the other context, empty when the person can't open it.
func otherList(id *models.Identity, in models.Context) string {
	other := models.Personal
	if in == models.Personal {
		other = models.API
	}
	if !shell.MayOpen(id, other) {
		return ""
	}
	return views.Tokens(other, views.ListQuery{})
}

// account is the account that the person acts in; the routes let nobody else in here.
func account(c echo.Context) (*models.Identity, models.Tenant, error) {
	id := web.Identity(c)
	if id == nil || id.Tenant == nil {
		return nil, models.Tenant{}, models.ErrForbidden
	}
	return id, *id.Tenant, nil
}

// client is where a request of nobody known comes from.
func client(c echo.Context) signin.Client {
	return signin.Client{IP: web.IP(c), UserAgent: web.UserAgent(c), RequestID: web.RequestID(c)}
}
