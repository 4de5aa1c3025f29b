package portal

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// The names of forms' fields, which are the ids of their controls too. A models.Problem
// is about one of them, or about the form as a whole.
const (
	FieldDescription = "description"
	FieldRoles       = "roles"
	FieldExpires     = "expires"
	FieldAddresses   = "addresses"
	FieldContact     = "contact"
	FieldMetadata    = "metadata"
	// FieldProof chooses between a secret, FieldJWK and FieldJWKSURL.
	FieldProof   = "proof"
	FieldJWK     = "jwk"
	FieldJWKSURL = "jwks_url"
	FieldSeen    = "seen"
	FieldOverlap = "overlap"
	FieldSilence = "silence"
	// FieldReplaces is the id of the secret that a rotation replaces.
	FieldReplaces = "replaces"
	FieldForm     = "form"
	FieldEmail    = "email"
	FieldName     = "name"
	FieldPassword = "password"
	FieldCurrent  = "current"
	FieldNext     = "next"
	FieldTenant   = "tenant"
	FieldValue    = "value"
	// FieldUsername is for password managers and never read.
	FieldUsername = "username"
)

// errorTexts is what is wrong with a form, in words.
type errorTexts struct {
	// beside is the sentence next to each field.
	beside  map[string]string
	summary ui.ErrorSummaryProps
}

// errorsIn turns problems into words; labels are the names of the form's fields.
// Problems with fields that the form does not show are about the form as a whole.
func errorsIn(ctx context.Context, problems []models.Problem, labels map[string]string) errorTexts {
	e := errorTexts{beside: map[string]string{}}
	for _, p := range problems {
		label, shown := labels[p.Field]
		text, whole := sentence(ctx, p, label)
		line := ui.FieldError{Text: text}
		if shown {
			line.ID = p.Field
			if !whole {
				line.Text = words.T(ctx, "problem.labelled", words.Args{"Label": label, "Text": text})
			}
			if e.beside[p.Field] == "" {
				e.beside[p.Field] = text
			}
		}
		e.summary.Errors = append(e.summary.Errors, line)
	}
	e.summary.Title = words.N(ctx, "problem.summary", len(e.summary.Errors))
	return e
}

// sentence is a problem in words, and whether it says by itself which field it means.
func sentence(ctx context.Context, p models.Problem, label string) (text string, whole bool) {
	switch {
	case p.Field == FieldRoles && p.Key == "required":
		return words.T(ctx, "tokens.problem.roleRequired"), true
	case p.Field == FieldRoles && p.Key == "unknown":
		return words.T(ctx, "tokens.problem.roleUnknown"), true
	case p.Field == FieldRoles && p.Key == "not_grantable":
		return words.T(ctx, "tokens.problem.roleNotGrantable"), true
	case p.Field == FieldExpires && p.Key == "policy_life":
		return words.T(ctx, "tokens.policy.problem"), true
	case p.Field == "" && p.Key == "not_grantable":
		return words.T(ctx, "rotate.problem.notGrantable"), true
	case p.Field == FieldContact && p.Key == "unknown":
		return words.T(ctx, "more.contact.unknown"), true
	case p.Field == FieldExpires:
		return words.T(ctx, "tokens.problem.expires"), true
	case p.Field == FieldForm:
		return words.T(ctx, "tokens.problem.form"), true
	case p.Field == FieldValue && p.Key == "not_key":
		return words.T(ctx, "find.problem.notKey"), true
	case p.Field == FieldValue && p.Key == "checksum":
		return words.T(ctx, "find.problem.checksum"), true
	case p.Field == FieldValue && p.Key == "unknown":
		return words.T(ctx, "find.problem.unknown"), true
	case p.Key == "required" && label != "":
		return words.T(ctx, "problem.required", words.Args{"Label": label}), true
	default:
		return words.T(ctx, "invalid."+p.Key, words.Args(p.Args)), false
	}
}
