// Package console holds the pages of the vendor's operators: how customers may
// authenticate, what their portal shows, accounts, people, roles, permissions.
//
// Each page has a props struct made of words and a function that builds it from
// what the verbs answered:
//
//	RoleInput → Role → RoleProps → RolePage
//
// The functions say consequences, states and dates in the catalogue's words;
// markup only places them. Nothing here asks a store or a clock, and no address
// is written out: they come from views.
package console
