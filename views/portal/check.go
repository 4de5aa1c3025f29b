package portal

import (
	"context"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// CheckProps is the test of a token. Result is nil until it is asked for.
type CheckProps struct {
	Title, Text    string
	Action, Button string
	Result         *BannerProps
	// Where is from which addresses the result holds, empty for all.
	Where string
}

func checkCard(ctx context.Context, in TokenInput, at place) CheckProps {
	p := CheckProps{
		Title: words.T(ctx, "check.title"), Text: words.T(ctx, "check.text"),
		Action: at.token(in.Token.ID), Button: words.T(ctx, "check.button"),
	}
	if !in.Checked {
		return p
	}
	result := refusedBanner(ctx, in)
	if in.Reason == "" {
		result = worksBanner(ctx, in, at)
		p.Where = whereFrom(ctx, in)
	}
	result.Banner.Status = true
	p.Button, p.Result = words.T(ctx, "check.again"), &result
	return p
}

// worksBanner says with whose rights a token is let in.
func worksBanner(ctx context.Context, in TokenInput, at place) BannerProps {
	key := at.pick("check.works", "check.works.you")
	if len(in.Roles) == 0 {
		key = "check.works.noRole"
	}
	return BannerProps{
		Banner: ui.BannerProps{Tone: ui.Done},
		Rich:   words.Rich(ctx, key, words.Args{"Roles": strings.Join(roleNames(in.Roles), ", ")}),
	}
}

// refusedBanner says why a token is refused now, and what to do about it.
func refusedBanner(ctx context.Context, in TokenInput) BannerProps {
	if by, refused := in.Policies.Refuses(in.Token, in.Now); refused && in.Reason == reasonPolicy {
		return policyBanner(ctx, in, by)
	}
	return BannerProps{Banner: ui.BannerProps{Tone: ui.Harm}, Rich: words.Rich(ctx, refusedKey(in.Reason), words.Args{
		"Account": in.Account, "Reason": in.Reason,
		"Ago": words.Ago(ctx, in.Token.ExpiresAt, in.Now), "When": words.InstantLong(ctx, in.Token.ExpiresAt),
	})}
}

// policyBanner says which rule refuses the token, and whose it is.
func policyBanner(ctx context.Context, in TokenInput, by models.Level) BannerProps {
	terms := in.Policies.Merge(in.Token.CreatedAt, in.Now)
	args := words.Args{"By": levelName(ctx, by, in.Account), "Edit": place{in.Token.Context}.edit(in.Token.ID)}
	key := "check.refused.policy.life"
	switch {
	case terms.AddressesRequired.Value && in.Token.FromAnywhere() && in.MayWrite:
		key = "check.refused.policy.addresses"
	case terms.AddressesRequired.Value && in.Token.FromAnywhere():
		key = "check.refused.policy.addresses.reader"
	default:
		life := terms.MaxLife.Value
		args["Span"], args["Ago"] = views.LifeSpan(ctx, life), words.Ago(ctx, in.Token.CreatedAt.Add(life), in.Now)
	}
	return BannerProps{Banner: ui.BannerProps{Tone: ui.Harm}, Rich: words.Rich(ctx, key, args)}
}

// whereFrom says from which addresses a token works, and whether the address of whoever
// asks is one of them.
func whereFrom(ctx context.Context, in TokenInput) string {
	if len(in.Token.Addresses) == 0 {
		return ""
	}
	key := "check.from.yours"
	switch {
	case in.IP == "":
		key = "check.from"
	case !in.Token.AllowsAddress(in.IP):
		key = "check.from.others"
	}
	return words.T(ctx, key, words.Args{"Networks": firstNetworks(ctx, in.Token), "Address": in.IP})
}

// networksSaid is how many networks a sentence names.
const networksSaid = 3

// firstNetworks names some of the networks that a token may be used from, and how many
// more there are.
func firstNetworks(ctx context.Context, t models.Token) string {
	names := networks(t)
	more := len(names) - networksSaid
	if more <= 0 {
		return listed(ctx, names)
	}
	return listed(ctx, append(names[:networksSaid], words.N(ctx, "check.from.more", more)))
}

// networks are those that a token may be used from, as people write them: an address
// alone where there is no more than one in it.
func networks(t models.Token) []string {
	names := make([]string, len(t.Addresses))
	for i, n := range t.Addresses {
		names[i] = n.String()
		if n.IsSingleIP() {
			names[i] = n.Addr().String()
		}
	}
	return names
}

// listed says some names as people do: "one, two and three".
func listed(ctx context.Context, names []string) string {
	if len(names) == 0 {
		return ""
	}
	text := names[0]
	for i, name := range names[1:] {
		key := "list.next"
		if i == len(names)-2 {
			key = "list.last"
		}
		text = words.T(ctx, key, words.Args{"Head": text, "Name": name})
	}
	return text
}
