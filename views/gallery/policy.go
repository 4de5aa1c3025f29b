package gallery

import (
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
)

// policyOf is a state of the policy's form at a level.
func policyOf(h views.Head, level models.Level) views.PolicyInput {
	in := views.PolicyInput{
		Layout: consoleFrame(h, "Token policy", "Token policy"), Level: level, Action: "#", MayWrite: true, Now: at(),
		Permissions: []models.Permission{
			{Key: "reports.read", Name: "Read reports"}, {Key: "reports.write", Name: "Write reports"},
		},
	}
	if level == models.AccountLevel {
		in.Layout = portalFrame(h, "Security")
	}
	return in
}

// strict is a policy that demands everything, of new tokens only.
func strict(days int) models.Policy {
	made := at().Add(-48 * time.Hour)
	return models.Policy{
		MaxLife:           models.Rule[time.Duration]{}.Save(models.LifeOf(days), models.NeverExpires, made),
		AddressesRequired: models.Rule[bool]{}.Save(true, at().Add(7*24*time.Hour), made),
		CreatePermission:  "reports.write",
		Lives:             []int{7, 30, 90},
	}
}

func policyPage(name string, level models.Level, state func(*views.PolicyInput)) Entry {
	return Entry{Group: "Token policy", Name: name, Page: func(h views.Head) templ.Component {
		in := policyOf(h, level)
		state(&in)
		if in.Values.Life == "" {
			in.Values = views.ValuesOf(in)
		}
		return views.PolicyPage(views.Policy(english(), in))
	}}
}

func rehearsalPage(name string, level models.Level, state func(*views.RehearsalInput)) Entry {
	return Entry{Group: "Token policy", Name: name, Page: func(h views.Head) templ.Component {
		in := views.RehearsalInput{PolicyInput: policyOf(h, level), Refused: 2, Sooner: 1, Used: 1, Digest: "0f3a"}
		in.Values = views.PolicyValues{Life: "30", Lives: []string{"7", "30"}, Start: "new"}
		for i, t := range demoTokens()[:3] {
			in.Tokens = append(in.Tokens, views.RehearsedToken{
				TokenRow: t, Account: "Acme", Refused: i < 2, End: at().Add(9 * 24 * time.Hour),
			})
		}
		state(&in)
		return views.RehearsalPage(views.PolicyRehearsal(english(), in))
	}}
}

// policyEntries are the pages of an account's policy; environmentPolicyEntries
// those of the Console's.
func policyEntries() []Entry {
	return []Entry{
		policyPage("account, nothing set", models.AccountLevel, func(*views.PolicyInput) {}),
		policyPage("account, below a ceiling", models.AccountLevel, func(in *views.PolicyInput) {
			in.Policies = models.Policies{Environment: strict(90), Account: strict(30)}
		}),
		policyPage("account, may only read", models.AccountLevel, func(in *views.PolicyInput) {
			in.MayWrite, in.Policies.Account = false, strict(30)
		}),
		policyPage("account, refused input", models.AccountLevel, func(in *views.PolicyInput) {
			in.Values = views.PolicyValues{Life: views.PolicyCustom, Days: "0", Permission: "reports.gone"}
			in.Problems = []models.Problem{{Field: views.PolicyDays, Key: "life_range"}, {Field: views.PolicyLives, Key: "lives_required"}}
		}),
		rehearsalPage("account, rehearsal", models.AccountLevel, func(*views.RehearsalInput) {}),
		rehearsalPage("account, date refused", models.AccountLevel, func(in *views.RehearsalInput) {
			in.Values.Start, in.Values.Date = "date", "2020-01-01"
			in.Problems = []models.Problem{{Field: views.PolicyDate, Key: "date_range"}}
		}),
	}
}

func environmentPolicyEntries() []Entry {
	return []Entry{
		policyPage("environment, nothing set", models.EnvironmentLevel, func(*views.PolicyInput) {}),
		policyPage("environment, all set", models.EnvironmentLevel, func(in *views.PolicyInput) { in.Policies.Environment = strict(45) }),
		rehearsalPage("environment, many", models.EnvironmentLevel, func(in *views.RehearsalInput) {
			in.Refused, in.Sooner, in.Used, in.More = 80_500, 19_500, 41_000, true
		}),
	}
}
