package models

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const days = 24 * time.Hour

var (
	monday = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	inWeek = monday.Add(7 * days)
)

// madeAt is a token without addresses and without an end of its own.
func madeAt(created time.Time) Token { return Token{CreatedAt: created, ExpiresAt: NeverExpires} }

func TestRule_SparesOlderTokensUntilItsDate(t *testing.T) {
	t.Parallel()
	old, young := monday.Add(-time.Microsecond), monday
	for name, row := range map[string]struct {
		from time.Time
		// Whether an old token is bound at the moments.
		before, atOnce, inAWeek, atTheEnd bool
	}{
		"now":             {monday, true, true, true, true},
		"on a date":       {inWeek, false, false, true, true},
		"new tokens only": {NeverExpires, false, false, false, false},
	} {
		r := Rule[bool]{}.Save(true, row.from, monday)
		for at, want := range map[time.Time]bool{
			monday: row.atOnce, inWeek.Add(-time.Microsecond): row.atOnce, inWeek: row.inAWeek, inWeek.Add(3650 * days): row.atTheEnd,
		} {
			if got := r.Bound(old, at); got != want {
				t.Errorf("%s: an old token at %s: %v", name, at, got)
			}
			if !r.Bound(young, at) {
				t.Errorf("%s: a new token is spared at %s", name, at)
			}
		}
		if !r.Value() {
			t.Errorf("%s: the value is lost", name)
		}
	}
}

func TestRule_UntilItsDateOlderTokensStayBoundAsTheyWere(t *testing.T) {
	t.Parallel()
	r := Rule[time.Duration]{}.Save(90*days, NeverExpires, monday)
	tuesday := monday.Add(days)
	r = r.Save(30*days, inWeek, tuesday)
	for _, row := range []struct {
		made, at time.Time
		want     time.Duration
	}{
		{monday.Add(-1), tuesday, 0},
		{monday, tuesday, 90 * days},
		{tuesday.Add(-1), inWeek.Add(-1), 90 * days},
		{tuesday, tuesday, 30 * days},
		{monday.Add(-1), inWeek, 30 * days},
		{monday, inWeek, 30 * days},
	} {
		if got := r.Bound(row.made, row.at); got != row.want {
			t.Errorf("made %s, at %s: %s, want %s", row.made, row.at, got, row.want)
		}
	}
}

func TestRule_KeepsOnlyStepsThatMatter(t *testing.T) {
	t.Parallel()
	r := Rule[bool]{}.Save(true, NeverExpires, monday).Save(true, inWeek, monday.Add(days))
	if len(r.Steps) != 2 {
		t.Errorf("steps %+v", r.Steps)
	}
	if r = r.Save(true, NeverExpires, inWeek); len(r.Steps) != 2 || !r.Steps[0].From.Equal(inWeek) {
		t.Errorf("a step that binds everybody leaves %+v", r.Steps)
	}
	if r = r.Save(false, inWeek, inWeek); len(r.Steps) != 0 {
		t.Errorf("nothing demanded is %+v", r.Steps)
	}
}

// genRule draws a rule that was saved some times, all within a year of monday.
func genRule[T comparable](t *rapid.T, label string, value *rapid.Generator[T]) Rule[T] {
	var r Rule[T]
	now := monday
	for range rapid.IntRange(0, 4).Draw(t, label+" saved") {
		now = now.Add(time.Duration(rapid.IntRange(1, 90*24).Draw(t, "later")) * time.Hour)
		from := rapid.SampledFrom([]time.Time{now, NeverExpires, now.Add(time.Duration(rapid.IntRange(1, 90*24).Draw(t, "from")) * time.Hour)}).Draw(t, "start")
		r = r.Save(value.Draw(t, label), from, now)
	}
	return r
}

func genPolicy(t *rapid.T, label string) Policy {
	p := Policy{
		MaxLife:           genRule(t, label+" life", rapid.Map(rapid.IntRange(0, 400), func(n int) time.Duration { return time.Duration(n) * days })),
		AddressesRequired: genRule(t, label+" addresses", rapid.Bool()),
		CreatePermission:  rapid.SampledFrom([]string{"", "tokens.make", "tokens.admin"}).Draw(t, label+" permission"),
	}
	if rapid.Bool().Draw(t, label+" has lives") {
		p.Lives = rapid.SliceOfDistinct(rapid.SampledFrom(Lives()), func(n int) int { return n }).Draw(t, label+" lives")
	}
	return p
}

func genMoment(t *rapid.T, label string) time.Time {
	return monday.Add(time.Duration(rapid.IntRange(-400*24, 800*24).Draw(t, label)) * time.Hour)
}

func TestRule_SavingBindsNewTokensAndChangesNothingForOldOnesBeforeItsDate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := genRule(t, "rule", rapid.IntRange(0, 3))
		now := monday.Add(400 * days)
		from := rapid.SampledFrom([]time.Time{now, now.Add(10 * days), NeverExpires}).Draw(t, "from")
		value := rapid.IntRange(0, 3).Draw(t, "value")
		saved := r.Save(value, from, now)
		made := genMoment(t, "made")
		at := now.Add(time.Duration(rapid.IntRange(0, 100*24).Draw(t, "at")) * time.Hour)
		want := value
		if made.Before(now) && at.Before(from) {
			want = r.Bound(made, at)
		}
		if got := saved.Bound(made, at); got != want {
			t.Fatalf("bound by %d, want %d: %+v, then %+v", got, want, r, saved)
		}
		if saved.Value() != value {
			t.Fatalf("value %d", saved.Value())
		}
	})
}

func TestMerge_WhoSetWhat(t *testing.T) {
	t.Parallel()
	life := func(n int) Policy { return Policy{MaxLife: Rule[time.Duration]{}.Save(LifeOf(n), monday, monday)} }
	for name, row := range map[string]struct {
		environment, account Policy
		want                 Demand[time.Duration]
	}{
		"nobody":                  {life(0), life(0), Demand[time.Duration]{}},
		"the environment":         {life(30), life(0), Demand[time.Duration]{30 * days, EnvironmentLevel}},
		"the account":             {life(0), life(30), Demand[time.Duration]{30 * days, AccountLevel}},
		"the account is stricter": {life(90), life(30), Demand[time.Duration]{30 * days, AccountLevel}},
		"the account is looser":   {life(30), life(90), Demand[time.Duration]{30 * days, EnvironmentLevel}},
		"both the same":           {life(30), life(30), Demand[time.Duration]{30 * days, EnvironmentLevel}},
	} {
		if got := (Policies{row.environment, row.account}).Merge(monday, monday).MaxLife; got != row.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	required := Policy{AddressesRequired: Rule[bool]{}.Save(true, monday, monday), CreatePermission: "a"}
	other := Policy{CreatePermission: "b"}
	got := Policies{required, other}.Merge(monday, monday)
	if got.AddressesRequired != (Demand[bool]{true, EnvironmentLevel}) ||
		!slices.Equal(got.CreatePermissions, []Demand[string]{{"a", EnvironmentLevel}, {"b", AccountLevel}}) {
		t.Errorf("terms %+v", got)
	}
	if got := (Policies{required, required}).Merge(monday, monday).CreatePermissions; len(got) != 1 {
		t.Errorf("permissions %+v", got)
	}
}

func TestMerge_NeverLooserThanEitherLevel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Policies{genPolicy(t, "environment"), genPolicy(t, "account")}
		made, now := genMoment(t, "made"), genMoment(t, "now")
		both := p.Merge(made, now)
		life := time.Duration(rapid.IntRange(0, 500).Draw(t, "life")) * days
		wanted := both.MaxLife.Value == 0 && both.MaxLife.By == ""
		for _, level := range levels {
			alone := Policies{Environment: p.Of(level)}.Merge(made, now)
			if both.AllowsLife(life) && !alone.AllowsLife(life) {
				t.Fatalf("%s is allowed, which the %s forbids", life, level)
			}
			if !both.AddressesRequired.Value && alone.AddressesRequired.Value {
				t.Fatalf("addresses are not required, which the %s does", level)
			}
			for _, days := range both.Lives {
				if !slices.Contains(alone.Lives, days) {
					t.Fatalf("%d days show, which the %s hides", days, level)
				}
			}
			for _, demand := range alone.CreatePermissions {
				if !slices.ContainsFunc(both.CreatePermissions, func(d Demand[string]) bool { return d.Value == demand.Value }) {
					t.Fatalf("%s is not demanded, which the %s does", demand.Value, level)
				}
			}
			// And no stricter than what somebody set.
			wanted = wanted || level == both.MaxLife.By && p.Of(level).MaxLife.Bound(made, now) == both.MaxLife.Value
		}
		if !wanted {
			t.Fatalf("nobody set %+v", both.MaxLife)
		}
	})
}

func TestChoices_ThereIsAlwaysOneToChoose(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Policies{genPolicy(t, "environment"), genPolicy(t, "account")}
		terms := p.Merge(monday, monday)
		chosen := terms.Preselected()
		if !slices.Contains(terms.Choices(), chosen) || !terms.AllowsLife(LifeOf(chosen)) {
			t.Fatalf("%d of %v, at most %s", chosen, terms.Choices(), terms.MaxLife.Value)
		}
	})
}

func TestPreselected_IsTheLongestAllowedOfAtMost90Days(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		life  int
		lives []int
		want  int
	}{
		{0, nil, 90}, {365, nil, 90}, {90, nil, 90}, {89, nil, 30}, {45, nil, 30}, {1, nil, 1},
		{0, []int{0, 365}, 0}, {0, []int{365}, 365}, {0, []int{0}, 0}, {365, []int{0, 365}, 365}, {400, []int{0}, 90},
		{7, []int{30, 365}, 7}, {0, []int{}, 90},
	} {
		p := Policy{MaxLife: Rule[time.Duration]{}.Save(LifeOf(row.life), monday, monday), Lives: row.lives}
		if got := (Policies{Account: p}).Merge(monday, monday).Preselected(); got != row.want {
			t.Errorf("at most %d of %v: %d, want %d", row.life, row.lives, got, row.want)
		}
	}
}

func TestRefuses_FromTheMomentTheTokenIsTooOld(t *testing.T) {
	t.Parallel()
	p := Policies{Account: Policy{MaxLife: Rule[time.Duration]{}.Save(30*days, monday, monday)}}
	token := madeAt(monday.Add(-10 * days))
	end := monday.Add(20 * days)
	for at, want := range map[time.Time]bool{monday: false, end.Add(-time.Microsecond): false, end: true} {
		if by, got := p.Refuses(token, at); got != want || got && by != AccountLevel {
			t.Errorf("at %s: %v by %q", at, got, by)
		}
	}
	if got, by := p.End(token, monday); !got.Equal(end) || by != AccountLevel {
		t.Errorf("ends %s by %q", got, by)
	}
	token.ExpiresAt = end.Add(-time.Microsecond)
	if got, by := p.End(token, monday); !got.Equal(token.ExpiresAt) || by != "" {
		t.Errorf("its own end is %s by %q", got, by)
	}
}

func TestRefuses_TokensFromAnywhereWhileAddressesAreRequired(t *testing.T) {
	t.Parallel()
	p := Policies{Environment: Policy{AddressesRequired: Rule[bool]{}.Save(true, inWeek, monday)}}
	token := madeAt(monday.Add(-days))
	if _, refused := p.Refuses(token, monday); refused {
		t.Error("refused before the date")
	}
	if end, by := p.End(token, monday); !end.Equal(inWeek) || by != EnvironmentLevel {
		t.Errorf("ends %s by %q", end, by)
	}
	if by, refused := p.Refuses(token, inWeek); !refused || by != EnvironmentLevel {
		t.Error("not refused at the date")
	}
	token.Addresses = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	if _, refused := p.Refuses(token, inWeek); refused {
		t.Error("refused with addresses")
	}
	token.Addresses = append(token.Addresses, netip.MustParsePrefix("::/0"))
	if _, refused := p.Refuses(token, inWeek); !refused {
		t.Error("not refused with all addresses")
	}
}

func TestFromAnywhere_IsAlsoTheWholeInParts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":                      true,
		"0.0.0.0/0":             true,
		"::/0":                  true,
		"192.0.2.0/24 ::/0":     true,
		"0.0.0.0/1 128.0.0.0/1": true,
		"0.0.0.0/1 128.0.0.0/2 192.0.0.0/2 10.0.0.0/8": true,
		"::/1 8000::/1":                  true,
		"0.0.0.0/1 10.0.0.0/8 0.0.0.0/1": false,
		"0.0.0.0/1 8000::/1":             false,
		"10.0.0.0/8 2001:db8::/32":       false,
		"203.0.113.7/32":                 false,
	} {
		token := Token{}
		for _, network := range strings.Fields(text) {
			token.Addresses = append(token.Addresses, netip.MustParsePrefix(network))
		}
		if got := token.FromAnywhere(); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
	if (Token{Addresses: []netip.Prefix{{}}}).FromAnywhere() {
		t.Error("a network that can't be read is nowhere")
	}
}

// What pages foretell is what happens: a token works until its End, and not from
// there on.
func TestEnd_IsTheFirstMomentAtWhichTheTokenIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Policies{genPolicy(t, "environment"), genPolicy(t, "account")}
		token := madeAt(genMoment(t, "made"))
		if rapid.Bool().Draw(t, "bound to addresses") {
			token.Addresses = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
		}
		if rapid.Bool().Draw(t, "has an end") {
			token.ExpiresAt = token.CreatedAt.Add(time.Duration(rapid.IntRange(1, 500).Draw(t, "life")) * days)
		}
		now := genMoment(t, "now")
		refused := func(at time.Time) bool {
			_, refused := p.Refuses(token, at)
			return refused || token.Expired(at)
		}
		end, by := p.End(token, now)
		if (by == "") != end.Equal(token.ExpiresAt) {
			t.Fatalf("ends %s by %q, its own end is %s", end, by, token.ExpiresAt)
		}
		if end.Before(NeverExpires) && !refused(maxTime(end, now)) {
			t.Fatalf("works at its end %s", end)
		}
		for at := now; at.Before(end) && at.Before(now.Add(1200*days)); at = at.Add(12 * time.Hour) {
			if refused(at) {
				t.Fatalf("refused at %s, before its end %s", at, end)
			}
		}
	})
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
