// Package frontegg speaks the dialect of Frontegg's clients: the addresses,
// the field names and the {"errors": […]} that deployed programs expect.
package frontegg
