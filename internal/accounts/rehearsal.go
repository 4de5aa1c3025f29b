package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// A rehearsal reads the tokens that a policy might end by so many at a
	// time, and no more than so many in all: with a million tokens in the
	// database that is at most twenty statements, which together walk along
	// the primary key once.
	rehearsedAtOnce = 5_000
	rehearsedAtMost = 100_000
	// rehearsedShown is how many are listed.
	rehearsedShown = 50
)

// PolicyStart is a choice made on the page of a rehearsal; the zero one is none.
type PolicyStart struct {
	// Rehearsed is the Digest of the Rehearsal that was shown.
	Rehearsed string
	// When is one of models.StartNow, StartOnDate, for which Date counts, and
	// StartForNew.
	When string
	Date time.Time
}

func (s PolicyStart) from(now time.Time) (time.Time, error) {
	switch s.When {
	case models.StartNow:
		return now, nil
	case models.StartForNew:
		return models.NeverExpires, nil
	case models.StartOnDate:
		if s.Date.IsZero() {
			return now, models.Invalid("date", "date_format")
		}
		if !s.Date.After(now) || s.Date.After(now.Add(mostLife)) {
			return now, models.Invalid("date", "date_range")
		}
		return models.Stamp(s.Date), nil
	default:
		return now, models.Invalid("start", "unknown")
	}
}

// Rehearsal is what a policy would do to live tokens if it started now.
type Rehearsal struct {
	// Refused counts those that stop at once, Sooner those that end earlier
	// than they do now, Used those of either that were used in the last 24 hours.
	Refused, Sooner, Used int
	// More says that there may be more: only the first 100,000 that the policy
	// might end were judged.
	More bool
	// Tokens are the 50 that were used last.
	Tokens []RehearsedToken
	// Digest stands for the input that was rehearsed.
	Digest string
}

// RehearsedToken is a token that a policy would touch.
type RehearsedToken struct {
	models.TokenRow
	Account string
	// Refused stops at once; End is when it would end, else.
	Refused bool
	End     time.Time
}

// Touches tells whether any live token would notice.
func (r Rehearsal) Touches() bool { return r.Refused+r.Sooner > 0 || r.More }

// digest stands for an input at a level.
func (in PolicyInput) digest(tenantID string) string {
	text := fmt.Sprintf("%s %d %t %q %v %t", tenantID, in.MaxLife, in.AddressesRequired, in.CreatePermission, in.Lives, in.Older)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// rehearse judges live tokens by the policies as they are and as they would be.
func (a *Accounts) rehearse(ctx context.Context, sheet PolicySheet, in PolicyInput, now time.Time) (Rehearsal, error) {
	r := Rehearsal{Digest: in.digest(sheet.Account.ID)}
	own := sheet.Own()
	next := in.over(own, now, now)
	query := models.BoundQuery{TenantID: sheet.Account.ID, Now: now, Limit: rehearsedAtOnce}
	if !slices.Equal(own.MaxLife.Steps, next.MaxLife.Steps) {
		query.LongerThan = next.MaxLife.Value()
	}
	if !slices.Equal(own.AddressesRequired.Steps, next.AddressesRequired.Steps) {
		query.FromAnywhere = next.AddressesRequired.Value()
	}
	if query.LongerThan == 0 && !query.FromAnywhere {
		return r, nil
	}
	accounts, err := a.boundAccounts(ctx, sheet)
	if err != nil {
		return r, err
	}
	judge := rehearser{now: now, level: sheet.Level, next: next, accounts: accounts, result: &r}
	for read := 0; ; {
		tokens, err := a.store.TokensBound(ctx, query)
		if err != nil {
			return r, fmt.Errorf("rehearse: %w", err)
		}
		for _, t := range tokens {
			judge.token(t)
		}
		read += len(tokens)
		if len(tokens) < rehearsedAtOnce {
			break
		}
		if read >= rehearsedAtMost {
			r.More = true
			break
		}
		query.After = tokens[len(tokens)-1].ID
	}
	return r, a.describe(ctx, &r)
}

// boundAccount is an account's name and the policies that bind it now.
type boundAccount struct {
	name     string
	policies models.Policies
}

func (a *Accounts) boundAccounts(ctx context.Context, sheet PolicySheet) (map[string]boundAccount, error) {
	tenants := []models.Tenant{sheet.Account}
	if sheet.Level == models.EnvironmentLevel {
		var err error
		if tenants, err = a.store.AllTenants(ctx); err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
	}
	accounts := make(map[string]boundAccount, len(tenants))
	for _, t := range tenants {
		accounts[t.ID] = boundAccount{t.Name, models.Policies{Environment: sheet.Policies.Environment, Account: t.Policy}}
	}
	return accounts, nil
}

// rehearser judges one token after the other. It keeps those used last.
type rehearser struct {
	now      time.Time
	level    models.Level
	next     models.Policy
	accounts map[string]boundAccount
	result   *Rehearsal
}

func (j rehearser) token(t models.Token) {
	account := j.accounts[t.TenantID]
	before, after := account.policies, account.policies
	if j.level == models.EnvironmentLevel {
		after.Environment = j.next
	} else {
		after.Account = j.next
	}
	was, _ := before.End(t, j.now)
	end, _ := after.End(t, j.now)
	if !j.now.Before(was) || !end.Before(was) {
		return // refused as it is, or none the worse
	}
	touched := RehearsedToken{TokenRow: models.TokenRow{Token: t}, Account: account.name, Refused: !j.now.Before(end), End: end}
	if touched.Refused {
		j.result.Refused++
	} else {
		j.result.Sooner++
	}
	if t.LastUsedAt.After(j.now.Add(-models.UsedWithin)) {
		j.result.Used++
	}
	j.result.Tokens = append(j.result.Tokens, touched)
	if len(j.result.Tokens) > 20*rehearsedShown {
		j.result.Tokens = usedLast(j.result.Tokens)
	}
}

func usedLast(tokens []RehearsedToken) []RehearsedToken {
	slices.SortFunc(tokens, func(a, b RehearsedToken) int { return b.LastUsedAt.Compare(a.LastUsedAt) })
	return tokens[:min(len(tokens), rehearsedShown)]
}

// describe adds whose the listed tokens are and what they are called.
func (a *Accounts) describe(ctx context.Context, r *Rehearsal) error {
	r.Tokens = usedLast(r.Tokens)
	if len(r.Tokens) == 0 {
		return nil
	}
	ids := make([]string, len(r.Tokens))
	for i, t := range r.Tokens {
		ids[i] = t.ID
	}
	rows, err := a.store.TokensOf(ctx, ids)
	if err != nil {
		return fmt.Errorf("describe what was rehearsed: %w", err)
	}
	byID := map[string]models.TokenRow{}
	for _, row := range rows {
		byID[row.ID] = row
	}
	for i, t := range r.Tokens {
		if row, ok := byID[t.ID]; ok {
			r.Tokens[i].TokenRow = row
		}
	}
	return nil
}
