package console

import (
	"context"

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

// NewFaults says each problem in a sentence; labels are the names that people
// know the fields by. Problems of the whole form have no field to lead to.
func NewFaults(ctx context.Context, invalid *models.InvalidError, labels map[string]string) Faults {
	if invalid == nil || len(invalid.Problems) == 0 {
		return Faults{}
	}
	f := Faults{texts: map[string]string{}}
	for _, p := range invalid.Problems {
		label, known := labels[p.Field]
		text := words.T(ctx, problemKey(p.Key), words.Args(p.Args), words.Args{"Label": label})
		line := ui.FieldError{Text: text}
		if known {
			line.ID = fieldID(p.Field)
			if f.texts[p.Field] == "" {
				f.texts[p.Field] = text
			}
		}
		f.Summary.Errors = append(f.Summary.Errors, line)
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
	case "self":
		return "console.problem.self"
	case "last_operator":
		return "console.problem.lastOperator"
	default:
		return "console.problem.choice"
	}
}
