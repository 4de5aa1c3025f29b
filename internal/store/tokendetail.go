package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

// shownRefusals is how far back refusals are counted on a token's page.
const shownRefusals = 7 * 24 * time.Hour

// TokenDetail gives a live token of the tenant with all that its page shows, in
// a constant number of queries over one snapshot.
func (s *Store) TokenDetail(ctx context.Context, tenantID, id string, now time.Time) (models.TokenDetail, error) {
	var detail models.TokenDetail
	err := s.read(ctx, "token detail", func(tx *gorm.DB) error {
		var row tokenRow
		if err := tx.Where("tenant_id = ? AND id = ? AND revoked_at IS NULL", tenantID, id).Take(&row).Error; err != nil {
			return err
		}
		rows, err := tokenRows(tx, []tokenRow{row})
		if err != nil {
			return err
		}
		detail.TokenRow = rows[0]
		if detail.Context == models.Personal {
			if detail.Roles, err = memberRoles(tx, tenantID, detail.UserID); err != nil {
				return err
			}
		}
		if detail.Secrets, err = liveSecrets(tx, id, now); err != nil {
			return err
		}
		for i := range detail.Secrets {
			detail.Secrets[i].Digest = nil
		}
		if detail.Uses, err = usesOf(tx, id); err != nil {
			return err
		}
		if detail.Events, err = eventsAbout(tx, tenantID, id); err != nil {
			return err
		}
		if detail.Refusals, err = refusalSums(tx, id, now.Add(-shownRefusals).Truncate(time.Minute)); err != nil {
			return err
		}
		return setPeople(tx, &detail)
	})
	if err != nil {
		return models.TokenDetail{}, err
	}
	return detail, nil
}

// memberRoles are those of a person in an account, by name.
func memberRoles(tx *gorm.DB, tenantID, userID string) ([]models.Role, error) {
	var held []heldRole
	err := tx.Raw("SELECT user_id AS holder, role_id FROM membership_roles WHERE tenant_id = ? AND user_id = ?", tenantID, userID).Scan(&held).Error
	if err != nil {
		return nil, err
	}
	roles, _, err := rolesOf(tx, held)
	return roles[userID], err
}

// eventsAbout gives a token's latest events in its own account. What somebody
// in another account tried on its id is theirs, and stays there.
func eventsAbout(tx *gorm.DB, tenantID, tokenID string) ([]models.Event, error) {
	var rows []eventRow
	// The planner sees only by its own words that the partial index applies.
	err := tx.Where("target_id = ? AND target_id <> '' AND target_kind = 'token' AND tenant_id = ?", tokenID, tenantID).
		Order("number DESC").Limit(models.MostEvents).Find(&rows).Error
	return eventsOf(rows), err
}

// refusalSums adds a token's refusals up by reason, the latest first.
func refusalSums(tx *gorm.DB, tokenID string, since time.Time) ([]models.Refusal, error) {
	var rows []refusalRow
	err := tx.Raw(`SELECT token_id, reason, max(minute) AS minute, sum(count) AS count FROM token_refusals
		WHERE token_id = ? AND minute >= ? GROUP BY token_id, reason ORDER BY 3 DESC, reason`, tokenID, stamp(since)).
		Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	sums := make([]models.Refusal, len(rows))
	for i, r := range rows {
		sums[i] = models.Refusal{TokenID: r.TokenID, Reason: r.Reason, Minute: r.Minute.time(), Count: int(r.Count)}
	}
	return sums, nil
}

// setPeople names the contact and whoever did something. Who has left the
// account is a name there, and no address any more.
func setPeople(tx *gorm.DB, detail *models.TokenDetail) error {
	ids := []string{detail.ContactID, detail.DisabledBy}
	for _, e := range detail.Events {
		ids = append(ids, e.ActorID)
	}
	var found []struct {
		ID, Name, Email string
		Member          bool
	}
	err := tx.Raw(`SELECT u.id, u.email, u.name, m.user_id IS NOT NULL AS member FROM users u
		LEFT JOIN memberships m ON m.user_id = u.id AND m.tenant_id = ? WHERE u.id IN ?`,
		detail.TenantID, sortedOnce(ids)).Scan(&found).Error
	if err != nil {
		return err
	}
	detail.EventActors = map[string]models.User{}
	for _, f := range found {
		person := models.User{ID: f.ID, Name: f.Name}
		if f.Member {
			person.Email = f.Email
		}
		if f.ID == detail.ContactID {
			detail.Contact = &person
		}
		detail.EventActors[f.ID] = person
	}
	return nil
}

// Contacts gives the people who can be asked about a token of the tenant, by
// name: its members, but for those who are disabled here or everywhere. Only
// id, name and e-mail are filled.
func (s *Store) Contacts(ctx context.Context, tenantID string) ([]models.User, error) {
	var rows []userRow
	err := s.one(ctx, "contacts", func(db *gorm.DB) error {
		return db.Raw(`SELECT u.id, u.email, u.name FROM memberships m JOIN users u ON u.id = m.user_id
			WHERE m.tenant_id = ? AND m.disabled_at IS NULL AND u.disabled_at IS NULL AND u.deleted_at IS NULL
			ORDER BY u.name_folded, u.id`, tenantID).Scan(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	people := make([]models.User, len(rows))
	for i, r := range rows {
		people[i] = models.User{ID: r.ID, Name: r.Name, Email: r.Email}
	}
	return people, nil
}
