package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm/schema"

	"github.com/latchkey-dev/latchkey/models"
)

// credentialRow is a credential with everything that judging it needs, as one
// statement gives it: each part's columns under a prefix. Owner and Membership
// are all NULL, so empty, where there is none.
type credentialRow struct {
	Token      tokenRow
	Secret     secretRow
	Tenant     tenantRow
	Settings   settingsRow
	Owner      userRow
	Membership membershipRow
	JWTRevoked bool
	// Held is JSON, of heldRows.
	Held string
}

// heldRow is a role that a credential has, with the keys of its permissions.
type heldRow struct {
	ID          string   `json:"id"`
	Key         string   `json:"key"`
	Permissions []string `json:"permissions"`
}

// credentialParts are the tables of the first fields of a credentialRow, in order.
var credentialParts = []struct {
	alias string
	row   any
}{{"t", tokenRow{}}, {"ts", secretRow{}}, {"te", tenantRow{}}, {"s", settingsRow{}}, {"u", userRow{}}, {"m", membershipRow{}}}

// unread are columns that are there to be searched and sorted by: a statement is
// the dearer the more it asks for.
var unread = []string{"description_folded", "name_folded", "email_folded", "list", "search"}

// credentialWithin bounds the reading of a credential: a database that neither answers
// nor fails must not make everybody wait who shows one.
const credentialWithin = 2 * time.Second

// credentialQueries are the statements, spelt once.
type credentialQueries struct {
	byDigest, bySecret, ofJWT, byID string
	// fields say where in a credentialRow the columns of the parts belong.
	fields [][]int
}

func newCredentialQueries(d dialect) (credentialQueries, error) {
	var columns []string
	var fields [][]int
	for i, part := range credentialParts {
		parsed, err := schema.Parse(part.row, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			return credentialQueries{}, fmt.Errorf("columns of %T: %w", part.row, err)
		}
		for _, name := range parsed.DBNames {
			if !slices.Contains(unread, name) {
				columns = append(columns, part.alias+"."+name)
				fields = append(fields, append([]int{i}, parsed.FieldsByDBName[name].StructField.Index...))
			}
		}
	}
	// An API token has rows in token_roles only, a personal one has its
	// owner's in membership_roles only.
	held := "(SELECT " + d.held + ` FROM (SELECT tr.role_id FROM token_roles tr WHERE tr.token_id = t.id
		UNION ALL SELECT mr.role_id FROM membership_roles mr WHERE mr.tenant_id = t.tenant_id AND mr.user_id = t.user_id) h
		JOIN roles r ON r.id = h.role_id)`
	query := func(revoked, from, where string) string {
		return "SELECT " + strings.Join(columns, ", ") + ",\n" + revoked + ",\n" + held + `
		FROM ` + from + `
		JOIN tenants te ON te.id = t.tenant_id
		JOIN settings s ON s.id = 1
		LEFT JOIN users u ON u.id = t.user_id AND u.deleted_at IS NULL
		LEFT JOIN memberships m ON m.tenant_id = t.tenant_id AND m.user_id = t.user_id
		WHERE ` + where
	}
	first := d.unseen + "$1"
	const bySecret = "token_secrets ts JOIN tokens t ON t.id = ts.token_id"
	return credentialQueries{
		byDigest: query("FALSE", bySecret, "ts.digest = "+first),
		bySecret: query("FALSE", bySecret, "ts.id = "+first),
		ofJWT:    query("EXISTS (SELECT 1 FROM revoked_jwts rj WHERE rj.hash = "+first+")", bySecret, "ts.id = "+d.unseen+"$2"),
		byID:     query("FALSE", "tokens t LEFT JOIN token_secrets ts ON ts.token_id = t.id AND ts.replaced_at IS NULL", "t.id = "+first),
		fields:   fields,
	}, nil
}

// CredentialByDigest gives the credential with the secret that has the digest,
// by one statement and one indexed look-up. Revoked and expired ones and ended
// secrets are found too: whether it is good now is for the caller to judge.
func (s *Store) CredentialByDigest(ctx context.Context, digest []byte) (models.Credential, error) {
	return s.cachedCredential(ctx, "credential by digest", s.credential.byDigest, "digest "+string(digest), digest)
}

// CredentialBySecret is CredentialByDigest by the secret's id.
func (s *Store) CredentialBySecret(ctx context.Context, secretID string) (models.Credential, error) {
	return s.cachedCredential(ctx, "credential by secret", s.credential.bySecret, "secret "+secretID, secretID)
}

// CredentialOfJWT is CredentialBySecret for a JWT that the secret was exchanged
// for, which may be on the deny-list under the hash.
func (s *Store) CredentialOfJWT(ctx context.Context, secretID string, hash []byte) (models.Credential, error) {
	return s.cachedCredential(ctx, "credential of JWT", s.credential.ofJWT, "JWT "+string(hash)+secretID, hash, secretID)
}

// CredentialByID is CredentialByDigest by the token's id, with the secret in
// force. It always asks the database: people are shown what it gives, last use included.
func (s *Store) CredentialByID(ctx context.Context, id string) (models.Credential, error) {
	return s.credentialBy(ctx, "credential by id", s.credential.byID, id)
}

// cachedCredential is credentialBy, unless the answer is known.
func (s *Store) cachedCredential(ctx context.Context, op, query, key string, keys ...any) (models.Credential, error) {
	if err := cmp.Or(s.fault.take(), ctx.Err()); err != nil {
		return models.Credential{}, translate(op, err)
	}
	return s.cache.credential(ctx, key, func() (models.Credential, error) { return s.credentialBy(ctx, op, query, keys...) })
}

func (s *Store) credentialBy(ctx context.Context, op, query string, keys ...any) (models.Credential, error) {
	ctx, cancel := context.WithTimeout(ctx, credentialWithin)
	defer cancel()
	var row credentialRow
	if err := s.row(ctx, op, query, keys, s.credential.targets(&row)); err != nil {
		return models.Credential{}, err
	}
	found, err := row.credential()
	return found, translate(op, err)
}

// targets are where the columns of a statement go.
func (q credentialQueries) targets(row *credentialRow) []any {
	into := reflect.ValueOf(row).Elem()
	columns := make([]column, 0, len(q.fields)+2)
	for _, field := range q.fields {
		columns = append(columns, column{into.FieldByIndex(field).Addr().Interface()})
	}
	columns = append(columns, column{&row.JWTRevoked}, column{&row.Held})
	targets := make([]any, len(columns))
	for i := range columns {
		targets[i] = &columns[i]
	}
	return targets
}

func (r credentialRow) credential() (models.Credential, error) {
	c := models.Credential{
		Token: r.Token.token(), Secret: r.Secret.secret(), Tenant: r.Tenant.tenant(), Settings: r.Settings.settings(), Roles: []string{}, Permissions: models.PermissionSet{},
		JWTRevoked: r.JWTRevoked,
	}
	var held []heldRow
	if err := json.Unmarshal([]byte(r.Held), &held); err != nil {
		return c, fmt.Errorf("read roles: %w", err)
	}
	var roleIDs []string
	for _, role := range held {
		slices.Sort(role.Permissions)
		roleIDs = append(roleIDs, role.ID)
		c.Roles = append(c.Roles, role.Key)
		c.Permissions = append(c.Permissions, role.Permissions...)
		c.Held = append(c.Held, models.HeldRole{Key: role.Key, Permissions: role.Permissions})
	}
	slices.Sort(roleIDs)
	slices.Sort(c.Roles)
	slices.Sort(c.Permissions)
	c.Permissions = slices.Compact(c.Permissions)
	slices.SortFunc(c.Held, func(a, b models.HeldRole) int { return cmp.Compare(a.Key, b.Key) })
	if c.Token.Context == models.API {
		c.Token.RoleIDs = roleIDs
		return c, nil
	}
	if r.Owner.ID != "" {
		owner := r.Owner.user()
		c.Owner = &owner
	}
	if r.Membership.UserID != "" {
		membership := r.Membership.membership(roleIDs)
		c.Membership = &membership
	}
	return c, nil
}
