// Package vendors knows the vendor's own programs: it makes their keys and
// tells whose credential is whose. A program signs in with a key under the
// environment's client id and gets a JWT for a day, or shows the key itself
// (HTTP Basic) where that is taken.
package vendors
