package web

import "github.com/latchkey-dev/latchkey/models"

// maxFormID is longer than any that we give out.
const maxFormID = 64

// NewFormID is an id by which a form that is sent twice makes one thing.
func NewFormID() string { return models.NewOpaque().Reveal() }

// CheckFormID gives the one-use id that came in a form's field, at most 64 bytes,
// or notes that there is none and gives another.
func CheckFormID(field, id string, invalid *models.InvalidError) string {
	if id == "" || len(id) > maxFormID {
		invalid.Add(field, "required")
		return NewFormID()
	}
	return id
}
