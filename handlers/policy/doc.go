// Package policy answers the two pages about token policies: the environment's
// in the Console and an account's in the portal. They are one form and one
// rehearsal; what differs is whose policy it is, and the frame around it.
package policy
