package accounts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-dev/latchkey/models"
)

type policyStore interface {
	ChangePolicy(ctx context.Context, tenantID string, change func(models.Policy) (models.Policy, error), event models.Event) error
	TokensBound(ctx context.Context, q models.BoundQuery) ([]models.Token, error)
	TokensOf(ctx context.Context, ids []string) ([]models.TokenRow, error)
}

// The longest life that a policy may set: what it forbids must leave a choice
// of the form's, and mean something.
const (
	leastLife = 24 * time.Hour
	mostLife  = 3650 * 24 * time.Hour
)

// PolicyChanged is the problem of an input that was made from a policy which is
// not in force any more.
const PolicyChanged = "policy_changed"

// aboveCeiling is an account's rule that would loosen the environment's.
const aboveCeiling = "above_ceiling"

// PolicyInput is a policy as a form gives it.
type PolicyInput struct {
	// MaxLife is 0 for none, else 1 to 3,650 days in whole minutes.
	MaxLife           time.Duration
	AddressesRequired bool
	// CreatePermission is a permission's key, empty for none; no wildcard.
	CreatePermission string
	// Lives are among models.Lives; nil or all of them shows all.
	Lives []int
	// Older binds tokens that a rule has spared so far, though its value stays.
	Older bool
	// Seen is the Mark of the policy that this one was made from: one that was
	// changed meanwhile is not overwritten. Empty overwrites whatever there is.
	Seen string
}

// PolicySheet is what a page about a policy shows.
type PolicySheet struct {
	Level    models.Level
	Policies models.Policies
	// Account is empty at the environment's level.
	Account models.Tenant
	// Permissions are those that CreatePermission can name, by key.
	Permissions []models.Permission
}

// Own is the policy of the sheet's level.
func (s PolicySheet) Own() models.Policy { return s.Policies.Of(s.Level) }

// Policy is the environment's, for operators.
func (a *Accounts) Policy(ctx context.Context, caller models.Caller) (PolicySheet, error) {
	if err := read(caller); err != nil {
		return PolicySheet{}, err
	}
	return a.sheet(ctx, "")
}

// TenantPolicy is that of the account the caller acts in, for people with the
// permission to see it, or to change it.
func (a *Accounts) TenantPolicy(ctx context.Context, caller models.Caller) (PolicySheet, error) {
	if !caller.May(models.ReadTokenPolicy) && !caller.May(models.WriteTokenPolicy) {
		return PolicySheet{}, models.ErrForbidden
	}
	return a.sheet(ctx, caller.TenantID)
}

// sheet reads a level: the environment's without a tenantID.
func (a *Accounts) sheet(ctx context.Context, tenantID string) (PolicySheet, error) {
	s := PolicySheet{Level: models.EnvironmentLevel}
	settings, err := a.store.Settings(ctx)
	if err != nil {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	if tenantID != "" {
		s.Level = models.AccountLevel
		if s.Account, err = a.tenant(ctx, tenantID); err != nil {
			return s, err
		}
	}
	s.Policies = s.Account.Policies(settings)
	all, err := a.store.Permissions(ctx)
	if err != nil {
		return s, fmt.Errorf("list permissions: %w", err)
	}
	s.Permissions = slices.DeleteFunc(all, func(p models.Permission) bool { return p.Wildcard() })
	return s, nil
}

// SetPolicy changes the environment's policy; operators may.
//
// Nothing is changed, and the answer says what would be, when live tokens would
// be touched and start does not name the rehearsal of this very input. A nil
// answer without an error is a saved policy.
//
// Errors: *models.InvalidError about life (life_range), permission
// (permission_unknown, too_long, characters), lives (lives_required, unknown),
// no field (policy_changed) or, with the rehearsal, about start (unknown,
// too_many_rules) or date (date_format, date_range); models.ErrForbidden for
// everybody else, which leaves an event.
func (a *Accounts) SetPolicy(ctx context.Context, caller models.Caller, in PolicyInput, start PolicyStart) (*Rehearsal, error) {
	e := a.event(caller, models.SettingsUpdated).About("settings", "", "policy")
	if err := a.allow(ctx, caller, e); err != nil {
		return nil, err
	}
	sheet, err := a.sheet(ctx, "")
	if err != nil {
		return nil, err
	}
	return a.setPolicy(ctx, sheet, in, start, e)
}

// SetTenantPolicy is SetPolicy for the account that the caller acts in; people
// with the permission to change it may. It can't loosen what the environment
// sets: *models.InvalidError besides about life and lives (above_ceiling).
func (a *Accounts) SetTenantPolicy(ctx context.Context, caller models.Caller, in PolicyInput, start PolicyStart) (*Rehearsal, error) {
	e := models.NewEvent(caller, models.TenantUpdated, models.Stamp(a.now())).About("policy", caller.TenantID, "")
	if !caller.May(models.WriteTokenPolicy) {
		if caller.Kind != models.Person {
			return nil, models.ErrForbidden
		}
		if err := a.store.AppendEvent(ctx, e.Refuse("permission")); err != nil {
			return nil, fmt.Errorf("note refused %s: %w", e.Action, err)
		}
		return nil, models.ErrForbidden
	}
	sheet, err := a.sheet(ctx, caller.TenantID)
	if err != nil {
		return nil, err
	}
	return a.setPolicy(ctx, sheet, in, start, e.About("policy", caller.TenantID, sheet.Account.Name))
}

func (a *Accounts) setPolicy(ctx context.Context, sheet PolicySheet, in PolicyInput, start PolicyStart, e models.Event) (*Rehearsal, error) {
	if err := in.meant(sheet.Own()); err != nil {
		return nil, err
	}
	in, err := a.checkPolicy(ctx, sheet, in, e)
	if err != nil {
		return nil, err
	}
	rehearsal, err := a.rehearse(ctx, sheet, in, e.At)
	if err != nil {
		return nil, err
	}
	from := e.At
	if rehearsal.Touches() {
		if start.Rehearsed != rehearsal.Digest {
			return &rehearsal, nil
		}
		if from, err = start.from(e.At); err != nil {
			return &rehearsal, err
		}
	}
	save := func(p models.Policy) (models.Policy, error) {
		if err := in.meant(p); err != nil {
			return p, err
		}
		next := in.over(p, from, e.At)
		if len(next.MaxLife.Steps) > models.MaxSteps || len(next.AddressesRequired.Steps) > models.MaxSteps {
			return p, models.Invalid("start", "too_many_rules")
		}
		return next, nil
	}
	if err := a.store.ChangePolicy(ctx, sheet.Account.ID, save, e); err != nil {
		return &rehearsal, fmt.Errorf("change the policy: %w", err)
	}
	return nil, nil
}

// meant tells whether the input was made from p.
func (in PolicyInput) meant(p models.Policy) error {
	if in.Seen == "" || in.Seen == p.Mark() {
		return nil
	}
	return models.Invalid("", PolicyChanged)
}

// over is p after in was saved at now. Rules that become stricter bind older
// tokens from from on, all others at once.
func (in PolicyInput) over(p models.Policy, from, now time.Time) models.Policy {
	shorter := func(a, b time.Duration) bool { return a != 0 && (b == 0 || a < b) }
	next := models.Policy{CreatePermission: in.CreatePermission, Lives: in.Lives}
	next.MaxLife = saved(p.MaxLife, in.MaxLife, in.Older, shorter, from, now)
	next.AddressesRequired = saved(p.AddressesRequired, in.AddressesRequired, in.Older, func(a, b bool) bool { return a && !b }, from, now)
	return next
}

func saved[T comparable](r models.Rule[T], value T, older bool, stricter func(a, b T) bool, from, now time.Time) models.Rule[T] {
	held := r.Held(now)
	if value == r.Value() && (!older || len(held) == 1) {
		return r
	}
	if !slices.ContainsFunc(held, func(h T) bool { return stricter(value, h) }) {
		from = now
	}
	return r.Save(value, from, now)
}

// checkPolicy gives the input as it can be kept. What an account may not ask
// for leaves an event.
func (a *Accounts) checkPolicy(ctx context.Context, sheet PolicySheet, in PolicyInput, e models.Event) (PolicyInput, error) {
	var c checker
	if in.MaxLife != 0 && (in.MaxLife < leastLife || in.MaxLife > mostLife || in.MaxLife%time.Minute != 0) {
		c.problems.Add("life", "life_range")
	}
	in.CreatePermission = c.text("permission", norm.NFC.String(in.CreatePermission), models.MaxPermissionKey)
	known := slices.ContainsFunc(sheet.Permissions, func(p models.Permission) bool { return p.Key == in.CreatePermission })
	if in.CreatePermission != "" && !known && in.CreatePermission != sheet.Own().CreatePermission {
		c.problems.Add("permission", "permission_unknown")
	}
	in.Lives = c.lives(in.Lives)
	if err := c.err(); err != nil {
		return in, err
	}
	if sheet.Level == models.EnvironmentLevel {
		return in, nil
	}
	ceiling := models.Policies{Environment: sheet.Policies.Environment}.Merge(e.At, e.At)
	if in.MaxLife != 0 && !ceiling.AllowsLife(in.MaxLife) {
		c.problems.Add("life", aboveCeiling)
	}
	if slices.ContainsFunc(in.Lives, func(days int) bool { return !slices.Contains(ceiling.Lives, days) }) {
		c.problems.Add("lives", aboveCeiling)
	}
	if slices.Equal(in.Lives, ceiling.Lives) {
		in.Lives = nil
	}
	if err := c.err(); err != nil {
		if noted := a.store.AppendEvent(ctx, e.Refuse(aboveCeiling)); noted != nil {
			return in, fmt.Errorf("note refused %s: %w", e.Action, noted)
		}
		return in, err
	}
	return in, nil
}

// lives are choices of expiry in their order, nil for all of them.
func (c *checker) lives(chosen []int) []int {
	if chosen == nil {
		return nil
	}
	all := models.Lives()
	if slices.ContainsFunc(chosen, func(days int) bool { return !slices.Contains(all, days) }) {
		c.problems.Add("lives", "unknown")
		return chosen
	}
	lives := slices.DeleteFunc(all, func(days int) bool { return !slices.Contains(chosen, days) })
	switch len(lives) {
	case 0:
		c.problems.Add("lives", "lives_required")
	case len(models.Lives()):
		return nil
	}
	return lives
}
