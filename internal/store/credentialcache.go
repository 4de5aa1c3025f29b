package store

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// mostKept bounds what is kept, in bytes as weigh estimates them. A JWT is one of its
	// own, and a client may ask for one at each call.
	mostKept = 16 << 20
	// credentialFor is how long one is used although the log is silent about it, should
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

// keptCredential is one as it was read at an age of the log or later.
type keptCredential struct {
	credential models.Credential
	age        int64
	at         time.Time
}

func newCredentialCache(after func(context.Context, int64) (changes, error)) (*credentialCache, error) {
	kept, err := otter.New(&otter.Options[string, keptCredential]{MaximumWeight: mostKept, Weigher: weigh})
	if err != nil {
		return nil, err
	}
	return &credentialCache{log: newChangeLog(after), kept: kept}, nil
}

// weigh is about how many bytes one takes: what it has in any case, and what each
// permission of each role adds.
func weigh(_ string, kept keptCredential) uint32 {
	const least, permission = 2400, 90
	c := kept.credential
	bytes := least + len(c.Token.Metadata) + len(c.Token.Description)
	for _, role := range c.Held {
		bytes += permission * (1 + len(role.Permissions))
	}
	return uint32(bytes)
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
	age, current := c.log.follow(ctx)
	if current {
		kept, ok := c.kept.GetIfPresent(key)
		if ok && time.Since(kept.at) < credentialFor && c.log.unchanged(kept.credential.Token.ID, kept.age) {
			return kept.credential, nil
		}
	}
	at := time.Now()
	found, err := read()
	// A secret that ends by silence is judged by its last use, which leaves no event.
	if err == nil && found.Secret.Silence == 0 {
		c.kept.Set(key, keptCredential{found, age, at})
	}
	return found, err
}
