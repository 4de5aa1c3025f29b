package models

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Policy is what one level, the environment or an account, demands of tokens.
// The zero Policy demands nothing.
type Policy struct {
	// MaxLife is the longest life of a token, counted from its creation, in
	// whole minutes; 0 is none.
	MaxLife Rule[time.Duration]
	// AddressesRequired refuses tokens that may be used from anywhere.
	AddressesRequired Rule[bool]
	// CreatePermission is a key that whoever makes a token must hold besides
	// the permission to make tokens; empty for none.
	CreatePermission string
	// Lives are the choices of expiry that the portal's form shows, of those
	// of Lives; nil for all. It binds that form only: over the API, and on the
	// command line, every life within MaxLife can be chosen.
	Lives []int
}

// Mark stands for the policy as it is: another one has another mark.
func (p Policy) Mark() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %v %q %v", p.MaxLife.Steps, p.AddressesRequired.Steps, p.CreatePermission, p.Lives))
	return hex.EncodeToString(sum[:8])
}

// Lives are the choices of how long a token works, in days; 0 is never.
func Lives() []int { return []int{0, 1, 7, 30, 90, 365} }

// day is the unit of Lives.
const day = 24 * time.Hour

// LifeOf is the choice as a duration.
func LifeOf(days int) time.Duration { return time.Duration(days) * day }

// MaxSteps bounds a rule: each step but the first spares older tokens.
const MaxSteps = 20

// Rule is one demand, and since when which tokens are bound by it: a rule that
// is changed may spare the tokens that exist already, until a date or for
// good. The zero Rule demands the zero value of everything.
type Rule[T comparable] struct {
	// Steps are the changes that still matter to somebody, oldest first.
	Steps []Step[T]
}

// Step is one change of a Rule.
type Step[T comparable] struct {
	Value T
	// SetAt is when it was saved. Tokens made then or later are bound by it.
	SetAt time.Time
	// From is when it binds the older ones too: SetAt for at once, a later
	// date, or NeverExpires for new tokens only. Until then they are bound by
	// the step before, as they were.
	From time.Time
}

// The choices of when a step that touches live tokens begins to bind them.
const (
	StartNow    = "now"
	StartOnDate = "date"
	StartForNew = "new"
)

// binds tells whether the step binds a token made at made.
func (s Step[T]) binds(made, now time.Time) bool {
	return !made.Before(s.SetAt) || !now.Before(s.From)
}

// Spares tells whether the step leaves older tokens alone as yet.
func (s Step[T]) Spares(now time.Time) bool { return now.Before(s.From) }

// Value is what binds the tokens that are made from now on.
func (r Rule[T]) Value() T {
	var value T
	if n := len(r.Steps); n > 0 {
		value = r.Steps[n-1].Value
	}
	return value
}

// Bound is what binds a token made at made: the latest step that does.
func (r Rule[T]) Bound(made, now time.Time) T {
	for _, step := range slices.Backward(r.Steps) {
		if step.binds(made, now) {
			return step.Value
		}
	}
	var none T
	return none
}

// Held are the values that tokens which exist already may be bound by.
func (r Rule[T]) Held(now time.Time) []T {
	var held []T
	for _, step := range slices.Backward(r.Steps) {
		held = append(held, step.Value)
		if !step.Spares(now) {
			return held
		}
	}
	var none T
	return append(held, none)
}

// Save is the rule after value was saved at now, to bind older tokens from
// from on. Steps that no token can be bound by any more are left out; the
// result may have more than MaxSteps, which the caller refuses.
func (r Rule[T]) Save(value T, from, now time.Time) Rule[T] {
	steps := append(slices.Clone(r.Steps), Step[T]{Value: value, SetAt: now, From: from})
	for i, step := range slices.Backward(steps) {
		if !step.Spares(now) {
			steps = steps[i:]
			break
		}
	}
	// A rule that nothing was demanded by begins as the zero Rule does.
	var none T
	for len(steps) > 0 && steps[0].Value == none {
		steps = steps[1:]
	}
	if len(steps) == 0 {
		return Rule[T]{}
	}
	return Rule[T]{Steps: steps}
}

// changes are the moments after now at which some token's bound may change.
func (r Rule[T]) changes(now time.Time) []time.Time {
	var at []time.Time
	for _, step := range r.Steps {
		if step.Spares(now) && step.From.Before(NeverExpires) {
			at = append(at, step.From)
		}
	}
	return at
}

// end is when the policy ends the token if nothing changes: the first moment
// from now on at which it is older than the life that binds it then, or has no
// addresses while they are required. It is now for a token that is refused
// already and NeverExpires for one that the policy does not end.
func (p Policy) end(t Token, now time.Time) time.Time {
	moments := append([]time.Time{now}, p.MaxLife.changes(now)...)
	moments = append(moments, p.AddressesRequired.changes(now)...)
	slices.SortFunc(moments, time.Time.Compare)
	for i, from := range moments {
		until := NeverExpires
		if i+1 < len(moments) {
			until = moments[i+1]
		}
		if p.AddressesRequired.Bound(t.CreatedAt, from) && t.FromAnywhere() {
			return from
		}
		life := p.MaxLife.Bound(t.CreatedAt, from)
		if life == 0 {
			continue
		}
		end := t.CreatedAt.Add(life)
		if end.Before(from) {
			end = from
		}
		if end.Before(until) {
			return end
		}
	}
	return NeverExpires
}
