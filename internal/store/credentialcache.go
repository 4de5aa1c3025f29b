package store

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// mostCredentials is how many are kept; one takes a few kilobytes.
	mostCredentials = 10_000
	// credentialFor is how long one is kept although the log is silent about it, should
	// somebody change the database past Latchkey.
	credentialFor = 30 * time.Second
)

// credentialCache keeps credentials that were read, for as long as the change log tells
// that they are unchanged. What it gives is shared: nobody may change what a
// credential's slices and pointers lead to. A nil one keeps nothing.
type credentialCache struct {
	log  *changeLog
	kept *otter.Cache[string, keptCredential]
}

// keptCredential is one as it was read after the event with the number.
type keptCredential struct {
	credential models.Credential
	number     int64
	at         time.Time
}

func newCredentialCache(after func(context.Context, int64) (changes, error)) (*credentialCache, error) {
	kept, err := otter.New(&otter.Options[string, keptCredential]{MaximumSize: mostCredentials})
	if err != nil {
		return nil, err
	}
	return &credentialCache{log: newChangeLog(after), kept: kept}, nil
}

// wrote is changeLog.wrote.
func (c *credentialCache) wrote() {
	if c != nil {
		c.log.wrote()
	}
}

// credential gives the credential of a key, as it is kept or else as read gives it.
func (c *credentialCache) credential(ctx context.Context, key string, read func() (models.Credential, error)) (models.Credential, error) {
	if c == nil {
		return read()
	}
	number, current := c.log.follow(ctx)
	if current {
		kept, ok := c.kept.GetIfPresent(key)
		if ok && time.Since(kept.at) < credentialFor && c.log.unchanged(kept.credential.Token.ID, kept.number) {
			return kept.credential, nil
		}
	}
	at := time.Now()
	found, err := read()
	// A secret that ends by silence is judged by its last use, which leaves no event.
	if err == nil && found.Secret.Silence == 0 {
		c.kept.Set(key, keptCredential{found, number, at})
	}
	return found, err
}
