package tokens

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

// pageSize is how many tokens a list shows at once.
const pageSize = 50

// ListRequest asks for one page of the account's API tokens, or of the
// caller's own personal ones.
type ListRequest struct {
	Context models.Context
	models.TokenFilter
	// Order is the filter's default when it is zero.
	Order models.TokenOrder
	// After or Before continues from the edge of another page in the same
	// order: at most one is set.
	After, Before *models.TokenCursor
}

// List gives 50 live or expired tokens that meet the filter, in order.
//
// Errors: models.ErrForbidden without the read permission;
// *models.InvalidError about q (secret: somebody searches for a key, which must
// not be in an address; too_long; characters), state, kind, role, creator or
// sort (unknown) or page (unknown).
func (t *Tokens) List(ctx context.Context, caller models.Caller, r ListRequest) (models.TokenPage, error) {
	return t.list(ctx, caller, r, pageSize)
}

func (t *Tokens) list(ctx context.Context, caller models.Caller, r ListRequest, size int) (models.TokenPage, error) {
	if !may(caller, r.Context, r.Context.Rights().Read) {
		return models.TokenPage{}, models.ErrForbidden
	}
	invalid := &models.InvalidError{}
	filter := checkFilter(r.TokenFilter, invalid)
	order := r.Order
	if order == (models.TokenOrder{}) {
		order = filter.DefaultOrder()
	}
	if !order.By.Valid() {
		invalid.Add("sort", "unknown")
	} else if !validCursors(order, r.After, r.Before) {
		invalid.Add("page", "unknown")
	}
	if err := invalid.OrNil(); err != nil {
		return models.TokenPage{}, err
	}
	page, err := t.store.Tokens(ctx, models.TokenQuery{
		TenantID: caller.TenantID, Context: r.Context, UserID: listOwner(caller, r.Context), TokenFilter: filter,
		Order: order, Now: models.Stamp(t.now()), After: r.After, Before: r.Before, Limit: size,
	})
	if errors.Is(err, models.ErrNotFound) {
		return models.TokenPage{}, models.Invalid("role", "unknown")
	}
	if err != nil {
		return models.TokenPage{}, fmt.Errorf("list: %w", err)
	}
	return page, nil
}

// listOwner is the person whose list it is; nobody for the account's.
func listOwner(caller models.Caller, in models.Context) string {
	if in == models.Personal {
		return caller.UserID
	}
	return ""
}

// IsSecret tells whether a text has the form of a key of ours or of a JWT, which
// an access token may be.
func IsSecret(text string) bool {
	_, err := m2m.ParseKey(text)
	return err == nil || signing.KeyID(text) != ""
}

// secretPattern finds what could be a key, of any kind and prefix, or a JWT within
// a text.
var secretPattern = regexp.MustCompile(m2m.Pattern + `|[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`)

// HoldsSecret tells whether there is anywhere in a text what IsSecret knows.
func HoldsSecret(text string) bool {
	return slices.ContainsFunc(secretPattern.FindAllString(text, -1), IsSecret)
}

// checkFilter notes what can't be filtered by, and gives the filter as it is meant.
func checkFilter(f models.TokenFilter, invalid *models.InvalidError) models.TokenFilter {
	if IsSecret(strings.TrimSpace(f.Search)) {
		invalid.Add("q", "secret")
	}
	var problem string
	if f.Search, problem = models.Text(f.Search, models.MaxSearch); problem != "" {
		invalid.Add("q", problem, "max", models.MaxSearch)
	}
	if f.State != "" && !f.State.Valid() {
		invalid.Add("state", "unknown")
	}
	if f.Kind != "" && !f.Kind.Valid() {
		invalid.Add("kind", "unknown")
	}
	if role, problem := models.Text(f.RoleKey, models.MaxRoleKey); problem != "" || role != f.RoleKey {
		invalid.Add("role", "unknown")
	}
	if f.Creator != "" && f.Creator != models.CreatedByVendor && !models.ValidID(f.Creator) {
		invalid.Add("creator", "unknown")
	}
	return f
}

func validCursors(order models.TokenOrder, after, before *models.TokenCursor) bool {
	if after != nil && before != nil {
		return false
	}
	for _, c := range []*models.TokenCursor{after, before} {
		if c != nil && !c.ValidIn(order) {
			return false
		}
	}
	return true
}

// Overview counts the whole of a list that List would page through.
// models.ErrForbidden without the read permission.
func (t *Tokens) Overview(ctx context.Context, caller models.Caller, in models.Context) (models.TokenOverview, error) {
	if !may(caller, in, in.Rights().Read) {
		return models.TokenOverview{}, models.ErrForbidden
	}
	overview, err := t.store.TokenOverview(ctx, models.TokenQuery{
		TenantID: caller.TenantID, Context: in, UserID: listOwner(caller, in), Now: models.Stamp(t.now()),
	})
	if err != nil {
		return models.TokenOverview{}, fmt.Errorf("overview: %w", err)
	}
	return overview, nil
}

// Find gives the token that a secret opens or, when it has been rotated, once
// opened, if one of the caller's lists holds it. Nothing is kept of the secret.
// models.ErrForbidden when the caller may read neither list; models.ErrNotFound
// for every other secret, and for what is none.
func (t *Tokens) Find(ctx context.Context, caller models.Caller, secret models.Secret) (models.TokenRow, error) {
	var readable []models.Context
	for _, in := range []models.Context{models.API, models.Personal} {
		if may(caller, in, in.Rights().Read) {
			readable = append(readable, in)
		}
	}
	if len(readable) == 0 {
		return models.TokenRow{}, models.ErrForbidden
	}
	text := strings.TrimSpace(secret.Reveal())
	if !IsSecret(text) {
		return models.TokenRow{}, models.ErrNotFound
	}
	row, err := t.store.TokenByDigest(ctx, caller.TenantID, t.digest(text))
	for _, in := range readable {
		if found, err := checkOwn(caller, in, row, err); !errors.Is(err, models.ErrNotFound) {
			return found, err
		}
	}
	return models.TokenRow{}, models.ErrNotFound
}
