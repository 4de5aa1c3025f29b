package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/latchkey-dev/latchkey/handlers"
	"github.com/latchkey-dev/latchkey/static"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/gallery"
)

type serveCommand struct{}

func (serveCommand) Run(a *app) error {
	c, err := a.settings.resolve()
	if err != nil {
		return err
	}
	s, err := serving(a.ctx, c, a.log)
	if err != nil {
		return err
	}
	return errors.Join(s.serve(a.ctx, a.stdout, a.log, nil), s.close())
}

type demoCommand struct{}

// Run serves demo data from a folder that is gone afterwards.
func (demoCommand) Run(a *app) (err error) {
	dir, err := os.MkdirTemp("", "latchkey-demo-")
	if err != nil {
		return fmt.Errorf("make a place for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	settings := a.settings
	settings.DatabaseURL = filepath.Join(dir, "demo.db")
	c, err := settings.resolve()
	if err != nil {
		return err
	}
	s, err := serving(a.ctx, c, a.log)
	if err != nil {
		return err
	}
	data, err := seed(a.ctx, s, 0, a.stderr)
	if err != nil {
		return errors.Join(err, s.close())
	}
	welcome := func() error { return data.writeWelcome(a.stdout, c.publicURL.String()) }
	return errors.Join(s.serve(a.ctx, a.stdout, a.log, welcome), s.close())
}

// serve answers requests until ctx ends, then stops in reverse order: no new
// requests, those under way finish, and what was noted in memory is written.
func (s *services) serve(ctx context.Context, stdout io.Writer, log *slog.Logger, welcome func() error) error {
	if welcome == nil {
		welcome = func() error { return s.printSetupLink(ctx, stdout) }
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var welcomed error
	server, err := handlers.New(handlers.Config{
		Store: s.store, Keys: s.keys, Tokens: s.tokens, Accounts: s.accounts, SignIn: s.signin, Vendors: s.vendors, Browsers: s.browsers,
		PublicURL: s.config.publicURL, DialectPrefix: s.config.dialectPrefix,
		AllowedOrigins: s.config.allowedOrigins, TrustedProxies: s.config.trustedProxies, CookieKey: s.keyring.cookie,
		Listen: s.config.listen, Log: log,
		// Only who listens welcomes: where the port is taken nobody reads of
		// sign-ins, and the set-up link of the server that has it stays good.
		Listening: func(address net.Addr) {
			if welcomed = welcome(); welcomed != nil {
				cancel()
			}
			log.Info("listening", "address", address.String(), "url", s.config.publicURL.String(), "version", version())
		},
	})
	if err != nil {
		return err
	}

	// The writers of notes outlive the server: its last requests are noted too.
	notes, stop := context.WithCancel(context.WithoutCancel(ctx))
	var writers sync.WaitGroup
	var tokensErr, bulksErr, signinErr, keysErr, vendorsErr error
	writers.Go(func() { tokensErr = s.tokens.Run(notes) })
	writers.Go(func() { bulksErr = s.tokens.RunBulks(notes) })
	writers.Go(func() { signinErr = s.signin.Run(notes) })
	writers.Go(func() { keysErr = s.keys.Run(notes) })
	writers.Go(func() { vendorsErr = s.vendors.Run(notes) })
	err = server.Run(ctx)
	stop()
	writers.Wait()
	return errors.Join(welcomed, err, tokensErr, bulksErr, signinErr, keysErr, vendorsErr)
}

// printSetupLink prints the way to the first operator while there is none.
func (s *services) printSetupLink(ctx context.Context, stdout io.Writer) error {
	code, needed, err := s.signin.EnsureSetupLink(ctx)
	if err != nil || !needed {
		return err
	}
	_, err = fmt.Fprintf(stdout, "Open this link to make the first operator. It works once, for one hour:\n\n  %s%s\n\n",
		s.config.publicURL, views.Setup(code.Reveal()))
	return err
}

type galleryCommand struct{}

// Run serves the gallery on the listen address; it needs no database.
func (galleryCommand) Run(a *app) error {
	assets, err := static.New()
	if err != nil {
		return err
	}
	server := &http.Server{Addr: a.settings.Listen, Handler: gallery.Handler(assets), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(a.ctx, func() { server.Close() })
	defer stop()
	if _, err := fmt.Fprintf(a.stdout, "The gallery is at http://%s\n", a.settings.Listen); err != nil {
		return err
	}
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the gallery: %w", err)
	}
	return nil
}
