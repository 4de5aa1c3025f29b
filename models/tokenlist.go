package models

import (
	"strings"
	"time"
	"unicode/utf8"
)

// TokenState picks tokens of a list by what has become of them.
type TokenState string

const (
	// StateActive is neither expired nor disabled.
	StateActive TokenState = "active"
	// StateExpiring has not expired, and does so within ExpiringWithin.
	StateExpiring  TokenState = "expiring"
	StatePermanent TokenState = "permanent"
	StateExpired   TokenState = "expired"
	StateDisabled  TokenState = "disabled"
)

// Valid tells whether it is a state; "" is none.
func (s TokenState) Valid() bool {
	switch s {
	case StateActive, StateExpiring, StatePermanent, StateExpired, StateDisabled:
		return true
	}
	return false
}

const (
	// ExpiringWithin is how far ahead a list tells of tokens that expire.
	ExpiringWithin = 30 * 24 * time.Hour
	// EndingWithin is how far ahead it warns of them.
	EndingWithin = 7 * 24 * time.Hour
)

// CreatedByVendor stands for a creator who is no user.
const CreatedByVendor = "vendor"

// TokenFilter narrows a list; what is set must all be met, and the zero value
// is the whole list.
type TokenFilter struct {
	// Search is matched within description, id, the secret's prefix and last
	// four, and the creator's name and e-mail, upper and lower case alike. Of
	// fewer than three characters only the beginning of description and
	// creator is matched.
	Search string
	State  TokenState
	// NeverUsed leaves out what has been used.
	NeverUsed bool
	Kind      Kind
	// RoleKey names a role that the token holds by itself.
	RoleKey string
	// Creator is a user's id, or CreatedByVendor.
	Creator string
}

// DefaultOrder is the order of a list when none is asked for.
func (f TokenFilter) DefaultOrder() TokenOrder {
	switch f.State {
	case StateExpiring:
		return TokenOrder{By: SortExpires}
	case StateExpired:
		return TokenOrder{By: SortExpires, Descending: true}
	}
	return TokenOrder{By: SortCreated, Descending: true}
}

// TokenSort is what a list is sorted by.
type TokenSort string

const (
	SortCreated     TokenSort = "created"
	SortDescription TokenSort = "description"
	SortLastUsed    TokenSort = "lastUsed"
	SortExpires     TokenSort = "expires"
)

// Valid tells whether a list can be sorted so; "" is none.
func (s TokenSort) Valid() bool {
	switch s {
	case SortCreated, SortDescription, SortLastUsed, SortExpires:
		return true
	}
	return false
}

// TokenOrder is the order of a list. Among equals the id decides, in the same
// direction.
type TokenOrder struct {
	By         TokenSort
	Descending bool
}

// TokenQuery asks for one page of live and expired tokens. Deleted ones are
// never listed.
type TokenQuery struct {
	TenantID string
	Context  Context
	// UserID narrows to one person's personal tokens; required for Personal.
	UserID string
	TokenFilter
	// Order is the filter's default when it is zero.
	Order TokenOrder
	// Now is the moment for which states are meant.
	Now time.Time
	// After or Before continues from the edge of another page in the same
	// order: at most one is set.
	After, Before *TokenCursor
	// Limit is the page's size, 1 to 200.
	Limit int
}

// longestKey bounds the sort key of a cursor, in bytes: a folded description
// of MaxTokenDescription characters is shorter.
const longestKey = 2000

// TokenCursor is a place in an order: the sort key of a token as the store
// spells it, and its id. There need not be such a token.
type TokenCursor struct {
	Key, ID string
}

// ValidIn tells whether the cursor can be a place in the order. Cursors stand
// in addresses and may be anybody's invention; one that is valid here is
// harmless: it is compared with, and names nothing.
func (c TokenCursor) ValidIn(o TokenOrder) bool {
	if !ValidID(c.ID) {
		return false
	}
	switch o.By {
	case SortDescription:
		return len(c.Key) <= longestKey && utf8.ValidString(c.Key) && !strings.ContainsRune(c.Key, 0)
	case SortCreated:
		return c.Key == "" // ids are in the order of creation
	case SortLastUsed, SortExpires:
		at, err := ParseStamp(c.Key)
		// Beyond these years databases disagree about what a time is.
		return err == nil && !at.Before(NeverUsed) && !at.After(NeverExpires)
	}
	return false
}

// TokenPage is one page of a list.
type TokenPage struct {
	Rows []TokenRow
	// Newer and Older tell whether there is a page on that side: Newer lies
	// towards the beginning of the order, whatever it is by.
	Newer, Older bool
	// First and Last are the places of the first and the last row, to continue
	// Before and After; zero without rows.
	First, Last TokenCursor
	// Total counts all that match, exact up to 100 and 101 for more.
	Total int
	// TotalIsMany is set for a search that is known to match more than 1,000 tokens.
	TotalIsMany bool
}

// TokenOverview counts a whole list, whatever part of it is shown. Each count
// is exact up to 100 and 101 for more.
type TokenOverview struct {
	// All are the tokens that are listed. NeverUsed counts expired and
	// disabled ones too, as the filters of these names do.
	All, Active, Expiring, Permanent, NeverUsed, Expired, Disabled int
	// EndingSoon expire within EndingWithin. EndsFirst is the first of them,
	// nil for none.
	EndingSoon int
	EndsFirst  *TokenRow
	// Kinds, Roles and Creators are those that occur: kinds and roles by name,
	// creators by folded name.
	Kinds    []KindCount
	Roles    []RoleCount
	Creators []CreatorCount
	// MoreCreators tells that there are others beyond the 100 that are named.
	MoreCreators bool
}

// KindCount is how many tokens are of a kind.
type KindCount struct {
	Kind  Kind
	Count int
}

// RoleCount is how many tokens hold a role.
type RoleCount struct {
	Key, Name string
	Count     int
}

// CreatorCount is how many tokens somebody made. The vendor has no id. A
// deleted person has a name, and no e-mail.
type CreatorCount struct {
	ID, Name, Email string
	Count           int
}
