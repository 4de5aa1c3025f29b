package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// policy is the column of a models.Policy: a JSON document. One that can't be
// read, from a newer release or damaged, is an error of whatever reads it and
// never taken for a policy that demands nothing.
type policy models.Policy

// policyDocument is the document's shape. Lives are absent for all of them.
type policyDocument struct {
	MaxLife           []stepDocument[int64] `json:"maxLifeMinutes,omitempty"`
	AddressesRequired []stepDocument[bool]  `json:"addressesRequired,omitempty"`
	CreatePermission  string                `json:"createPermission,omitempty"`
	Lives             []int                 `json:"lives,omitempty"`
}

type stepDocument[T any] struct {
	Value T         `json:"value"`
	SetAt time.Time `json:"setAt"`
	From  time.Time `json:"from"`
}

// ChangePolicy replaces the policy of the environment or, with a tenantID, of
// an account by what change makes of it. The row is locked meanwhile: of two
// changes at once neither is lost. An error of change's own comes through, and
// nothing is changed.
func (s *Store) ChangePolicy(ctx context.Context, tenantID string, change func(models.Policy) (models.Policy, error), event models.Event) error {
	return s.write(ctx, "change policy", []models.Event{event}, func(tx *gorm.DB) error {
		row := tx.Model(&settingsRow{}).Where("id = ?", theRow)
		if tenantID != "" {
			row = tx.Model(&tenantRow{}).Where("id = ?", tenantID)
		}
		row = row.Session(&gorm.Session{})
		var kept struct{ Policy policy }
		if err := lockRow(row, "UPDATE").Select("policy").Take(&kept).Error; err != nil {
			return err
		}
		next, err := change(models.Policy(kept.Policy))
		if err != nil {
			return err
		}
		return changed(row.Update("policy", policy(next)))
	})
}

// noPolicy is the document of a policy that demands nothing, which nearly
// every account has.
const noPolicy = "{}"

// longestLife is more minutes than any life has, and few enough for a duration.
const longestLife = 100_000_000

// Value implements driver.Valuer.
func (p policy) Value() (driver.Value, error) {
	minutes := func(d time.Duration) int64 { return int64(d / time.Minute) }
	document, err := json.Marshal(policyDocument{
		MaxLife: toDocument(p.MaxLife, minutes), AddressesRequired: toDocument(p.AddressesRequired, same[bool]),
		CreatePermission: p.CreatePermission, Lives: p.Lives,
	})
	return string(document), err
}

// Scan implements sql.Scanner.
func (p *policy) Scan(src any) error {
	*p = policy{}
	text, ok := src.(string)
	if !ok && src != nil {
		return fmt.Errorf("read a policy from %T", src)
	}
	if text == noPolicy || src == nil { // NULL where a join found no account
		return nil
	}
	var document policyDocument
	if err := strictly(text, &document); err != nil {
		return fmt.Errorf("read a policy: %w", err)
	}
	for _, step := range document.MaxLife {
		if step.Value < 0 || step.Value > longestLife {
			return fmt.Errorf("read a policy: %d minutes", step.Value)
		}
	}
	life, err := ofDocument(document.MaxLife, func(n int64) time.Duration { return time.Duration(n) * time.Minute })
	if err != nil {
		return fmt.Errorf("read a policy: longest life: %w", err)
	}
	addresses, err := ofDocument(document.AddressesRequired, same[bool])
	if err != nil {
		return fmt.Errorf("read a policy: addresses: %w", err)
	}
	*p = policy{MaxLife: life, AddressesRequired: addresses, CreatePermission: document.CreatePermission, Lives: document.Lives}
	return nil
}

// strictly reads one JSON object without a field that into does not know.
func strictly(text string, into any) error {
	if !strings.HasPrefix(text, "{") {
		return errors.New("not an object") // null would leave into as it is
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

func toDocument[T comparable, D any](r models.Rule[T], kept func(T) D) []stepDocument[D] {
	var steps []stepDocument[D]
	for _, s := range r.Steps {
		steps = append(steps, stepDocument[D]{Value: kept(s.Value), SetAt: models.Stamp(s.SetAt), From: models.Stamp(s.From)})
	}
	return steps
}

func ofDocument[T comparable, D any](steps []stepDocument[D], read func(D) T) (models.Rule[T], error) {
	var r models.Rule[T]
	for i, s := range steps {
		if s.SetAt.IsZero() || s.From.Before(s.SetAt) || i > 0 && s.SetAt.Before(steps[i-1].SetAt) {
			return r, errors.New("its times are out of order")
		}
		r.Steps = append(r.Steps, models.Step[T]{Value: read(s.Value), SetAt: models.Stamp(s.SetAt), From: models.Stamp(s.From)})
	}
	return r, nil
}

func same[T any](v T) T { return v }
