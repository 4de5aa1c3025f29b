package portal

import (
	"context"

	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// The reasons for which a token is refused, in the words of the engine's verdicts.
const (
	reasonAddress        = "address_not_allowed"
	reasonDisabled       = "disabled"
	reasonExpired        = "expired"
	reasonM2MDisabled    = "m2m_disabled"
	reasonNotYet         = "not_yet"
	reasonPolicy         = "policy"
	reasonRevoked        = "revoked"
	reasonSecretEnded    = "secret_ended"
	reasonTenantDisabled = "tenant_disabled"
	reasonUserDisabled   = "user_disabled"
	reasonUserGone       = "user_gone"
	reasonWrongAssertion = "wrong_assertion"
	reasonWrongBinding   = "wrong_binding"
	reasonWrongKind      = "wrong_kind"
	reasonWrongProof     = "wrong_proof"
	reasonWrongSecret    = "wrong_secret"
)

// refusedKey is the sentence that says why a token is refused now, and what to do.
func refusedKey(reason string) string {
	switch reason {
	case reasonAddress:
		return "check.refused.address"
	case reasonDisabled:
		return "check.refused.disabled"
	case reasonExpired:
		return "check.refused.expired"
	case reasonM2MDisabled:
		return "check.refused.m2mOff"
	case reasonPolicy:
		return "check.refused.policy"
	case reasonRevoked:
		return "check.refused.revoked"
	case reasonSecretEnded:
		return "check.refused.secretEnded"
	case reasonTenantDisabled:
		return "check.refused.accountDisabled"
	case reasonUserDisabled:
		return "check.refused.ownerDisabled"
	case reasonUserGone:
		return "check.refused.ownerGone"
	default:
		return "check.refused.other"
	}
}

// wasRefused says in a few words why a token was refused.
func wasRefused(ctx context.Context, reason string) string {
	switch reason {
	case reasonAddress:
		return words.T(ctx, "token.refusal.address")
	case reasonDisabled:
		return words.T(ctx, "token.refusal.disabled")
	case reasonExpired:
		return words.T(ctx, "token.refusal.expired")
	case reasonM2MDisabled:
		return words.T(ctx, "token.refusal.m2mOff")
	case reasonNotYet:
		return words.T(ctx, "token.refusal.notYet")
	case reasonPolicy:
		return words.T(ctx, "token.refusal.policy")
	case reasonRevoked:
		return words.T(ctx, "token.refusal.revoked")
	case reasonSecretEnded:
		return words.T(ctx, "token.refusal.secretEnded")
	case reasonTenantDisabled:
		return words.T(ctx, "token.refusal.accountDisabled")
	case reasonUserDisabled:
		return words.T(ctx, "token.refusal.ownerDisabled")
	case reasonUserGone:
		return words.T(ctx, "token.refusal.ownerGone")
	case reasonWrongAssertion:
		return words.T(ctx, "token.refusal.wrongAssertion")
	case reasonWrongBinding:
		return words.T(ctx, "token.refusal.wrongBinding")
	case reasonWrongKind:
		return words.T(ctx, "token.refusal.wrongKind")
	case reasonWrongProof:
		return words.T(ctx, "token.refusal.wrongProof")
	case reasonWrongSecret:
		return words.T(ctx, "token.refusal.wrongSecret")
	default:
		return words.T(ctx, "token.refusal.other", words.Args{"Reason": reason})
	}
}

// statusBadge says whether a token works, wherever it is used from.
func statusBadge(ctx context.Context, in TokenInput) ui.BadgeProps {
	switch in.Reason {
	case "":
		e := expiryUnder(ctx, in.Policies, in.Token, in.Now)
		if e.Tone != ui.BadgeBad && e.Tone != ui.BadgeWarn {
			return ui.BadgeProps{Text: words.T(ctx, "token.status.active"), Tone: ui.BadgeOK}
		}
		return ui.BadgeProps{Text: words.T(ctx, "token.status.expires", words.Args{"Until": e.Text}), Tone: e.Tone}
	case reasonExpired:
		return ui.BadgeProps{Text: words.T(ctx, "tokens.expired", words.Args{"Ago": words.Ago(ctx, in.Token.ExpiresAt, in.Now)}), Tone: ui.BadgeOver}
	case reasonDisabled:
		return ui.BadgeProps{Text: words.T(ctx, "token.status.disabled"), Tone: ui.BadgeOver, Icon: ui.IconPower}
	case reasonPolicy:
		return ui.BadgeProps{Text: words.T(ctx, "token.status.policy"), Tone: ui.BadgeOver}
	case reasonM2MDisabled:
		return ui.BadgeProps{Text: words.T(ctx, "tokens.off.mark"), Tone: ui.BadgeOver, Wrap: true}
	default:
		return ui.BadgeProps{Text: words.T(ctx, "token.status.refused"), Tone: ui.BadgeOver}
	}
}
