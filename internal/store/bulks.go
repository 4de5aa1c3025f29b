package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type bulkRow struct {
	ID        string  `gorm:"column:id;primaryKey"`
	TenantID  string  `gorm:"column:tenant_id"`
	Context   string  `gorm:"column:context"`
	UserID    *string `gorm:"column:user_id"`
	ActorID   string  `gorm:"column:actor_id"`
	IP        string  `gorm:"column:ip"`
	UserAgent string  `gorm:"column:user_agent"`
	RequestID string  `gorm:"column:request_id"`
	Action    string  `gorm:"column:action"`
	IDs       string  `gorm:"column:ids"`
	Filter    string  `gorm:"column:filter"`
	NoLater   string  `gorm:"column:no_later"`
	State     string  `gorm:"column:state"`
	Reason    string  `gorm:"column:reason"`
	Total     int64   `gorm:"column:total"`
	Seen      int64   `gorm:"column:seen"`
	Done      int64   `gorm:"column:done"`
	After     string  `gorm:"column:after"`
	Created   stamp   `gorm:"column:created_at"`
	Updated   stamp   `gorm:"column:updated_at"`
	Finished  *stamp  `gorm:"column:finished_at"`
	FormID    string  `gorm:"column:form_id"`
}

func (bulkRow) TableName() string { return "bulks" }

// filterDocument is a models.TokenFilter as it is kept.
type filterDocument struct {
	Search    string `json:"search,omitempty"`
	State     string `json:"state,omitempty"`
	NeverUsed bool   `json:"neverUsed,omitempty"`
	Kind      string `json:"kind,omitempty"`
	RoleKey   string `json:"role,omitempty"`
	Creator   string `json:"creator,omitempty"`
}

func newBulkRow(b models.Bulk) (*bulkRow, error) {
	ids, err := json.Marshal(b.IDs)
	if err != nil {
		return nil, fmt.Errorf("write ids: %w", err)
	}
	filter, err := json.Marshal(filterDocument{
		Search: b.Filter.Search, State: string(b.Filter.State), NeverUsed: b.Filter.NeverUsed,
		Kind: string(b.Filter.Kind), RoleKey: b.Filter.RoleKey, Creator: b.Filter.Creator,
	})
	if err != nil {
		return nil, fmt.Errorf("write a filter: %w", err)
	}
	return &bulkRow{
		ID: b.ID, TenantID: b.TenantID, Context: string(b.Context), UserID: optionalText(b.UserID), ActorID: b.ActorID,
		IP: clip(b.IP), UserAgent: clip(b.UserAgent), RequestID: clip(b.RequestID), Action: string(b.Action),
		IDs: string(ids), Filter: string(filter), NoLater: b.NoLater, State: string(b.State), Reason: b.Reason,
		Total: int64(b.Total), Seen: int64(b.Seen), Done: int64(b.Done), After: b.After,
		Created: stamp(b.CreatedAt), Updated: stamp(b.UpdatedAt), Finished: optionalStamp(b.FinishedAt), FormID: b.FormID,
	}, nil
}

func (r bulkRow) bulk() (models.Bulk, error) {
	b := models.Bulk{
		ID: r.ID, TenantID: r.TenantID, Context: models.Context(r.Context), UserID: textOf(r.UserID), ActorID: r.ActorID,
		IP: r.IP, UserAgent: r.UserAgent, RequestID: r.RequestID, Action: models.BulkAction(r.Action),
		NoLater: r.NoLater, State: models.BulkState(r.State), Reason: r.Reason,
		Total: int(r.Total), Seen: int(r.Seen), Done: int(r.Done), After: r.After,
		CreatedAt: r.Created.time(), UpdatedAt: r.Updated.time(), FinishedAt: r.Finished.optional(), FormID: r.FormID,
	}
	if err := json.Unmarshal([]byte(r.IDs), &b.IDs); err != nil {
		return b, fmt.Errorf("read ids: %w", err)
	}
	var f filterDocument
	if err := json.Unmarshal([]byte(r.Filter), &f); err != nil {
		return b, fmt.Errorf("read a filter: %w", err)
	}
	b.Filter = models.TokenFilter{
		Search: f.Search, State: models.TokenState(f.State), NeverUsed: f.NeverUsed,
		Kind: models.Kind(f.Kind), RoleKey: f.RoleKey, Creator: f.Creator,
	}
	return b, nil
}

// selected are the tokens of a bulk's list that it is about: no id later than
// NoLater, and of those that were deleted or, to be disabled, are disabled
// already none.
func selected(tx *gorm.DB, b models.Bulk) (*gorm.DB, error) {
	q := models.TokenQuery{TenantID: b.TenantID, Context: b.Context, UserID: b.UserID, Now: b.CreatedAt}
	if len(b.IDs) == 0 {
		q.TokenFilter = b.Filter
	}
	listed, err := filteredTokens(tx, q)
	if err != nil {
		return nil, err
	}
	if len(b.IDs) > 0 {
		listed = listed.Where("id IN ?", b.IDs)
	}
	if b.NoLater != "" {
		listed = listed.Where("id <= ?", b.NoLater)
	}
	if b.Action == models.BulkDisable {
		listed = listed.Where("disabled_at IS NULL")
	}
	return listed.Session(&gorm.Session{}), nil
}

// previewed is how many tokens a preview names.
const previewed = 5

// PreviewBulk counts what a bulk would touch now. models.ErrNotFound: its
// filter names a role that there is not.
func (s *Store) PreviewBulk(ctx context.Context, b models.Bulk) (models.BulkPreview, error) {
	var preview models.BulkPreview
	err := s.read(ctx, "preview bulk", func(tx *gorm.DB) error {
		tokens, err := selected(tx, b)
		if err != nil {
			return err
		}
		var counts struct{ Total, Used int }
		err = tokens.Select("count(*) AS total, count(CASE WHEN last_used_at > ? THEN 1 END) AS used", stamp(b.CreatedAt.Add(-models.UsedWithin))).
			Scan(&counts).Error
		if err != nil {
			return err
		}
		var rows []tokenRow
		if err := tokens.Order("id DESC").Limit(previewed).Find(&rows).Error; err != nil {
			return err
		}
		preview.Total, preview.Used = counts.Total, counts.Used
		for _, r := range rows {
			preview.First = append(preview.First, r.token())
		}
		if len(rows) > 0 {
			preview.NoLater = rows[0].ID
		}
		return nil
	})
	return preview, err
}

// CreateBulk adds one that waits. Of several at once with one FormID in one
// tenant the first wins, the others are models.ErrConflict.
func (s *Store) CreateBulk(ctx context.Context, b models.Bulk, event models.Event) error {
	row, err := newBulkRow(b)
	if err != nil {
		return translate("create bulk", err)
	}
	return s.write(ctx, "create bulk", []models.Event{event}, func(tx *gorm.DB) error { return tx.Create(row).Error })
}

// Bulk gives one of the tenant's.
func (s *Store) Bulk(ctx context.Context, tenantID, id string) (models.Bulk, error) {
	return s.bulkWhere(ctx, "bulk", "tenant_id = ? AND id = ?", tenantID, id)
}

// BulkByFormID gives the one that a form started.
func (s *Store) BulkByFormID(ctx context.Context, tenantID, formID string) (models.Bulk, error) {
	return s.bulkWhere(ctx, "bulk by form", "tenant_id = ? AND form_id = ?", tenantID, formID)
}

// OpenBulk gives the bulk that nobody has worked at for longest, and not since
// idle unless it waits; models.ErrNotFound when there is none.
func (s *Store) OpenBulk(ctx context.Context, idle time.Time) (models.Bulk, error) {
	return s.bulkWhere(ctx, "open bulk", "finished_at IS NULL AND (state = 'waiting' OR updated_at < ?)", stamp(idle))
}

func (s *Store) bulkWhere(ctx context.Context, op, condition string, args ...any) (models.Bulk, error) {
	var b models.Bulk
	err := s.one(ctx, op, func(db *gorm.DB) error {
		var row bulkRow
		if err := db.Where(condition, args...).Order("updated_at, id").Take(&row).Error; err != nil {
			return err
		}
		var err error
		b, err = row.bulk()
		return err
	})
	return b, err
}

// DeferBulk lets others go before a bulk that could not be worked at.
func (s *Store) DeferBulk(ctx context.Context, id string, now time.Time) error {
	return s.note(ctx, "defer bulk", func(tx *gorm.DB) error {
		return tx.Model(&bulkRow{}).Where("id = ? AND finished_at IS NULL", id).Update("updated_at", stamp(now)).Error
	})
}

// StepBulk does the next at most size tokens of a bulk in one transaction, each
// with its event, which about makes, and gives the bulk as it is afterwards.
// ended is written with the last step. Whoever else has worked at the bulk since
// b was read makes this models.ErrConflict. Where it fails, nothing is done and
// the bulk is given as it was.
func (s *Store) StepBulk(ctx context.Context, b models.Bulk, size int, now time.Time,
	about func(models.Token) models.Event, ended models.Event,
) (models.Bulk, error) {
	before := b
	err := s.note(ctx, "step bulk", func(tx *gorm.DB) error {
		rows, err := nextOf(tx, b, size)
		if err != nil {
			return err
		}
		var events []models.Event
		changed, err := applyBulk(tx, b, rows, now)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if changed[r.ID] {
				events = append(events, about(r.token()))
			}
		}
		b.Seen, b.Done, b.UpdatedAt, b.State = b.Seen+len(rows), b.Done+len(changed), now, models.BulkRunning
		if len(rows) > 0 {
			b.After = rows[len(rows)-1].ID
		}
		if len(rows) < size {
			b.State, b.FinishedAt = models.BulkFinished, &now
			events = append(events, ended)
		}
		if err := saveBulk(tx, before, b); err != nil || len(events) == 0 {
			return err
		}
		return appendEvents(tx, events)
	})
	if err != nil {
		return before, err
	}
	return b, nil
}

// nextOf are the next at most size tokens of a bulk. Those of a role that was
// deleted meanwhile are none: no token has it any more, and the bulk is over.
func nextOf(tx *gorm.DB, b models.Bulk, size int) ([]tokenRow, error) {
	tokens, err := selected(tx, b)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if b.After != "" {
		tokens = tokens.Where("id < ?", b.After)
	}
	var rows []tokenRow
	err = tokens.Order("id DESC").Limit(size).Find(&rows).Error
	return rows, err
}

// applyBulk gives the ids of the tokens that it changed: others may have been
// quicker with some.
func applyBulk(tx *gorm.DB, b models.Bulk, rows []tokenRow, now time.Time) (map[string]bool, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	changed := map[string]bool{}
	if len(ids) == 0 {
		return changed, nil
	}
	// Locked in the order of ids, as last-used is written.
	var still []string
	live := lockRow(tx.Model(&tokenRow{}), "NO KEY UPDATE").Where("id IN ? AND revoked_at IS NULL", ids)
	if b.Action == models.BulkDisable {
		live = live.Where("disabled_at IS NULL")
	}
	if err := live.Order("id").Pluck("id", &still).Error; err != nil {
		return nil, err
	}
	for _, id := range still {
		changed[id] = true
	}
	if len(still) == 0 {
		return changed, nil
	}
	if b.Action == models.BulkDelete {
		return changed, revoke(tx, b.ActorID, now, "id IN ?", still).Error
	}
	return changed, tx.Model(&tokenRow{}).Where("id IN ?", still).
		Updates(map[string]any{"disabled_at": stamp(now), "disabled_by": b.ActorID}).Error
}

// saveBulk writes how far a bulk has come, unless somebody else has since.
func saveBulk(tx *gorm.DB, before, b models.Bulk) error {
	saved := tx.Model(&bulkRow{}).
		Where("id = ? AND finished_at IS NULL AND seen = ? AND after = ?", b.ID, before.Seen, before.After).
		Updates(map[string]any{
			"state": string(b.State), "reason": b.Reason, "seen": b.Seen, "done": b.Done, "after": b.After,
			"updated_at": stamp(b.UpdatedAt), "finished_at": optionalStamp(b.FinishedAt),
		})
	if saved.Error == nil && saved.RowsAffected == 0 {
		return models.ErrConflict
	}
	return saved.Error
}

// StopBulk ends one that is not over; models.ErrConflict when it is.
func (s *Store) StopBulk(ctx context.Context, id, reason string, at time.Time, event models.Event) error {
	return s.write(ctx, "stop bulk", []models.Event{event}, func(tx *gorm.DB) error {
		stopped := tx.Model(&bulkRow{}).Where("id = ? AND finished_at IS NULL", id).Updates(map[string]any{
			"state": string(models.BulkStopped), "reason": reason, "updated_at": stamp(at), "finished_at": stamp(at),
		})
		if stopped.Error == nil && stopped.RowsAffected == 0 {
			return models.ErrConflict
		}
		return stopped.Error
	})
}

// PurgeBulks removes bulks that were over before a moment.
func (s *Store) PurgeBulks(ctx context.Context, before time.Time) error {
	return s.note(ctx, "purge bulks", func(tx *gorm.DB) error {
		return tx.Where("finished_at < ?", stamp(before)).Delete(&bulkRow{}).Error
	})
}
