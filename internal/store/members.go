package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type membershipRow struct {
	TenantID string `gorm:"column:tenant_id;primaryKey"`
	UserID   string `gorm:"column:user_id;primaryKey"`
	Created  stamp  `gorm:"column:created_at"`
	Disabled *stamp `gorm:"column:disabled_at"`
}

func (membershipRow) TableName() string { return "memberships" }

func (r membershipRow) membership(roleIDs []string) models.Membership {
	return models.Membership{
		TenantID: r.TenantID, UserID: r.UserID, RoleIDs: roleIDs,
		CreatedAt: r.Created.time(), DisabledAt: r.Disabled.optional(),
	}
}

type membershipRoleRow struct {
	TenantID string `gorm:"column:tenant_id;primaryKey"`
	UserID   string `gorm:"column:user_id;primaryKey"`
	RoleID   string `gorm:"column:role_id;primaryKey"`
}

func (membershipRoleRow) TableName() string { return "membership_roles" }

// Members gives an account's people by folded name, with their roles, how many
// live personal tokens each has there, and the end of an open password link.
func (s *Store) Members(ctx context.Context, tenantID string, now time.Time) ([]models.Member, error) {
	var members []models.Member
	err := s.read(ctx, "members", func(tx *gorm.DB) (err error) {
		members, err = membersWhere(tx, tenantID, "", now)
		return err
	})
	return members, err
}

// Member gives one of an account's people.
func (s *Store) Member(ctx context.Context, tenantID, userID string, now time.Time) (models.Member, error) {
	var member models.Member
	err := s.read(ctx, "member", func(tx *gorm.DB) error {
		if userID == "" {
			return models.ErrNotFound
		}
		members, err := membersWhere(tx, tenantID, userID, now)
		if err != nil {
			return err
		}
		if len(members) == 0 {
			return models.ErrNotFound
		}
		member = members[0]
		return nil
	})
	return member, err
}

// RolesOf gives the ids of a person's roles, sorted, by account.
func (s *Store) RolesOf(ctx context.Context, userID string) (map[string][]string, error) {
	var held []membershipRoleRow
	err := s.one(ctx, "roles of a user", func(db *gorm.DB) error {
		return db.Raw(`SELECT mr.tenant_id, mr.user_id, mr.role_id FROM memberships m
			JOIN membership_roles mr ON mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id
			WHERE m.user_id = ? ORDER BY mr.tenant_id, mr.role_id`, userID).Scan(&held).Error
	})
	roles := map[string][]string{}
	for _, h := range held {
		roles[h.TenantID] = append(roles[h.TenantID], h.RoleID)
	}
	return roles, err
}

// membersWhere reads an account's people, or one of them, in a constant number
// of queries.
func membersWhere(tx *gorm.DB, tenantID, userID string, now time.Time) ([]models.Member, error) {
	of := func(db *gorm.DB) *gorm.DB {
		db = db.Where("tenant_id = ?", tenantID)
		if userID != "" {
			db = db.Where("user_id = ?", userID)
		}
		return db
	}
	var memberships []membershipRow
	if err := of(tx).Find(&memberships).Error; err != nil {
		return nil, err
	}
	byUser := map[string]membershipRow{}
	ids := make([]string, len(memberships))
	for i, m := range memberships {
		ids[i] = m.UserID
		byUser[m.UserID] = m
	}
	var users []userRow
	if err := tx.Where("id IN ? AND deleted_at IS NULL", ids).Order("name_folded, id").Find(&users).Error; err != nil {
		return nil, err
	}
	var held []heldRole
	err := of(tx.Model(&membershipRoleRow{})).Select("user_id AS holder, role_id").Scan(&held).Error
	if err != nil {
		return nil, err
	}
	roles, roleIDs, err := rolesOf(tx, held)
	if err != nil {
		return nil, err
	}
	tokens, links, err := belongings(tx, tenantID, ids, now)
	if err != nil {
		return nil, err
	}
	members := make([]models.Member, len(users))
	for i, u := range users {
		members[i] = models.Member{
			Membership: byUser[u.ID].membership(roleIDs[u.ID]), User: u.user(), Roles: roles[u.ID],
			PersonalTokens: tokens[u.ID], LinkExpiresAt: links[u.ID],
		}
	}
	return members, nil
}

// belongings counts live personal tokens and finds open password links, by user.
func belongings(tx *gorm.DB, tenantID string, ids []string, now time.Time) (map[string]int, map[string]*time.Time, error) {
	var counts []struct {
		UserID string
		Live   int
	}
	err := tx.Raw(`SELECT user_id, count(*) AS live FROM tokens WHERE user_id IN ? AND tenant_id = ?
		AND context = 'personal' AND revoked_at IS NULL AND expires_at > ? GROUP BY user_id`, ids, tenantID, stamp(now)).
		Scan(&counts).Error
	if err != nil {
		return nil, nil, err
	}
	tokens := map[string]int{}
	for _, c := range counts {
		tokens[c.UserID] = c.Live
	}
	var open []linkRow
	if err := tx.Where("user_id IN ? AND expires_at > ?", ids, stamp(now)).Find(&open).Error; err != nil {
		return nil, nil, err
	}
	links := map[string]*time.Time{}
	for _, l := range open {
		ends := l.Expires.time()
		links[textOf(l.UserID)] = &ends
	}
	return tokens, links, nil
}

// CreateMember puts a person into an account, in one transaction: newUser is
// made first unless nil, and link, unless nil, replaces the person's open
// password link. models.ErrConflict: the new person's e-mail address is taken,
// or the person is a member already. models.ErrNotFound: the account, a role
// or the existing person is gone.
func (s *Store) CreateMember(ctx context.Context, newUser *models.User, m models.Membership, link *models.Link,
	events ...models.Event,
) error {
	return s.write(ctx, "create member", events, func(tx *gorm.DB) error {
		if newUser != nil {
			if err := tx.Create(newUserRow(*newUser)).Error; err != nil {
				return err
			}
		}
		if err := lockUser(tx, m.UserID); err != nil {
			return err
		}
		row := membershipRow{
			TenantID: m.TenantID, UserID: m.UserID, Created: stamp(m.CreatedAt), Disabled: optionalStamp(m.DisabledAt),
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		if err := giveRoles(tx, m.TenantID, m.UserID, m.RoleIDs); err != nil {
			return err
		}
		if link == nil {
			return nil
		}
		return replacePasswordLink(tx, *link)
	})
}

// lockUser makes sure that the person exists, and goes on existing until the
// transaction ends.
func lockUser(tx *gorm.DB, userID string) error {
	return lockRow(tx, "NO KEY UPDATE").Where("id = ? AND deleted_at IS NULL", userID).Take(&userRow{}).Error
}

// giveRoles gives a membership that has none its roles.
func giveRoles(tx *gorm.DB, tenantID, userID string, roleIDs []string) error {
	roles := sortedOnce(roleIDs)
	if len(roles) == 0 {
		return nil
	}
	rows := make([]membershipRoleRow, len(roles))
	for i, id := range roles {
		rows[i] = membershipRoleRow{TenantID: tenantID, UserID: userID, RoleID: id}
	}
	return tx.Create(&rows).Error
}

// SetMemberRoles replaces the membership's roles. models.ErrNotFound: no such
// membership, or no such role.
func (s *Store) SetMemberRoles(ctx context.Context, tenantID, userID string, roleIDs []string, event models.Event) error {
	return s.write(ctx, "set member roles", []models.Event{event}, func(tx *gorm.DB) error {
		// Two changes at once must end as one of them, not as a mixture.
		err := lockRow(tx, "UPDATE").Where("tenant_id = ? AND user_id = ?", tenantID, userID).Take(&membershipRow{}).Error
		if err != nil {
			return err
		}
		err = tx.Where("tenant_id = ? AND user_id = ?", tenantID, userID).Delete(&membershipRoleRow{}).Error
		if err != nil {
			return err
		}
		return giveRoles(tx, tenantID, userID, roleIDs)
	})
}

// SetMemberDisabled refuses the person in this account from at on, and ends
// their sessions that work in it; nil lets them in again.
func (s *Store) SetMemberDisabled(ctx context.Context, tenantID, userID string, at *time.Time, event models.Event) error {
	return s.write(ctx, "set member disabled", []models.Event{event}, func(tx *gorm.DB) error {
		err := changed(tx.Model(&membershipRow{}).Where("tenant_id = ? AND user_id = ?", tenantID, userID).
			Update("disabled_at", optionalStamp(at)))
		if err != nil || at == nil {
			return err
		}
		return endSessions(tx, "tenant_id = ? AND user_id = ?", tenantID, userID)
	})
}

// RemoveMember takes the person out of the account: membership and roles go,
// their personal tokens there are revoked, their sessions there end. Their API
// tokens stay.
func (s *Store) RemoveMember(ctx context.Context, tenantID, userID, by string, at time.Time, event models.Event) error {
	return s.write(ctx, "remove member", []models.Event{event}, func(tx *gorm.DB) error {
		err := changed(tx.Where("tenant_id = ? AND user_id = ?", tenantID, userID).Delete(&membershipRow{}))
		if err != nil {
			return err
		}
		err = revoke(tx, by, at, "tenant_id = ? AND user_id = ? AND context = 'personal'", tenantID, userID).Error
		if err != nil {
			return err
		}
		return endSessions(tx, "tenant_id = ? AND user_id = ?", tenantID, userID)
	})
}
