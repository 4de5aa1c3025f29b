package frontegg

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/browsers"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
)

// Tokens exchanges client credentials for JWTs, and manages tokens.
type Tokens interface {
	Mint(ctx context.Context, caller models.Caller, r tokens.MintRequest) (tokens.Minted, error)
	Each(ctx context.Context, caller models.Caller, r tokens.ListRequest, each func([]models.TokenRow) error) error
	Update(ctx context.Context, caller models.Caller, in models.Context, id string, u tokens.Update) (models.TokenRow, error)
	DeleteOfKind(ctx context.Context, caller models.Caller, in models.Context, kind models.Kind, id string) (models.TokenRow, error)
	Active(ctx context.Context, caller models.Caller, in models.Context, each func(subjects []string) error) error
	LookUp(ctx context.Context, caller models.Caller, r tokens.LookUpRequest) (tokens.Verdict, error)
	Exchange(ctx context.Context, r tokens.ExchangeRequest) (tokens.Exchanged, tokens.Verdict, error)
	Refresh(ctx context.Context, r tokens.RefreshRequest) (tokens.Exchanged, tokens.Verdict, error)
}

// Accounts knows accounts, people and their rights.
type Accounts interface {
	Tenant(ctx context.Context, caller models.Caller, id string) (models.Tenant, error)
	Member(ctx context.Context, caller models.Caller, tenantID, userID string) (models.Member, error)
	Users(ctx context.Context, caller models.Caller, q models.UserQuery) (models.UserPage, error)
	User(ctx context.Context, caller models.Caller, tenantID, userID string) (models.UserRow, error)
	Colleague(ctx context.Context, caller models.Caller, userID string) (models.User, error)
	RemoveMember(ctx context.Context, caller models.Caller, tenantID, userID string) error
	DisableMember(ctx context.Context, caller models.Caller, tenantID, userID string) error
	EnableMember(ctx context.Context, caller models.Caller, tenantID, userID string) error
	DeleteUser(ctx context.Context, caller models.Caller, userID string) error
	UpdateModules(ctx context.Context, caller models.Caller, api, personal *models.Visibility) error
	UpdateConfiguration(ctx context.Context, caller models.Caller, change models.SettingsChange) error
	Settings(ctx context.Context) (models.Settings, error)
	Rights(ctx context.Context, caller models.Caller) (accounts.Rights, error)
	OwnRoles(ctx context.Context, caller models.Caller) (map[string][]string, error)
	CreateRole(ctx context.Context, caller models.Caller, in accounts.RoleInput) (models.Role, error)
}

// Vendors knows the vendor's own programs.
type Vendors interface {
	SignIn(ctx context.Context, r vendors.Request) (vendors.SignedIn, error)
}

// SignIn judges people's passwords and slows whoever shows wrong secrets.
type SignIn interface {
	Admit(ctx context.Context, r signin.SignInRequest, begin func(user models.User, now time.Time) error) error
	EmailKey(email string) string
	CountWrong(ctx context.Context, what, ip string) error
}

// Browsers knows people who signed in from pages of the vendor's own.
type Browsers interface {
	Begin(ctx context.Context, user models.User, client models.Caller) (browsers.SignedIn, error)
	Refresh(ctx context.Context, cookie models.Secret, client models.Caller) (browsers.SignedIn, error)
	SignOut(ctx context.Context, cookie models.Secret, client models.Caller) error
	Switch(ctx context.Context, caller models.Caller, identity models.Identity, sessionID, tenantID string) error
}

// Keys has the public half of the key that signs JWTs, as PEM.
type Keys interface {
	PublicKey(ctx context.Context) (string, error)
}

// Config is what the handlers stand on; all of it is required.
type Config struct {
	Tokens   Tokens
	Accounts Accounts
	Vendors  Vendors
	SignIn   SignIn
	Browsers Browsers
	Keys     Keys
}

// Frontegg holds the handlers. It is safe for concurrent use.
type Frontegg struct{ cfg Config }

// New checks the config.
func New(cfg Config) (*Frontegg, error) {
	switch {
	case cfg.Tokens == nil, cfg.Accounts == nil, cfg.Vendors == nil, cfg.SignIn == nil, cfg.Browsers == nil, cfg.Keys == nil:
		return nil, errors.New("frontegg: Tokens, Accounts, Vendors, SignIn, Browsers and Keys are required")
	}
	return &Frontegg{cfg: cfg}, nil
}
