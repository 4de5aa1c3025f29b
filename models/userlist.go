package models

// UserQuery asks for a page of people, by their ids. What is set must all be met.
type UserQuery struct {
	// IDs narrows to some people unless it is nil.
	IDs []string
	// Email is compared folded, and whole.
	Email string
	// TenantID narrows to the people of one account.
	TenantID string
	// Offset is how many to pass over, Limit how many to give, at least 1.
	Offset, Limit int
}

// UserPage is one page of people.
type UserPage struct {
	Rows []UserRow
	// Total counts all that match.
	Total int
}

// UserRow is a person with their memberships, by account and without roles.
type UserRow struct {
	User
	Memberships []Membership
}
