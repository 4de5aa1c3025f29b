package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/models"
)

// errNotEmpty is a database that people work in: demo data doesn't belong there.
var errNotEmpty = errors.New("this database has accounts already; demo data goes into an empty one")

// seeded is what seed made, secrets included: the one object that it prints.
type seeded struct {
	Vendor   seededVendor   `json:"vendor"`
	Operator seededSignIn   `json:"operator"`
	Tenants  []seededTenant `json:"tenants"`
}

type seededVendor struct {
	ClientID string `json:"client_id"`
	APIKey   string `json:"api_key"`
}

type seededSignIn struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type seededTenant struct {
	ID     string       `json:"id"`
	Name   string       `json:"name"`
	Users  []seededUser `json:"users"`
	Tokens seededTokens `json:"tokens"`
}

type seededUser struct {
	ID       string   `json:"id"`
	Email    string   `json:"email"`
	Password string   `json:"password"`
	Roles    []string `json:"roles"`
}

type seededTokens struct {
	AccessToken               seededKey    `json:"access_token"`
	ClientCredentials         seededClient `json:"client_credentials"`
	PersonalAccessToken       seededKey    `json:"personal_access_token"`
	PersonalClientCredentials seededClient `json:"personal_client_credentials"`
	PrivateKeyJWT             keyedClient  `json:"private_key_jwt"`
}

type seededKey struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

type seededClient struct {
	ClientID string `json:"client_id"`
	Secret   string `json:"secret"`
}

// keyedClient proves itself with a key of its own. Its private half is here and
// nowhere else.
type keyedClient struct {
	ClientID string `json:"client_id"`
	JWK      ecJWK  `json:"jwk"`
}

// writeJSON prints the object and nothing else.
func (d seeded) writeJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(d)
}

// writeText prints the sign-ins and the keys for people.
func (d seeded) writeText(w io.Writer) error {
	var err error
	say := func(format string, args ...any) {
		if err == nil {
			_, err = fmt.Fprintf(w, format+"\n", args...)
		}
	}
	say("Console\n  %-28s %s", d.Operator.Email, d.Operator.Password)
	say("\nYour programs\n  client id                    %s", d.Vendor.ClientID)
	say("  vendor key                   %s", d.Vendor.APIKey)
	for _, t := range d.Tenants {
		say("\n%s", t.Name)
		for _, u := range t.Users {
			say("  %-28s %s  %v", u.Email, u.Password, u.Roles)
		}
		say("  API token                    %s", t.Tokens.AccessToken.Secret)
		say("  client id                    %s", t.Tokens.ClientCredentials.ClientID)
		say("  client secret                %s", t.Tokens.ClientCredentials.Secret)
		say("  client id with a key         %s", t.Tokens.PrivateKeyJWT.ClientID)
		say("  its private key              %s", t.Tokens.PrivateKeyJWT.JWK.text())
	}
	return err
}

// seed puts two accounts into an empty database, through the same services
// that serve uses. Only the tokens of the past are written straight to the
// store, with dates that the demo's pages have something to say about; their
// secrets never existed. A crowd of that many more goes to the first account,
// and progress is told how fast.
func seed(ctx context.Context, s *services, crowd int, progress io.Writer) (seeded, error) {
	page, err := s.accounts.Tenants(ctx, system(), models.TenantQuery{Limit: 1})
	if err != nil {
		return seeded{}, err
	}
	if len(page.Rows) > 0 {
		return seeded{}, errNotEmpty
	}
	p, err := newPlanter(s, time.Now())
	if err != nil {
		return seeded{}, err
	}
	settings, err := s.accounts.Settings(ctx)
	if err != nil {
		return seeded{}, err
	}
	p.prefix = settings.TokenPrefix
	key, err := s.vendors.Create(ctx, system(), "Demo API", "")
	if err != nil {
		return seeded{}, err
	}
	data := seeded{Vendor: seededVendor{ClientID: key.ClientID, APIKey: key.Secret.Reveal()}}
	if data.Operator, err = p.operator(ctx); err != nil {
		return seeded{}, err
	}
	if err := p.makeRoles(ctx); err != nil {
		return seeded{}, err
	}
	if err := p.accounts.UpdateAudiences(ctx, system(), demoAudiences); err != nil {
		return seeded{}, fmt.Errorf("seed the audiences: %w", explain(ctx, err))
	}
	for _, t := range demoTenants {
		made, err := p.tenant(ctx, t)
		if err != nil {
			return seeded{}, fmt.Errorf("seed %s: %w", t.name, explain(ctx, err))
		}
		data.Tenants = append(data.Tenants, made)
	}
	if crowd > 0 {
		if err := p.crowd(ctx, data.Tenants[0], crowd, progress); err != nil {
			return seeded{}, fmt.Errorf("load %d tokens: %w", crowd, err)
		}
	}
	return data, nil
}

// planter makes the demo's things. Its own accounts and signin run on a clock
// that stands at the day when the demo's vendor began, so that accounts and
// people are older than their tokens.
type planter struct {
	*services
	now      time.Time
	accounts *accounts.Accounts
	signin   *signin.Signin
	prefix   string
	roles    map[string]string // ids by key
}

func newPlanter(s *services, now time.Time) (*planter, error) {
	now = models.Stamp(now)
	then := func() time.Time { return now.AddDate(0, 0, -demoAge) }
	p := &planter{services: s, now: now, roles: map[string]string{}}
	var err error
	if p.accounts, err = accounts.New(accounts.Config{Store: s.store, Now: then}); err != nil {
		return nil, err
	}
	p.signin, err = signin.New(signin.Config{Store: s.store, LimitKey: s.keyring.limit, Now: then})
	return p, err
}

func (p *planter) operator(ctx context.Context) (seededSignIn, error) {
	password := newPassword()
	err := p.signin.CreateOperator(ctx, system(), demoOperator.email, demoOperator.name, password)
	if err != nil {
		return seededSignIn{}, fmt.Errorf("seed the operator: %w", explain(ctx, err))
	}
	return seededSignIn{Email: demoOperator.email, Password: password.Reveal()}, nil
}

func (p *planter) makeRoles(ctx context.Context) error {
	for _, in := range demoPermissions {
		if _, err := p.accounts.CreatePermission(ctx, system(), in); err != nil {
			return fmt.Errorf("seed permission %s: %w", in.Key, explain(ctx, err))
		}
	}
	for _, in := range demoRoles {
		if _, err := p.accounts.CreateRole(ctx, system(), in); err != nil {
			return fmt.Errorf("seed role %s: %w", in.Key, explain(ctx, err))
		}
	}
	roles, err := p.accounts.Roles(ctx, system())
	if err != nil {
		return err
	}
	for _, r := range roles {
		p.roles[r.Key] = r.ID
	}
	return nil
}

func (p *planter) tenant(ctx context.Context, t demoTenant) (seededTenant, error) {
	tenant, err := p.accounts.CreateTenant(ctx, system(), t.name)
	if err != nil {
		return seededTenant{}, err
	}
	made := seededTenant{ID: tenant.ID, Name: tenant.Name}
	people := map[string]models.Member{}
	for _, d := range t.people {
		member, password, err := p.person(ctx, tenant.ID, d)
		if err != nil {
			return seededTenant{}, err
		}
		people[d.email] = member
		if d.printed {
			made.Users = append(made.Users, seededUser{ID: member.UserID, Email: d.email, Password: password.Reveal(), Roles: d.roles})
		}
	}
	for _, past := range t.past {
		if err := p.pastToken(ctx, tenant.ID, people[past.by].User, past); err != nil {
			return seededTenant{}, err
		}
	}
	made.Tokens, err = p.freshTokens(ctx, tenant, people[t.people[0].email])
	return made, err
}

// person makes one of the account's people. A waiting one has a link of today
// and no password; all others set one by their link, as people do.
func (p *planter) person(ctx context.Context, tenantID string, d demoPerson) (models.Member, models.Secret, error) {
	from := p.accounts
	if d.waiting {
		from = p.services.accounts
	}
	member, code, err := from.CreateMember(ctx, system(), accounts.NewMember{
		TenantID: tenantID, Email: d.email, Name: d.name, RoleIDs: p.roleIDs(d.roles),
	})
	if err != nil || d.waiting {
		return member, models.Secret{}, err
	}
	password := newPassword()
	if err := p.signin.UsePasswordLink(ctx, code.Reveal(), password, signin.Client{IP: d.ip}); err != nil {
		return member, models.Secret{}, err
	}
	if d.lastSignIn > 0 {
		if err := p.visit(ctx, d, password); err != nil {
			return member, models.Secret{}, err
		}
	}
	if d.disabled {
		err = p.accounts.DisableMember(ctx, system(), tenantID, member.UserID)
	}
	return member, password, err
}

// visit signs the person in and out again, as long ago as the demo says.
func (p *planter) visit(ctx context.Context, d demoPerson, password models.Secret) error {
	at := p.now.Add(-d.lastSignIn)
	desk, err := signin.New(signin.Config{
		Store: p.store, LimitKey: p.keyring.limit, Now: func() time.Time { return at },
	})
	if err != nil {
		return err
	}
	in, err := desk.SignIn(ctx, signin.SignInRequest{Email: d.email, Password: password, Client: signin.Client{IP: d.ip}})
	if err != nil {
		return err
	}
	return desk.SignOut(ctx, models.Caller{
		Kind: models.Person, UserID: in.User.ID, Name: in.User.Name, TenantID: in.Session.TenantID, IP: d.ip,
	}, in.Session)
}

func (p *planter) roleIDs(keys []string) []string {
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i] = p.roles[key]
	}
	return ids
}

// newPassword is random: no two demos have the same sign-ins.
func newPassword() models.Secret { return models.NewSecret(models.NewOpaque().Reveal()[:20]) }
