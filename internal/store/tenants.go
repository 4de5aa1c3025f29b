package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type tenantRow struct {
	ID         string `gorm:"column:id;primaryKey"`
	Name       string `gorm:"column:name"`
	NameFolded string `gorm:"column:name_folded"`
	M2M        string `gorm:"column:m2m"`
	Kind       string `gorm:"column:kind"`
	Created    stamp  `gorm:"column:created_at"`
	Disabled   *stamp `gorm:"column:disabled_at"`
	Policy     policy `gorm:"column:policy"`
}

func (tenantRow) TableName() string { return "tenants" }

func (r tenantRow) tenant() models.Tenant {
	return models.Tenant{
		ID: r.ID, Name: r.Name, M2M: models.Inherit(r.M2M), Kind: models.Kind(r.Kind),
		Policy: models.Policy(r.Policy), CreatedAt: r.Created.time(), DisabledAt: r.Disabled.optional(),
	}
}

// CreateTenant adds an account.
func (s *Store) CreateTenant(ctx context.Context, t models.Tenant, event models.Event) error {
	row := tenantRow{
		ID: t.ID, Name: t.Name, NameFolded: fold(t.Name), M2M: string(t.M2M), Kind: string(t.Kind),
		Created: stamp(t.CreatedAt), Disabled: optionalStamp(t.DisabledAt), Policy: policy(t.Policy),
	}
	return s.write(ctx, "create tenant", []models.Event{event}, func(tx *gorm.DB) error {
		return tx.Create(&row).Error
	})
}

// Tenant gives an account by its id.
func (s *Store) Tenant(ctx context.Context, id string) (models.Tenant, error) {
	var row tenantRow
	err := s.one(ctx, "tenant", func(db *gorm.DB) error { return db.Where("id = ?", id).Take(&row).Error })
	return row.tenant(), err
}

// AllTenants gives every account by folded name, without the numbers that a
// page of Tenants has.
func (s *Store) AllTenants(ctx context.Context) ([]models.Tenant, error) {
	var rows []tenantRow
	err := s.one(ctx, "all tenants", func(db *gorm.DB) error { return db.Order("name_folded, id").Find(&rows).Error })
	if err != nil {
		return nil, err
	}
	tenants := make([]models.Tenant, len(rows))
	for i, r := range rows {
		tenants[i] = r.tenant()
	}
	return tenants, nil
}

// Tenants gives one page of accounts by folded name, with their numbers of
// members and of tokens that are live now. An After that is no account's id
// is ErrNotFound.
func (s *Store) Tenants(ctx context.Context, q models.TenantQuery, now time.Time) (models.TenantPage, error) {
	var page models.TenantPage
	if !storable(q.After) {
		return page, translate("tenants", models.ErrNotFound)
	}
	if !storable(q.Search) {
		return page, nil
	}
	q.Limit = min(max(q.Limit, 1), mostListed)
	err := s.read(ctx, "tenants", func(tx *gorm.DB) error {
		found := tx.Model(&tenantRow{})
		if q.Search != "" {
			pattern := containing(q.Search)
			found = found.Where(`(name_folded LIKE ? ESCAPE '\' OR id LIKE ? ESCAPE '\')`, pattern, pattern)
		}
		found = found.Session(&gorm.Session{})
		var total int64
		if err := found.Count(&total).Error; err != nil {
			return err
		}
		page.Total = int(total)
		rows, err := tenantsAfter(tx, found, q)
		if err != nil {
			return err
		}
		if len(rows) > q.Limit {
			rows = rows[:q.Limit]
			page.Next = rows[len(rows)-1].ID
		}
		page.Rows, err = tenantRows(tx, rows, now)
		return err
	})
	return page, err
}

// tenantsAfter reads one row more than the page holds.
func tenantsAfter(tx, found *gorm.DB, q models.TenantQuery) ([]tenantRow, error) {
	if q.After != "" {
		var edge tenantRow
		if err := tx.Where("id = ?", q.After).Take(&edge).Error; err != nil {
			return nil, err
		}
		found = found.Where("(name_folded, id) > (?, ?)", edge.NameFolded, edge.ID)
	}
	var rows []tenantRow
	return rows, found.Order("name_folded, id").Limit(q.Limit + 1).Find(&rows).Error
}

// tenantRows adds the numbers, in two queries.
func tenantRows(tx *gorm.DB, rows []tenantRow, now time.Time) ([]models.TenantRow, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var counts []struct {
		TenantID            string
		Members, Live, Used int
	}
	err := tx.Raw(`SELECT tenant_id, count(*) AS members FROM memberships WHERE tenant_id IN ? GROUP BY tenant_id`, ids).
		Scan(&counts).Error
	if err != nil {
		return nil, err
	}
	byID := map[string]*models.TenantRow{}
	out := make([]models.TenantRow, len(rows))
	for i, r := range rows {
		out[i].Tenant = r.tenant()
		byID[r.ID] = &out[i]
	}
	for _, c := range counts {
		byID[c.TenantID].Members = c.Members
	}
	counts = nil
	err = tx.Raw(`SELECT tenant_id, count(*) AS live, count(CASE WHEN last_used_at > ? THEN 1 END) AS used FROM tokens
		WHERE tenant_id IN ? AND revoked_at IS NULL AND expires_at > ? GROUP BY tenant_id`,
		stamp(now.Add(-models.UsedWithin)), ids, stamp(now)).Scan(&counts).Error
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		byID[c.TenantID].TokenCounts = models.TokenCounts{Live: c.Live, Used: c.Used}
	}
	return out, nil
}

// SetTenantM2M sets the account's switch and its kind, empty to inherit.
func (s *Store) SetTenantM2M(ctx context.Context, id string, m2m models.Inherit, kind models.Kind, event models.Event) error {
	return s.write(ctx, "set tenant m2m", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(tx.Model(&tenantRow{}).Where("id = ?", id).
			Updates(map[string]any{"m2m": string(m2m), "kind": string(kind)}))
	})
}

// SetTenantDisabled refuses the account from at on, and ends the sessions that
// work in it; nil lets it in again.
func (s *Store) SetTenantDisabled(ctx context.Context, id string, at *time.Time, event models.Event) error {
	return s.write(ctx, "set tenant disabled", []models.Event{event}, func(tx *gorm.DB) error {
		err := changed(tx.Model(&tenantRow{}).Where("id = ?", id).Update("disabled_at", optionalStamp(at)))
		if err != nil || at == nil {
			return err
		}
		return endSessions(tx, "tenant_id = ?", id)
	})
}
