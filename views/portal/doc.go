// Package portal is the Admin Portal's pages: the two lists of tokens and what is done
// with a token, one's own password, sign-in, one-time links, and errors.
//
// Each page has a props struct, whose texts are already words, and a function that
// builds it from models and the clock's reading: ListInput → List → ListProps →
// ListPage. The functions take a context for its language only. They know no request
// and no store, and decide nothing: what the person may do is told to them.
package portal
