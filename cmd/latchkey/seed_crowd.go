package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"iter"
	mathrand "math/rand/v2"
	"slices"
	"time"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/models"
)

const (
	// mostCrowd is what --tokens takes at most.
	mostCrowd = 10_000_000
	// bigAccount is how many of the crowd's tokens the first account gets; what
	// is beyond is spread over crowdAccounts accounts, it among them.
	bigAccount    = 100_000
	crowdAccounts = 1000
	// crowdPeople are made for the first account, fewPeople for each other one.
	crowdPeople = 40
	fewPeople   = 3
	// crowdSeed makes every crowd alike but for its ids and digests.
	crowdSeed = 20261123
)

// crowdAccount is an account that gets a share of the crowd.
type crowdAccount struct {
	id     string
	people []models.Member
	tokens int
}

// crowd loads n tokens of the past, and tells on progress how fast.
func (p *planter) crowd(ctx context.Context, first seededTenant, n int, progress io.Writer) error {
	began := time.Now()
	var all []crowdAccount
	for i, tokens := range shares(n) {
		id := first.ID
		if i > 0 {
			tenant, err := p.accounts.CreateTenant(ctx, system(), fmt.Sprintf("Customer %04d", i))
			if err != nil {
				return fmt.Errorf("make account %d: %w", i, explain(ctx, err))
			}
			id = tenant.ID
		}
		all = append(all, crowdAccount{id: id, tokens: tokens})
	}
	for i := range all {
		if err := p.crowdPeople(ctx, &all[i], i); err != nil {
			return err
		}
	}
	rows, err := p.store.LoadTokens(ctx, p.crowdTokens(all))
	if err != nil {
		return err
	}
	took := time.Since(began)
	_, err = fmt.Fprintf(progress, "%d tokens in %d accounts: %d rows in %.1f s, %.0f rows a second, indexes included\n",
		n, len(all), rows, took.Seconds(), float64(rows)/took.Seconds())
	return err
}

// shares are the tokens of each account, the first one's first.
func shares(n int) []int {
	all := []int{min(n, bigAccount)}
	rest, others := n-all[0], crowdAccounts-1
	for i := range others {
		if share := rest*(i+1)/others - rest*i/others; share > 0 {
			all = append(all, share)
		}
	}
	return all
}

func (p *planter) crowdPeople(ctx context.Context, a *crowdAccount, number int) error {
	count := fewPeople
	if number == 0 {
		count = crowdPeople
	}
	for i := range count {
		name := crowdNames[(number+i)%len(crowdNames)] + " " + crowdNames[(number*7+i*3+5)%len(crowdNames)]
		m, _, err := p.accounts.CreateMember(ctx, system(), accounts.NewMember{
			TenantID: a.id, Name: name, Email: fmt.Sprintf("p%d.c%d@crowd.example", i, number), RoleIDs: p.roleIDs([]string{"Admin", "Editor"}),
		})
		if err != nil {
			return fmt.Errorf("make %s: %w", name, explain(ctx, err))
		}
		a.people = append(a.people, m)
	}
	return nil
}

// crowdTokens are those of all accounts, one account after the other.
func (p *planter) crowdTokens(all []crowdAccount) iter.Seq[store.LoadedToken] {
	random := mathrand.New(mathrand.NewPCG(crowdSeed, crowdSeed))
	return func(yield func(store.LoadedToken) bool) {
		for _, a := range all {
			for i := range a.tokens {
				if !yield(p.crowdToken(random, a, i)) {
					return
				}
			}
		}
	}
}

// crowdToken is one that somebody may well have made: most of the last months,
// most for 90 days, those that ended long ago deleted since.
func (p *planter) crowdToken(random *mathrand.Rand, a crowdAccount, number int) store.LoadedToken {
	owner := a.people[random.IntN(len(a.people))].User
	days := oneOf(random, crowdLives)
	age := randomAge(random, 200*24*time.Hour, 3*365*24*time.Hour)
	if days > 0 {
		age = min(age, time.Duration(float64(days+45)*random.Float64()*float64(24*time.Hour)))
	}
	made := models.Stamp(p.now.Add(-age))
	t := models.Token{
		ID: models.NewID(made), TenantID: a.id, Context: models.API, Kind: models.ClientCredentials,
		Description: fmt.Sprintf("%s %s %d", oneOf(random, crowdJobs), oneOf(random, crowdPlaces), number),
		Prefix:      p.prefix + "_cs", LastFour: randomFour(random), CreatedBy: owner.ID,
		CreatedAt: made, ExpiresAt: models.NeverExpires, LastUsedAt: models.NeverUsed, Metadata: "{}",
	}
	if random.IntN(5) < 2 {
		t.Kind, t.Prefix = models.AccessToken, p.prefix+"_at"
	}
	if random.IntN(10) == 0 {
		t.Context, t.UserID = models.Personal, owner.ID
	} else {
		for range 1 + random.IntN(2) {
			t.RoleIDs = append(t.RoleIDs, p.roles[oneOf(random, crowdRoles)])
		}
		slices.Sort(t.RoleIDs)
		t.RoleIDs = slices.Compact(t.RoleIDs)
	}
	if days > 0 {
		t.ExpiresAt = made.AddDate(0, 0, days)
	}
	if random.IntN(100) == 0 {
		at := models.Stamp(p.now.Add(-age / 3))
		t.DisabledAt, t.DisabledBy = &at, owner.ID
	}
	secret := models.TokenSecret{
		ID: models.NewID(made), TokenID: t.ID, Digest: make([]byte, 32), Prefix: t.Prefix, LastFour: t.LastFour,
		CreatedAt: made, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}
	rand.Read(secret.Digest) // never fails: crypto/rand ends the process instead
	l := store.LoadedToken{Token: t, Secret: secret, Event: models.NewEvent(
		models.Caller{Kind: models.Person, UserID: owner.ID}, models.TokenCreated, made).About("token", t.ID, t.Description).In(a.id)}
	if random.IntN(10) > 0 {
		crowdUse(random, &l, p.now)
	}
	return l
}

// crowdUse is the last use of a token, and of its secret.
func crowdUse(random *mathrand.Rand, l *store.LoadedToken, now time.Time) {
	end := now
	if l.Token.ExpiresAt.Before(end) {
		end = l.Token.ExpiresAt
	}
	at := models.Stamp(end.Add(-randomAge(random, 4*24*time.Hour, end.Sub(l.Token.CreatedAt))))
	ip := fmt.Sprintf("%s.%d", oneOf(random, crowdNetworks), 1+random.IntN(254))
	agent := oneOf(random, crowdAgents)
	l.Token.LastUsedAt, l.Token.LastUsedIP, l.Token.LastUsedAgent, l.Secret.LastUsedAt = at, ip, agent, at
	l.Uses = []models.TokenUse{{TokenID: l.Token.ID, SecretID: l.Secret.ID, At: at, IP: ip, UserAgent: agent}}
}

// randomAge is mostly around mean, and at most most.
func randomAge(random *mathrand.Rand, mean, most time.Duration) time.Duration {
	return min(time.Duration(random.ExpFloat64()*float64(mean)), most)
}

func randomFour(random *mathrand.Rand) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	four := make([]byte, 4)
	for i := range four {
		four[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(four)
}

func oneOf[T any](random *mathrand.Rand, all []T) T { return all[random.IntN(len(all))] }

// What a crowd is made of.
var (
	crowdNames = []string{
		"Ada", "Bruno", "Chidi", "Dagny", "Emre", "Fatima", "Goran", "Hana", "Ilse", "Jonas", "Kaya", "Lindiwe", "Marek", "Nadia",
		"Oskar", "Paloma", "Quentin", "Rosa", "Sanjay", "Tove", "Umar", "Vera", "Wanjiru", "Ximena", "Yusuf", "Zoya",
	}
	crowdJobs = []string{
		"CI deploy pipeline", "Nightly export", "Warehouse sync", "Grafana dashboards", "Log shipper", "Payments reconciliation",
		"Terraform", "Backup job", "Partner sandbox", "Invoice mailer", "Stock feed", "Webhook relay", "Data lake import", "Support console",
	}
	crowdPlaces = []string{"production", "staging", "eu-west", "us-east", "Lisbon", "Oslo", "Accra", "Kyoto", "(old)", "for the on-call", "test"}
	crowdRoles  = []string{"Editor", "Reader", "ReportsReader", "ReportsReader", "ReportsWriter", "InventoryReader", "InventoryWriter", "BillingReader"}
	// crowdLives are days, 0 for ever.
	crowdLives    = []int{90, 90, 90, 90, 90, 365, 365, 30, 30, 7, 0}
	crowdNetworks = []string{"192.0.2", "198.51.100", "203.0.113"}
	crowdAgents   = []string{"curl/8.5.0", "python-requests/2.32", "Go-http-client/2.0", "Terraform/1.9.8", "Java-http-client/21", "node"}
)
