package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/latchkey-dev/latchkey/internal/accounts"
	"github.com/latchkey-dev/latchkey/internal/browsers"
	"github.com/latchkey-dev/latchkey/internal/proofs"
	"github.com/latchkey-dev/latchkey/internal/signin"
	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/internal/store"
	"github.com/latchkey-dev/latchkey/internal/tokens"
	"github.com/latchkey-dev/latchkey/internal/vendors"
	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views/words"
)

// services is the engine room, joined: what every command stands on.
type services struct {
	config   config
	keyring  keyring
	store    *store.Store
	keys     *signing.Keys
	tokens   *tokens.Tokens
	accounts *accounts.Accounts
	signin   *signin.Signin
	vendors  *vendors.Vendors
	browsers *browsers.Browsers
}

// serving is open for the commands that serve, or make a database ready for that: they
// make the signing keys that are missing for the setting that they were given.
func serving(ctx context.Context, c config, log *slog.Logger) (*services, error) {
	s, err := open(ctx, c, log)
	if err != nil {
		return nil, err
	}
	if err := s.keys.Ensure(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// open opens the configured database, brings it to this version, checks that
// the secret key is the database's own, and joins the services on it. It makes no
// signing key: not every command is given the setting that the server has.
func open(ctx context.Context, c config, log *slog.Logger) (*services, error) {
	ring, err := deriveKeys(c.secretKey)
	if err != nil {
		return nil, err
	}
	st, err := store.Open(ctx, store.Config{URL: c.databaseURL, Uncached: c.uncached, Log: log})
	if err != nil {
		return nil, err
	}
	s := &services{config: c, keyring: ring, store: st}
	if err := s.join(ctx, log); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return s, nil
}

func (s *services) join(ctx context.Context, log *slog.Logger) (err error) {
	if err := s.store.Migrate(ctx); err != nil {
		return err
	}
	if s.accounts, err = accounts.New(accounts.Config{Store: s.store, Log: log}); err != nil {
		return err
	}
	err = s.accounts.Bootstrap(ctx, accounts.Initial{
		TokenPrefix: s.config.tokenPrefix, AccessTokenFormat: s.config.tokenFormat, KeyCheck: s.keyring.check,
	})
	if errors.Is(err, accounts.ErrWrongKey) {
		return fmt.Errorf("%sSECRET_KEY: is not the key that this database was made with", envPrefix)
	}
	if err != nil {
		return err
	}
	s.keys, err = signing.New(signing.Config{
		Store: s.store, SealKey: s.keyring.seal, OAuthAlgorithm: s.config.oauthAlgorithm, Log: log,
	})
	if err != nil {
		return err
	}
	if s.signin, err = signin.New(signin.Config{Store: s.store, LimitKey: s.keyring.limit, Log: log}); err != nil {
		return err
	}
	s.vendors, err = vendors.New(vendors.Config{
		Store: s.store, Signer: s.keys, Pepper: s.keyring.pepper, Issuer: s.config.publicURL.String(), Log: log,
	})
	if err != nil {
		return err
	}
	s.browsers, err = browsers.New(browsers.Config{Store: s.store, Signer: s.keys, Issuer: s.config.publicURL.String()})
	if err != nil {
		return err
	}
	checker, err := proofs.New(proofs.Config{Store: s.store, Issuer: s.config.publicURL.String(), Log: log})
	if err != nil {
		return err
	}
	s.tokens, err = tokens.New(tokens.Config{
		Store: s.store, Keys: s.keys, Proofs: checker, Pepper: s.keyring.pepper,
		Issuer: s.config.publicURL.String(), FlushEvery: s.config.lastUsedFlush, Log: log,
	})
	return err
}

func (s *services) close() error { return s.store.Close() }

// explain turns input that can be mended into sentences; every other error
// stays as it is.
func explain(ctx context.Context, err error) error {
	var invalid *models.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	var sentences []error
	for _, p := range invalid.Problems {
		sentences = append(sentences, fmt.Errorf("%s: %s", p.Field, words.T(ctx, "invalid."+p.Key, p.Args)))
	}
	return errors.Join(sentences...)
}
