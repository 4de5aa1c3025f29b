package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type eventRow struct {
	Number     int64  `gorm:"column:number;primaryKey;autoIncrement:false"`
	At         stamp  `gorm:"column:at"`
	Action     string `gorm:"column:action"`
	Outcome    string `gorm:"column:outcome"`
	Reason     string `gorm:"column:reason"`
	ActorKind  string `gorm:"column:actor_kind"`
	ActorID    string `gorm:"column:actor_id"`
	TargetKind string `gorm:"column:target_kind"`
	TargetID   string `gorm:"column:target_id"`
	TargetName string `gorm:"column:target_name"`
	TenantID   string `gorm:"column:tenant_id"`
	IP         string `gorm:"column:ip"`
	UserAgent  string `gorm:"column:user_agent"`
	RequestID  string `gorm:"column:request_id"`
}

func (eventRow) TableName() string { return "events" }

func newEventRow(e models.Event, number int64) eventRow {
	return eventRow{
		Number: number, At: stamp(e.At), Action: string(e.Action), Outcome: string(e.Outcome),
		Reason: clip(e.Reason), ActorKind: string(e.ActorKind), ActorID: clip(e.ActorID),
		TargetKind: clip(e.TargetKind), TargetID: clip(e.TargetID), TargetName: clip(e.TargetName),
		TenantID: clip(e.TenantID), IP: clip(e.IP), UserAgent: clip(e.UserAgent), RequestID: clip(e.RequestID),
	}
}

func (r eventRow) event() models.Event {
	return models.Event{
		Number: r.Number, At: r.At.time(), Action: models.Action(r.Action), Outcome: models.Outcome(r.Outcome),
		Reason: r.Reason, ActorKind: models.CallerKind(r.ActorKind), ActorID: r.ActorID,
		TargetKind: r.TargetKind, TargetID: r.TargetID, TargetName: r.TargetName,
		TenantID: r.TenantID, IP: r.IP, UserAgent: r.UserAgent, RequestID: r.RequestID,
	}
}

// appendEvents takes the next numbers and writes the events. It has to be the
// last thing that a transaction does: from here on it holds the counter's row.
func appendEvents(tx *gorm.DB, events []models.Event) error {
	var last int64
	err := tx.Raw("UPDATE change_counter SET n = n + ? WHERE id = 1 RETURNING n", len(events)).Scan(&last).Error
	if err != nil {
		return err
	}
	rows := make([]eventRow, len(events))
	for i, e := range events {
		rows[i] = newEventRow(e, last-int64(len(events)-1-i))
	}
	return tx.Create(&rows).Error
}

// AppendEvent writes an event that comes with no other change: a refusal, or a
// sign-in that failed. The store numbers it.
func (s *Store) AppendEvent(ctx context.Context, event models.Event) error {
	return s.write(ctx, "append event", []models.Event{event}, func(*gorm.DB) error { return nil })
}

// Events gives at most limit events with numbers above after, in order.
func (s *Store) Events(ctx context.Context, after int64, limit int) ([]models.Event, error) {
	var rows []eventRow
	err := s.one(ctx, "events", func(db *gorm.DB) error {
		return db.Where("number > ?", after).Order("number").Limit(limit).Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	return eventsOf(rows), nil
}

func eventsOf(rows []eventRow) []models.Event {
	events := make([]models.Event, len(rows))
	for i, r := range rows {
		events[i] = r.event()
	}
	return events
}
