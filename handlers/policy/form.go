package policy

import (
	"slices"
	"strconv"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/web"
)

// mostDays is more than any rule may have: far from what a duration can't hold.
const mostDays = 99_999

// sent is the form as it was sent.
type sent struct {
	values  views.PolicyValues
	policy  accounts.PolicyInput
	start   accounts.PolicyStart
	invalid models.InvalidError
}

// parse reads the fields of either page: the one that asks when the rule starts
// carries the rule itself along.
func parse(form web.Values) sent {
	s := sent{values: views.PolicyValues{
		Life: form.Get(views.PolicyLife), Days: form.Get(views.PolicyDays),
		Permission: form.Get(views.PolicyPermission), Lives: form.All(views.PolicyLives),
		Start: form.Get(views.PolicyStart), Date: form.Get(views.PolicyDate), Seen: form.Get(views.PolicySeen),
	}}
	s.values.Addresses, s.values.Older = s.on(form, views.PolicyAddresses), s.on(form, views.PolicyOlder)
	s.policy = accounts.PolicyInput{
		MaxLife: s.life(), AddressesRequired: s.values.Addresses, CreatePermission: s.values.Permission,
		Lives: s.lives(), Older: s.values.Older, Seen: s.values.Seen,
	}
	s.start = accounts.PolicyStart{Rehearsed: form.Get(views.PolicyRehearsed), When: s.values.Start}
	if date, err := time.Parse(time.DateOnly, s.values.Date); err == nil {
		s.start.Date = date
	}
	return s
}

// life is one of the offered lives, or the number of days in the field below them.
func (s *sent) life() time.Duration {
	if s.values.Life == views.PolicyCustom {
		days, ok := number(s.values.Days)
		if !ok || days < 1 || days > mostDays {
			s.invalid.Add(views.PolicyDays, "life_range")
			return 0
		}
		return models.LifeOf(days)
	}
	if days, ok := offered(s.values.Life); ok {
		return models.LifeOf(days)
	}
	s.invalid.Add(views.PolicyLife, "unknown")
	return 0
}

// lives is never nil: no box that is checked is no choice, and not all of them.
func (s *sent) lives() []int {
	lives := []int{}
	for _, value := range s.values.Lives {
		days, ok := offered(value)
		if !ok {
			s.invalid.Add(views.PolicyLives, "unknown")
			return lives
		}
		lives = append(lives, days)
	}
	return lives
}

func offered(value string) (int, bool) {
	days, ok := number(value)
	return days, ok && slices.Contains(models.Lives(), days)
}

// number reads a number that is spelt as we spell it.
func number(value string) (int, bool) {
	n, err := strconv.Atoi(value)
	return n, err == nil && strconv.Itoa(n) == value
}

// on is a box, which is not sent when it is off.
func (s *sent) on(form web.Values, name string) bool {
	if !form.Has(name) {
		return false
	}
	if form.Get(name) != "on" {
		s.invalid.Add(name, "unknown")
	}
	return true
}
