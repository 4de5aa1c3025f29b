package models

import (
	"slices"
	"time"
)

// Level says whose policy makes a demand.
type Level string

const (
	EnvironmentLevel Level = "environment"
	AccountLevel     Level = "account"
)

var levels = []Level{EnvironmentLevel, AccountLevel}

// Policies are the two levels that bind an account's tokens.
type Policies struct {
	Environment, Account Policy
}

// Of is the policy of one level.
func (p Policies) Of(l Level) Policy {
	if l == AccountLevel {
		return p.Account
	}
	return p.Environment
}

// Demand is a value in force and who set it: empty for nobody, the environment
// where both levels ask for the same.
type Demand[T any] struct {
	Value T
	By    Level
}

// Terms are what the levels together demand of one token.
type Terms struct {
	// MaxLife is 0 without a longest life.
	MaxLife           Demand[time.Duration]
	AddressesRequired Demand[bool]
	// CreatePermissions must all be held, each once.
	CreatePermissions []Demand[string]
	// Lives are the choices that both levels let the portal's form show.
	Lives []int
}

// Merge is the strictest of both levels, and who set it, for a token made at
// made as it is judged at now: never looser than either. A token that is being
// made is judged at the moment it is made.
func (p Policies) Merge(made, now time.Time) Terms {
	var t Terms
	for _, level := range levels {
		policy := p.Of(level)
		life := policy.MaxLife.Bound(made, now)
		if life != 0 && (t.MaxLife.Value == 0 || life < t.MaxLife.Value) {
			t.MaxLife = Demand[time.Duration]{life, level}
		}
		if !t.AddressesRequired.Value && policy.AddressesRequired.Bound(made, now) {
			t.AddressesRequired = Demand[bool]{true, level}
		}
		key := policy.CreatePermission
		if key != "" && !slices.ContainsFunc(t.CreatePermissions, func(d Demand[string]) bool { return d.Value == key }) {
			t.CreatePermissions = append(t.CreatePermissions, Demand[string]{key, level})
		}
	}
	for _, days := range Lives() {
		if p.Environment.shows(days) && p.Account.shows(days) {
			t.Lives = append(t.Lives, days)
		}
	}
	return t
}

func (p Policy) shows(days int) bool { return p.Lives == nil || slices.Contains(p.Lives, days) }

// AllowsLife tells whether a token may live so long; 0 is without an end.
func (t Terms) AllowsLife(life time.Duration) bool {
	return t.MaxLife.Value == 0 || life != 0 && life <= t.MaxLife.Value
}

// Lacks is the first permission that is demanded of whoever makes a token and
// not held; empty for none.
func (t Terms) Lacks(held PermissionSet) string {
	for _, demand := range t.CreatePermissions {
		if !held.Has(demand.Value) {
			return demand.Value
		}
	}
	return ""
}

// Lacks is Terms.Lacks for a token that is made at now.
func (p Policies) Lacks(held PermissionSet, now time.Time) string {
	return p.Merge(now, now).Lacks(held)
}

// Choices are the lives that the portal's form shows: those of Lives and, so
// that a token can be made whatever the levels left over, the one that would be
// preselected of all where none of Lives is allowed.
func (t Terms) Choices() []int {
	if slices.ContainsFunc(t.Lives, func(days int) bool { return t.AllowsLife(LifeOf(days)) }) {
		return t.Lives
	}
	choices := append(slices.Clone(t.Lives), t.preselected(Lives()))
	slices.Sort(choices)
	return choices
}

// Preselected is the choice that the form begins with: the longest that is
// allowed of at most 90 days, else the first allowed one.
func (t Terms) Preselected() int { return t.preselected(t.Choices()) }

// preselected is one day where nothing is allowed, which a longest life of at
// least a day rules out for all Lives.
func (t Terms) preselected(choices []int) int {
	allowed := slices.DeleteFunc(slices.Clone(choices), func(days int) bool { return !t.AllowsLife(LifeOf(days)) })
	if len(allowed) == 0 {
		return 1
	}
	best := allowed[0]
	for _, days := range allowed {
		if days > 0 && days <= 90 {
			best = days
		}
	}
	return best
}

// Refuses tells whether a token is refused at now, and whose policy does it.
// Its own end is not looked at.
func (p Policies) Refuses(t Token, now time.Time) (Level, bool) {
	terms := p.Merge(t.CreatedAt, now)
	if terms.AddressesRequired.Value && t.FromAnywhere() {
		return terms.AddressesRequired.By, true
	}
	if life := terms.MaxLife.Value; life != 0 && !now.Before(t.CreatedAt.Add(life)) {
		return terms.MaxLife.By, true
	}
	return "", false
}

// End is when a token ends if nothing changes: at its own end or, if that is
// sooner, when a policy refuses it, and whose does, empty for its own end. It
// is now for one that is refused already and NeverExpires for one without an end.
func (p Policies) End(t Token, now time.Time) (time.Time, Level) {
	end, by := t.ExpiresAt, Level("")
	for _, level := range levels {
		if sooner := p.Of(level).end(t, now); sooner.Before(end) {
			end, by = sooner, level
		}
	}
	return end, by
}

// BoundQuery asks for tokens that work now and that a policy might end.
type BoundQuery struct {
	// TenantID is empty for every account.
	TenantID string
	Now      time.Time
	// LongerThan picks tokens that live longer by themselves, 0 for none of
	// them; FromAnywhere those that may be used from anywhere.
	LongerThan   time.Duration
	FromAnywhere bool
	// After continues behind a token's id.
	After string
	Limit int
}
