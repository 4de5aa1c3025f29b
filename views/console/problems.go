package console

import (
	"context"
	"slices"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// Faults are what a form's answer found wrong, in words. The zero value is a
// form without any.
type Faults struct {
	// Summary stands above the form and leads to each field.
	Summary ui.ErrorSummaryProps
	texts   map[string]string
}

// Of is the sentence beside a field, empty when nothing is wrong with it.
func (f Faults) Of(field string) string { return f.texts[field] }

// Field is the words of a control that follow its faults.
func (f Faults) Field(field, label, hint string) ui.FieldProps {
	return ui.FieldProps{ID: fieldID(field), Label: label, Hint: hint, Error: f.Of(field)}
}

// fieldID is the id of the control of a field.
func fieldID(field string) string { return "f-" + field }

// Label is the name that people know a field of a form by.
type Label struct{ Field, Text string }

// NewFaults says each problem in a sentence, in the order of the form's labels.
// Problems of the whole form come last and have no field to lead to.
func NewFaults(ctx context.Context, invalid *models.InvalidError, labels ...Label) Faults {
	if invalid == nil || len(invalid.Problems) == 0 {
		return Faults{}
	}
	f := Faults{texts: map[string]string{}}
	left := slices.Clone(invalid.Problems)
	for _, label := range labels {
		left = slices.DeleteFunc(left, func(p models.Problem) bool {
			if p.Field != label.Field {
				return false
			}
			text := words.T(ctx, problemKey(p.Key), words.Args(p.Args), words.Args{"Label": label.Text})
			f.texts[p.Field] = text
			f.Summary.Errors = append(f.Summary.Errors, ui.FieldError{ID: fieldID(p.Field), Text: text})
			return true
		})
	}
	for _, p := range left {
		text := words.T(ctx, problemKey(p.Key), words.Args(p.Args), words.Args{"Label": words.T(ctx, "console.problem.form")})
		f.Summary.Errors = append(f.Summary.Errors, ui.FieldError{Text: text})
	}
	f.Summary.Title = words.N(ctx, "console.problems", len(invalid.Problems))
	return f
}

// problemKey is the catalogue's sentence for a key of models.Problem.
func problemKey(key string) string {
	switch key {
	case "required":
		return "console.problem.required"
	case "too_long":
		return "console.problem.tooLong"
	case "characters":
		return "console.problem.characters"
	case "taken":
		return "console.problem.taken"
	case "email":
		return "console.problem.email"
	case "member":
		return "console.problem.member"
	case "role_unknown":
		return "console.problem.roleUnknown"
	case "permission_unknown":
		return "console.problem.permissionUnknown"
	case "key_format":
		return "console.problem.keyFormat"
	case "wildcard":
		return "console.problem.wildcard"
	case "built_in":
		return "console.problem.builtIn"
	case "audience":
		return "console.problem.audience"
	case "audience_characters":
		return "console.problem.audienceCharacters"
	case "audience_count":
		return "console.problem.audienceCount"
	case "audience_fragment":
		return "console.problem.audienceFragment"
	case "audience_long":
		return "console.problem.audienceLong"
	case "audience_secret":
		return "console.problem.audienceSecret"
	case "audience_twice":
		return "console.problem.audienceTwice"
	case "audience_user":
		return "console.problem.audienceUser"
	case "self":
		return "console.problem.self"
	case "last_operator":
		return "console.problem.lastOperator"
	default:
		return "console.problem.choice"
	}
}
