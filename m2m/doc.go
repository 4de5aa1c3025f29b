// Package m2m is what a resource server needs to know about Latchkey's
// machine-to-machine tokens: how a key is written, and what the JWT says that
// client credentials are exchanged for.
//
// A key can be told from other text without asking anybody:
//
//	lk _ at _ 0K3…43 characters…q _ no separator _ 6 characters
//	│    │    │                                    └ CRC-32 (IEEE) over everything before it
//	│    │    └ 256 bits from crypto/rand
//	│    └ at access token · cs client secret · rt refresh token · vk vendor key
//	└ the vendor's prefix, [a-z][a-z0-9]{0,11}
//
// Both numbers are written in base 62 with the alphabet 0-9A-Za-z, most
// significant digit first, left-padded with 0. The checksum finds typing
// errors and lets scanners report leaks without false alarms. It proves
// nothing: whether a key is good only Latchkey can tell.
//
// The package imports the standard library only and knows nothing of the server.
package m2m
