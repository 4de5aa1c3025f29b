// Package console answers the vendor's operators: M2M authentication, the
// portal's modules, accounts and their people, roles, permissions.
//
// Every handler parses, calls one verb of internal/accounts, and shows the
// outcome: a page, the same form with what is wrong beside its fields (422), or
// a redirect with a message (303). A change that would refuse live tokens, and
// every act that ends something, is asked about on a page of its own first.
package console
