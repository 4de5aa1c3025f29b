package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// keyring holds the sub-keys of the deployment's secret key, one for each use,
// so that no two uses share key material (RFC 5869, HKDF-SHA-256, 32 bytes each).
type keyring struct {
	// pepper keys the HMAC under which secrets of tokens are kept.
	pepper []byte
	// seal encrypts the private halves of signing keys.
	seal []byte
	// cookie signs the cookies of browsers that have no session.
	cookie []byte
	// limit keys the HMAC under which failed sign-ins are counted.
	limit []byte
	// check is kept in the database in the clear: a wrong key stops the start.
	check []byte
}

func deriveKeys(secret []byte) (keyring, error) {
	var k keyring
	for label, into := range map[string]*[]byte{
		"latchkey/pepper": &k.pepper,
		"latchkey/seal":   &k.seal,
		"latchkey/cookie": &k.cookie,
		"latchkey/limit":  &k.limit,
		"latchkey/check":  &k.check,
	} {
		key, err := hkdf.Key(sha256.New, secret, nil, label, 32)
		if err != nil {
			return keyring{}, fmt.Errorf("derive %s: %w", label, err)
		}
		*into = key
	}
	return k, nil
}

func randomKey() []byte {
	key := make([]byte, 32)
	rand.Read(key) // never fails: crypto/rand ends the process instead
	return key
}
