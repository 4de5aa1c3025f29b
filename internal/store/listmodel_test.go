package store_test

import (
	"cmp"
	"slices"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
)

// listModel is a list in memory, and says plainly what the store must answer.
type listModel struct {
	tokens []models.Token
	// people and roles are all that there are, by id.
	people map[string]models.User
	roles  map[string]models.Role
}

// meets tells whether a token is one that the filter asks for.
func (m listModel) meets(t models.Token, f models.TokenFilter) bool {
	role := func(id string) bool { return m.roles[id].Key == f.RoleKey }
	return (f.State == "" || inState(t, f.State)) &&
		(!f.NeverUsed || t.LastUsedAt.Equal(models.NeverUsed)) &&
		(f.Kind == "" || t.Kind == f.Kind) &&
		(f.RoleKey == "" || slices.ContainsFunc(t.RoleIDs, role)) &&
		(f.Creator == "" || t.CreatedBy == f.Creator || t.CreatedBy == "" && f.Creator == models.CreatedByVendor) &&
		(f.Search == "" || m.mentions(t, strings.ToLower(f.Search)))
}

func inState(t models.Token, state models.TokenState) bool {
	live := t.ExpiresAt.After(noon)
	switch state {
	case models.StateActive:
		return live && t.DisabledAt == nil
	case models.StateExpiring:
		return live && !t.ExpiresAt.After(noon.Add(models.ExpiringWithin))
	case models.StatePermanent:
		return t.ExpiresAt.Equal(models.NeverExpires)
	case models.StateExpired:
		return !live
	default:
		return t.DisabledAt != nil
	}
}

func (m listModel) mentions(t models.Token, text string) bool {
	short := len([]rune(text)) < 3
	texts := []string{t.Description}
	if !short {
		texts = append(texts, t.ID, t.Prefix+"_…"+t.LastFour)
	}
	if by, known := m.people[t.CreatedBy]; known {
		texts = append(texts, by.Name, by.Email)
	}
	return slices.ContainsFunc(texts, func(s string) bool {
		if short {
			return strings.HasPrefix(strings.ToLower(s), text)
		}
		return strings.Contains(strings.ToLower(s), text)
	})
}

// answer is the ids of the tokens that the filter asks for, in the order.
func (m listModel) answer(f models.TokenFilter, o models.TokenOrder) []string {
	if o == (models.TokenOrder{}) {
		o = f.DefaultOrder()
	}
	var found []models.Token
	for _, t := range m.tokens {
		if m.meets(t, f) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b models.Token) int { return follow(&a, &b, o) })
	ids := make([]string, len(found))
	for i, t := range found {
		ids[i] = t.ID
	}
	return ids
}

// follow compares two tokens of a list in the order.
func follow(a, b *models.Token, o models.TokenOrder) int {
	c := 0
	switch o.By {
	case models.SortDescription:
		c = strings.Compare(strings.ToLower(a.Description), strings.ToLower(b.Description))
	case models.SortLastUsed:
		c = a.LastUsedAt.Compare(b.LastUsedAt)
	case models.SortExpires:
		c = a.ExpiresAt.Compare(b.ExpiresAt)
	}
	if c = cmp.Or(c, strings.Compare(a.ID, b.ID)); o.Descending {
		return -c
	}
	return c
}

// count is how many the filter asks for, 101 for more than a hundred.
func (m listModel) count(f models.TokenFilter) int {
	return min(len(m.answer(f, models.TokenOrder{})), 101)
}

// overview is what the model counts.
func (m listModel) overview() models.TokenOverview {
	state := func(s models.TokenState) int { return m.count(models.TokenFilter{State: s}) }
	o := models.TokenOverview{
		All: m.count(models.TokenFilter{}), NeverUsed: m.count(models.TokenFilter{NeverUsed: true}),
		Active: state(models.StateActive), Expiring: state(models.StateExpiring), Permanent: state(models.StatePermanent),
		Expired: state(models.StateExpired), Disabled: state(models.StateDisabled),
	}
	for _, id := range m.answer(models.TokenFilter{State: models.StateExpiring}, models.TokenOrder{By: models.SortExpires}) {
		i := slices.IndexFunc(m.tokens, func(t models.Token) bool { return t.ID == id })
		if m.tokens[i].ExpiresAt.After(noon.Add(models.EndingWithin)) {
			break
		}
		if o.EndingSoon++; o.EndsFirst == nil {
			o.EndsFirst = &models.TokenRow{Token: models.Token{ID: id}}
		}
	}
	for _, kind := range []models.Kind{models.AccessToken, models.ClientCredentials} {
		if n := m.count(models.TokenFilter{Kind: kind}); n > 0 {
			o.Kinds = append(o.Kinds, models.KindCount{Kind: kind, Count: n})
		}
	}
	for _, r := range m.roles {
		if n := m.count(models.TokenFilter{RoleKey: r.Key}); n > 0 {
			o.Roles = append(o.Roles, models.RoleCount{Key: r.Key, Name: r.Name, Count: n})
		}
	}
	slices.SortFunc(o.Roles, func(a, b models.RoleCount) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	for _, u := range m.people {
		if n := m.count(models.TokenFilter{Creator: u.ID}); n > 0 {
			o.Creators = append(o.Creators, models.CreatorCount{ID: u.ID, Name: u.Name, Email: u.Email, Count: n})
		}
	}
	slices.SortFunc(o.Creators, func(a, b models.CreatorCount) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	if n := m.count(models.TokenFilter{Creator: models.CreatedByVendor}); n > 0 {
		o.Creators = append(o.Creators, models.CreatorCount{Count: n})
	}
	return o
}
