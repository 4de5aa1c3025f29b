package gallery

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/console"
)

// billingKey is a vendor key in daily use.
func billingKey() models.VendorKeyRow {
	made := time.Date(2026, 6, 2, 9, 30, 0, 0, time.UTC)
	return models.VendorKeyRow{
		VendorKey:   models.VendorKey{ID: "0197-billing", Name: "Billing API", CreatedAt: made},
		CreatorName: "Noa Brandt",
		Secrets: []models.VendorSecret{{
			ID: "0197-billing-1", Prefix: "lk_vk", LastFour: "9f3K", CreatedAt: made, EndsAt: models.NeverExpires,
			LastUsedAt: *ago(4 * time.Minute), LastUsedIP: "203.0.113.9", LastUsedAgent: "axios/1.7.9",
		}},
	}
}

// rotating is the key with its old secret alive for three hours more.
func rotating() models.VendorKeyRow {
	key := billingKey()
	key.Name = "Reports API"
	old := key.Secrets[0]
	old.ReplacedAt, old.EndsAt = ago(21*time.Hour), at().Add(3*time.Hour)
	key.Secrets = []models.VendorSecret{{
		ID: "0197-billing-2", Prefix: "lk_vk", LastFour: "Tq0e", CreatedAt: *ago(21 * time.Hour), EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed,
	}, old}
	return key
}

// unusedKey was made on the command line and has not been used.
func unusedKey() models.VendorKeyRow {
	key := billingKey()
	key.ID, key.Name, key.CreatorName, key.CreatedAt = "0199-gateway", "API gateway in the second region, with a long name", "", *ago(2 * time.Hour)
	key.Secrets[0] = models.VendorSecret{ID: "0199-gateway-1", Prefix: "lk_vk", LastFour: "Zz81", CreatedAt: key.CreatedAt, EndsAt: models.NeverExpires, LastUsedAt: models.NeverUsed}
	return key
}

func keyFacts(key models.VendorKeyRow) console.VendorKeyInput {
	return console.VendorKeyInput{
		Key: key, ClientID: "6b3c9d1e-58a7-4f02-9c4b-7d21e0f8a635", PublicURL: "https://portal.vendor.example", Now: at(),
	}
}

func vendorKeyEntries() []Entry {
	frame := func(h views.Head) views.LayoutProps { return consoleFrame(h, "Keys", "Keys") }
	signing := signingKeys()
	counted := signing[0]
	counted.Live = 1284
	list := func(name string, keys ...models.VendorKeyRow) Entry {
		return consolePage("keys, "+name, func(h views.Head) templ.Component {
			return console.VendorKeysPage(console.VendorKeys(english(), frame(h), console.VendorKeysInput{Keys: keys, Signing: signing[:4], Now: at()}))
		})
	}
	create := func(name string, in console.NewVendorKeyInput) Entry {
		return consolePage("key, "+name, func(h views.Head) templ.Component {
			return console.NewVendorKeyPage(console.NewVendorKey(english(), frame(h), in))
		})
	}
	one := func(name string, key models.VendorKeyRow) Entry {
		return consolePage("key, "+name, func(h views.Head) templ.Component {
			return console.VendorKeyPage(console.VendorKey(english(), frame(h), keyFacts(key)))
		})
	}
	rotate := func(name string, key models.VendorKeyRow, overlap string, invalid *models.InvalidError) Entry {
		return consolePage("key, rotate"+name, func(h views.Head) templ.Component {
			return console.RotateVendorKeyPage(console.RotateVendorKey(english(), frame(h), console.RotateVendorKeyInput{
				VendorKeyInput: keyFacts(key), Overlaps: overlaps(), Overlap: overlap, Replaces: key.Secrets[0].ID, FormID: "form-id", Invalid: invalid,
			}))
		})
	}
	secret := func(name string, key models.VendorKeyRow, oldEnds *time.Time) Entry {
		return consolePage("key, "+name, func(h views.Head) templ.Component {
			return console.VendorSecretPage(console.VendorSecret(english(), frame(h), console.VendorSecretInput{
				VendorKeyInput: keyFacts(key), OldEnds: oldEnds,
				Secret: models.NewSecret("lk_vk_4nQ7wZ1sXcV8bL3kJ6hG9fD2aP5oI0uYtReWqTm9KzX2v0d3kZz81"),
			}))
		})
	}
	ask := func(name string, build func(h views.Head) console.ConfirmProps) Entry {
		return consolePage("key, "+name, func(h views.Head) templ.Component { return console.ConfirmPage(build(h)) })
	}
	second := func(name string, build func(h views.Head) console.SecondProps) Entry {
		return consolePage("key, "+name, func(h views.Head) templ.Component { return console.SecondPage(build(h)) })
	}
	later := at().Add(24 * time.Hour)
	return []Entry{
		list("some", unusedKey(), rotating(), billingKey()),
		list("none"),
		consolePage("keys, signing key just rotated", func(h views.Head) templ.Component {
			return console.VendorKeysPage(console.VendorKeys(english(), done(frame(h), "The RS256 key was rotated. Restart the processes with one of Frontegg’s SDKs now."),
				console.VendorKeysInput{Keys: []models.VendorKeyRow{billingKey()}, Signing: signing, Now: at()}))
		}),
		consolePage("keys, another algorithm was set", func(h views.Head) templ.Component {
			return console.VendorKeysPage(console.VendorKeys(english(), frame(h),
				console.VendorKeysInput{Keys: []models.VendorKeyRow{billingKey()}, Signing: newAlgorithm(), Now: at()}))
		}),
		create("new", console.NewVendorKeyInput{FormID: "form-id"}),
		create("refused input", console.NewVendorKeyInput{FormID: "form-id", Invalid: models.Invalid("name", "required")}),
		secret("the secret", unusedKey(), nil),
		secret("the secret after a rotation", billingKey(), &later),
		secret("the secret after a rotation without overlap", billingKey(), ago(0)),
		one("in use", billingKey()),
		one("never used", unusedKey()),
		one("in rotation", rotating()),
		rotate("", billingKey(), views.DefaultOverlap(), nil),
		rotate(", never used", unusedKey(), views.HoursValue(0), nil),
		rotate(", refused input", billingKey(), "", models.Invalid("overlap", "out_of_range")),
		ask("revoke", func(h views.Head) console.ConfirmProps {
			return console.RevokeVendorKey(english(), frame(h), keyFacts(billingKey()))
		}),
		ask("revoke, never used", func(h views.Head) console.ConfirmProps {
			return console.RevokeVendorKey(english(), frame(h), keyFacts(unusedKey()))
		}),
		ask("end the old secret", func(h views.Head) console.ConfirmProps {
			return console.EndOldVendorSecret(english(), frame(h), keyFacts(rotating()))
		}),
		ask("rotate the signing key", func(h views.Head) console.ConfirmProps {
			return console.RotateSigningKey(english(), frame(h), counted)
		}),
		ask("rotate the signing key of no access token", func(h views.Head) console.ConfirmProps {
			return console.RotateSigningKey(english(), frame(h), signing[0])
		}),
		ask("rotate the signing key of OAuth", func(h views.Head) console.ConfirmProps {
			return console.RotateSigningKey(english(), frame(h), signing[1])
		}),
		ask("remove the signing key", func(h views.Head) console.ConfirmProps {
			return console.RemoveSigningKey(english(), frame(h), counted)
		}),
		ask("remove the signing key of OAuth", func(h views.Head) console.ConfirmProps {
			return console.RemoveSigningKey(english(), frame(h), signing[1])
		}),
		ask("remove the next signing key", func(h views.Head) console.ConfirmProps {
			return console.RemoveSigningKey(english(), frame(h), signing[2])
		}),
		ask("remove a retired signing key", func(h views.Head) console.ConfirmProps {
			return console.RemoveSigningKey(english(), frame(h), signing[4])
		}),
		second("signing key rotated by somebody else", func(h views.Head) console.SecondProps {
			return console.SigningKeyRotatedBefore(english(), frame(h))
		}),
		second("next signing key not known yet", func(h views.Head) console.SecondProps {
			return console.SigningKeyTooNew(english(), frame(h), at().Add(20*time.Second))
		}),
		second("sent twice", func(h views.Head) console.SecondProps {
			return console.CreatedBefore(english(), frame(h), keyFacts(unusedKey()))
		}),
		second("rotated twice", func(h views.Head) console.SecondProps {
			return console.RotatedBefore(english(), frame(h), keyFacts(rotating()), *ago(time.Minute))
		}),
		second("rotated by somebody else", func(h views.Head) console.SecondProps {
			return console.RotatedBefore(english(), frame(h), keyFacts(rotating()), time.Time{})
		}),
		second("no rotation to end", func(h views.Head) console.SecondProps {
			return console.NoVendorRotation(english(), frame(h), keyFacts(billingKey()))
		}),
	}
}

// signingKeys are one in each place in life, as after a rotation of the RS256 key and a
// change of the setting.
func signingKeys() []models.SigningKeyRow {
	start := time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)
	due := at().Add(41 * 24 * time.Hour)
	return []models.SigningKeyRow{
		{SigningKey: models.SigningKey{ID: "q3Zr1mXo8Yw0dVt5bKc7LhNf2GsJ4uPe6TiAxRkMnE8", Algorithm: "RS256", State: models.KeyActive, CreatedAt: start, ActivatedAt: ago(time.Minute)}, InUse: true},
		{SigningKey: models.SigningKey{ID: "Wk2pYc9Tz5eQ1uHs7RjB3vXn8LmA4oGd6FiZtUxNb0E", Algorithm: "ES256", State: models.KeyActive, CreatedAt: start, ActivatedAt: ago(49 * 24 * time.Hour)}, InUse: true, RotatesAt: &due},
		{SigningKey: models.SigningKey{ID: "hN4vRb7Lq0sXw2KdYf9McTz6JgPe1UaOi8VtCxBm5Es", Algorithm: "RS256", State: models.KeyNext, CreatedAt: *ago(time.Minute)}, InUse: true},
		{SigningKey: models.SigningKey{ID: "5dGyKx1Wm8Rt3PzVa6QnUe0JcFh7LsBo9TiYbXvN2rM", Algorithm: "ES256", State: models.KeyNext, CreatedAt: *ago(49 * 24 * time.Hour)}, InUse: true},
		{SigningKey: models.SigningKey{
			ID: "B7u0fWqSd1NvXe9yHcT4oJzRk6Pa3LmGi8ZtVbCxU2Y", Algorithm: "RS256", State: models.KeyRetired,
			CreatedAt: start, RetiredAt: ago(time.Minute),
		}, InUse: true, Live: 1284},
	}
}

// newAlgorithm are the keys just after the setting named another algorithm.
func newAlgorithm() []models.SigningKeyRow {
	keys := signingKeys()
	soon := at().Add(30 * time.Second)
	due := soon.Add(90 * 24 * time.Hour)
	for i := range keys {
		if keys[i].Algorithm == "ES256" {
			keys[i].InUse, keys[i].RotatesAt = false, nil
		}
	}
	eddsa := models.SigningKeyRow{SigningKey: models.SigningKey{
		ID: "Zc8nLr3Xt6Vb1Qs9WyKm4HdPf7UjGe0TaOi2RxNvB5s", Algorithm: "EdDSA", State: models.KeyActive, CreatedAt: *ago(30 * time.Second), ActivatedAt: &soon,
	}, InUse: true, RotatesAt: &due}
	return slices.Insert(keys, 1, eddsa)
}

func overlaps() []time.Duration {
	return []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}
}
