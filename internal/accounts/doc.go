// Package accounts holds the verbs of the Console: the environment's settings,
// accounts, their people, roles and permissions.
//
// Every verb takes the caller and refuses whoever may not use the Console with
// models.ErrForbidden; the refusal of a known person's change leaves an event.
// The policy of an account is the one thing here that the account's own people
// change, by permission.
// Input that a person can mend is a *models.InvalidError whose keys stand in
// the message catalogue under "invalid.". Each change is written in one
// transaction with its event.
//
// The package decides; it knows neither how things are kept (it declares the
// few methods it needs of a store) nor how pages look. It makes no tokens and
// judges no passwords.
package accounts
