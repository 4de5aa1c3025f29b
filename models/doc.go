// Package models holds the nouns of Latchkey and what they can say about
// themselves: accounts, people, roles, tokens, settings, sessions, events, and
// who is asking.
//
// It imports the standard library only. It knows neither how things are kept
// (internal/store), nor what may be done with them (internal/tokens,
// internal/accounts, internal/signin), nor how they look (views).
package models
