// Package shell puts together what is around every page of a signed-in person:
// the sidebar with what works for them, the accounts that they may act in, the
// message that the last form left, the token for the next one. The rooms of the
// portal and of the Console share it, so that both look at rights in one way.
package shell
