package handlers_test

import (
	"net/http"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
)

// keyDoors are about the keys of the vendor's programs.
func keyDoors() []door {
	about := func(act string, before func(b *bench, m vendors.Minted), values ...string) func(b *bench) errand {
		return func(b *bench) errand {
			m := b.vendorKey()
			if before != nil {
				before(b, m)
			}
			return errand{who: b.operator(), path: "/console/keys/" + m.Key.ID + act, form: formOf(values...)}
		}
	}
	rotated := func(b *bench) errand {
		m := b.vendorKey()
		return errand{who: b.operator(), path: "/console/keys/" + m.Key.ID + "/rotate", form: formOf(
			"overlap", "24", "form", models.NewOpaque().Reveal(), "replaces", m.Key.Secrets[0].ID)}
	}
	once := formID("form", "console.problem.required")
	const one = "/console/keys/:id"
	return []door{
		{route: "/console/keys", done: http.StatusCreated, open: func(b *bench) errand {
			return errand{who: b.operator(), path: "/console/keys", form: formOf("name", "Billing API", "form", models.NewOpaque().Reveal())}
		}, fields: []field{line(console, "name", 100, true), once}},
		{route: one + "/rotate", done: http.StatusCreated, open: rotated,
			fields: []field{hours("overlap", "2", "console.problem.choice"), once, replaced("replaces", "console.problem.required")}},
		{route: one + "/rotate/end", done: http.StatusSeeOther, open: about("/rotate/end", (*bench).rotateVendorKey)},
		{route: "/console/keys/signing/:id/rotate", done: http.StatusSeeOther, open: func(b *bench) errand {
			b.must(b.keys.Ensure(b.t.Context())) // what failed before may have left no next one
			b.clock.pass(signing.PublishedFor + time.Second)
			return errand{who: b.operator(), path: "/console/keys/signing/" + b.signingKey() + "/rotate", form: formOf()}
		}},
		{route: "/console/keys/signing/:id/remove", done: http.StatusSeeOther, open: func(b *bench) errand {
			b.must(b.keys.Ensure(b.t.Context()))
			return errand{who: b.operator(), path: "/console/keys/signing/" + b.signingKey() + "/remove", form: formOf()}
		}},
		{route: one + "/revoke", done: http.StatusSeeOther, open: about("/revoke", nil), fields: []field{free("confirm")}},
	}
}
