package store

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type tokenRow struct {
	ID                string  `gorm:"column:id;primaryKey"`
	TenantID          string  `gorm:"column:tenant_id"`
	Context           string  `gorm:"column:context"`
	Kind              string  `gorm:"column:kind"`
	UserID            *string `gorm:"column:user_id"`
	Description       string  `gorm:"column:description"`
	DescriptionFolded string  `gorm:"column:description_folded"`
	Prefix            string  `gorm:"column:prefix"`
	LastFour          string  `gorm:"column:last_four"`
	CreatedBy         *string `gorm:"column:created_by"`
	Created           stamp   `gorm:"column:created_at"`
	Expires           stamp   `gorm:"column:expires_at"`
	LastUsed          stamp   `gorm:"column:last_used_at"`
	LastUsedIP        string  `gorm:"column:last_used_ip"`
	LastUsedAgent     string  `gorm:"column:last_used_agent"`
	Disabled          *stamp  `gorm:"column:disabled_at"`
	DisabledBy        string  `gorm:"column:disabled_by"`
	Addresses         string  `gorm:"column:addresses"`
	ContactID         *string `gorm:"column:contact_id"`
	Metadata          string  `gorm:"column:metadata"`
	JWTsFrom          *stamp  `gorm:"column:jwts_from"`
	Revoked           *stamp  `gorm:"column:revoked_at"`
	RevokedBy         string  `gorm:"column:revoked_by"`
	FormID            *string `gorm:"column:form_id"`
	// List is generated. Search is what is searched.
	List   string `gorm:"column:list;->"`
	Search string `gorm:"column:search"`
}

func (tokenRow) TableName() string { return "tokens" }

func newTokenRow(t models.Token) *tokenRow {
	return &tokenRow{
		ID: t.ID, TenantID: t.TenantID, Context: string(t.Context), Kind: string(t.Kind),
		UserID: optionalText(t.UserID), Description: t.Description, DescriptionFolded: fold(t.Description),
		Prefix: t.Prefix, LastFour: t.LastFour,
		CreatedBy: optionalText(t.CreatedBy), Created: stamp(t.CreatedAt), Expires: stamp(t.ExpiresAt),
		LastUsed: stamp(t.LastUsedAt), LastUsedIP: clip(t.LastUsedIP), LastUsedAgent: clip(t.LastUsedAgent),
		Disabled: optionalStamp(t.DisabledAt), DisabledBy: t.DisabledBy,
		Addresses: addressesText(t.Addresses), ContactID: optionalText(t.ContactID), Metadata: metadataText(t.Metadata),
		JWTsFrom: optionalStamp(t.JWTsFrom),
		Revoked:  optionalStamp(t.RevokedAt), RevokedBy: t.RevokedBy, FormID: optionalText(t.FormID),
		Search: searchText(t),
	}
}

// searchText is what a search looks through: description, id, and what lists
// show of the newest secret, folded and each on a line.
func searchText(t models.Token) string {
	return fold(t.Description + "\n" + t.ID + "\n" + t.Hint())
}

func (r tokenRow) token() models.Token {
	return models.Token{
		ID: r.ID, TenantID: r.TenantID, Context: models.Context(r.Context), Kind: models.Kind(r.Kind),
		UserID: textOf(r.UserID), Description: r.Description, Prefix: r.Prefix, LastFour: r.LastFour,
		CreatedBy: textOf(r.CreatedBy), CreatedAt: r.Created.time(), ExpiresAt: r.Expires.time(),
		LastUsedAt: r.LastUsed.time(), LastUsedIP: r.LastUsedIP, LastUsedAgent: r.LastUsedAgent,
		DisabledAt: r.Disabled.optional(), DisabledBy: r.DisabledBy,
		Addresses: addressesOf(r.Addresses), ContactID: textOf(r.ContactID), Metadata: r.Metadata,
		JWTsFrom:  r.JWTsFrom.optional(),
		RevokedAt: r.Revoked.optional(), RevokedBy: r.RevokedBy, FormID: textOf(r.FormID),
	}
}

// addressesText is how networks are kept: with a space between.
func addressesText(networks []netip.Prefix) string {
	texts := make([]string, len(networks))
	for i, n := range networks {
		texts[i] = n.String()
	}
	return strings.Join(texts, " ")
}

// addressesOf reads them back. What can't be read allows no address: a token
// must not be open to the world because of a broken row.
func addressesOf(text string) []netip.Prefix {
	var networks []netip.Prefix
	for _, field := range strings.Fields(text) {
		n, err := netip.ParsePrefix(field)
		if err != nil {
			n = netip.Prefix{} // contains nothing
		}
		networks = append(networks, n)
	}
	return networks
}

func metadataText(s string) string {
	if s == "" {
		return "{}"
	}
	return s
}

type tokenRoleRow struct {
	TokenID  string `gorm:"column:token_id;primaryKey"`
	RoleID   string `gorm:"column:role_id;primaryKey"`
	TenantID string `gorm:"column:tenant_id"`
}

func (tokenRoleRow) TableName() string { return "token_roles" }

// CreateToken adds one with its roles and its first secret. Of several at once
// with one FormID in one tenant the first wins, the others are
// models.ErrConflict. models.ErrNotFound: the tenant, a role, or the owner's
// membership is gone.
func (s *Store) CreateToken(ctx context.Context, token models.Token, secret models.TokenSecret, event models.Event) error {
	return s.write(ctx, "create token", []models.Event{event}, func(tx *gorm.DB) error {
		if token.Context == models.Personal {
			// Whoever is being removed at this moment must not be left with a token.
			err := lockRow(tx, "KEY SHARE").Where("tenant_id = ? AND user_id = ?", token.TenantID, token.UserID).
				Take(&membershipRow{}).Error
			if err != nil {
				return err
			}
		}
		if err := tx.Create(newTokenRow(token)).Error; err != nil {
			return err
		}
		if err := tx.Create(newSecretRow(secret)).Error; err != nil {
			return err
		}
		return giveTokenRoles(tx, token.TenantID, token.ID, token.RoleIDs)
	})
}

// giveTokenRoles gives a token that has none its roles.
func giveTokenRoles(tx *gorm.DB, tenantID, tokenID string, roleIDs []string) error {
	roles := sortedOnce(roleIDs)
	if len(roles) == 0 {
		return nil
	}
	rows := make([]tokenRoleRow, len(roles))
	for i, id := range roles {
		rows[i] = tokenRoleRow{TokenID: tokenID, RoleID: id, TenantID: tenantID}
	}
	return tx.Create(&rows).Error
}

// Token gives a token of the tenant; models.ErrNotFound also when it is revoked.
func (s *Store) Token(ctx context.Context, tenantID, id string) (models.TokenRow, error) {
	return s.tokenWhere(ctx, "token", "tenant_id = ? AND id = ? AND revoked_at IS NULL", tenantID, id)
}

// TokenByFormID gives the token that a form made, even when it is revoked.
func (s *Store) TokenByFormID(ctx context.Context, tenantID, formID string) (models.TokenRow, error) {
	return s.tokenWhere(ctx, "token by form", "tenant_id = ? AND form_id = ?", tenantID, formID)
}

// TokenByDigest gives the token of the tenant that has a secret with the
// digest, also one that has been rotated away; models.ErrNotFound also when the
// token is revoked.
func (s *Store) TokenByDigest(ctx context.Context, tenantID string, digest []byte) (models.TokenRow, error) {
	return s.tokenWhere(ctx, "token by digest",
		"tenant_id = ? AND revoked_at IS NULL AND id = (SELECT token_id FROM token_secrets WHERE digest = ?)", tenantID, digest)
}

func (s *Store) tokenWhere(ctx context.Context, op, condition string, args ...any) (models.TokenRow, error) {
	var found models.TokenRow
	err := s.read(ctx, op, func(tx *gorm.DB) error {
		var row tokenRow
		if err := tx.Where(condition, args...).Take(&row).Error; err != nil {
			return err
		}
		rows, err := tokenRows(tx, []tokenRow{row})
		if err != nil {
			return err
		}
		found = rows[0]
		return nil
	})
	return found, err
}

// tokenRows adds roles and creators in four queries, however many rows there are.
func tokenRows(tx *gorm.DB, rows []tokenRow) ([]models.TokenRow, error) {
	ids := make([]string, len(rows))
	var tenants, creators []string
	for i, r := range rows {
		ids[i], tenants = r.ID, append(tenants, r.TenantID)
		if r.CreatedBy != nil {
			creators = append(creators, *r.CreatedBy)
		}
	}
	var held []heldRole
	err := tx.Raw("SELECT token_id AS holder, role_id FROM token_roles WHERE token_id IN ?", ids).Scan(&held).Error
	if err != nil {
		return nil, err
	}
	roles, roleIDs, err := rolesOf(tx, held)
	if err != nil {
		return nil, err
	}
	people, err := creatorsOf(tx, tenants, creators)
	if err != nil {
		return nil, err
	}
	out := make([]models.TokenRow, len(rows))
	for i, r := range rows {
		creator := people[membershipKey{r.TenantID, textOf(r.CreatedBy)}]
		out[i] = models.TokenRow{
			Token: r.token(), Roles: roles[r.ID], CreatorName: creator.Name, CreatorEmail: creator.Email,
		}
		out[i].RoleIDs = roleIDs[r.ID]
	}
	return out, nil
}

// membershipKey is a person in an account.
type membershipKey struct{ tenantID, userID string }

// creatorsOf names people in each account. Whoever has left it is a name there,
// and no address any more.
func creatorsOf(tx *gorm.DB, tenantIDs, userIDs []string) (map[membershipKey]models.User, error) {
	people := map[membershipKey]models.User{}
	if len(userIDs) == 0 {
		return people, nil
	}
	var found []struct{ TenantID, ID, Name, Email string }
	err := tx.Raw(`SELECT t.id AS tenant_id, u.id, u.name, CASE WHEN m.user_id IS NULL THEN '' ELSE u.email END AS email
		FROM users u CROSS JOIN tenants t LEFT JOIN memberships m ON m.user_id = u.id AND m.tenant_id = t.id
		WHERE u.id IN ? AND t.id IN ?`, sortedOnce(userIDs), sortedOnce(tenantIDs)).Scan(&found).Error
	for _, p := range found {
		people[membershipKey{p.TenantID, p.ID}] = models.User{ID: p.ID, Name: p.Name, Email: p.Email}
	}
	return people, err
}

// RevokeToken ends a live token of the tenant, for good. by is as for
// models.Token. Of several at once one wins, the others are models.ErrNotFound.
func (s *Store) RevokeToken(ctx context.Context, tenantID, id, by string, at time.Time, event models.Event) error {
	return s.write(ctx, "revoke token", []models.Event{event}, func(tx *gorm.DB) error {
		return changed(revoke(tx, by, at, "tenant_id = ? AND id = ?", tenantID, id))
	})
}

// revoke ends the live tokens that meet the condition, and takes their roles:
// lists find the tokens of a role by what has one.
func revoke(tx *gorm.DB, by string, at time.Time, condition string, args ...any) *gorm.DB {
	live := tx.Model(&tokenRow{}).Select("id").Where(condition, args...).Where("revoked_at IS NULL")
	if result := tx.Where("token_id IN (?)", live).Delete(&tokenRoleRow{}); result.Error != nil {
		return result
	}
	return tx.Model(&tokenRow{}).Where(condition, args...).Where("revoked_at IS NULL").
		Updates(map[string]any{"revoked_at": stamp(at), "revoked_by": by})
}

// PurgeTokens removes tokens revoked before a moment, and gives their number.
// Secrets that ended and refusals counted before it go too: a forgotten program with a dead token
// makes a row a minute, and they would stay for as long as the token. A JWT with
// the token's own id stays, so that nothing else is ever known by its sub.
func (s *Store) PurgeTokens(ctx context.Context, before time.Time) (int, error) {
	var purged int64
	err := s.note(ctx, "purge tokens", func(tx *gorm.DB) error {
		if err := tx.Where("minute < ?", stamp(before)).Delete(&refusalRow{}).Error; err != nil {
			return err
		}
		if err := tx.Where("replaced_at IS NOT NULL AND ends_at < ? AND NOT (kid <> '' AND id = token_id)", stamp(before)).Delete(&secretRow{}).Error; err != nil {
			return err
		}
		result := tx.Where("revoked_at < ?", stamp(before)).Delete(&tokenRow{})
		purged = result.RowsAffected
		return result.Error
	})
	return int(purged), err
}
