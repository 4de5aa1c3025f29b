package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/latchkey-dev/latchkey/internal/signing"
	"github.com/latchkey-dev/latchkey/models"
)

type keysListCommand struct{}

func (keysListCommand) Run(a *app) error {
	return a.withKeys(func(keys *signing.Keys) error {
		rows, err := keys.List(a.ctx, system())
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "KEY\tALGORITHM\tSTATE\tUSED\tSINCE\tNEXT ROTATION")
		for _, row := range rows {
			since, rotation := row.SignsFrom(), "-"
			if row.RetiredAt != nil {
				since = *row.RetiredAt
			}
			if row.RotatesAt != nil {
				rotation = row.RotatesAt.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", row.ID, row.Algorithm, row.State, used(row), since.UTC().Format(time.RFC3339), rotation)
		}
		return table.Flush()
	})
}

// used tells whether this configuration signs with a key now or later; "-" for one that
// signs no more in any.
func used(row models.SigningKeyRow) string {
	switch {
	case row.State == models.KeyRetired:
		return "-"
	case row.InUse:
		return "yes"
	}
	return "no"
}

type keysRotateCommand struct {
	Alg string `help:"RS256, ES256 or EdDSA; what signs the JWTs of OAuth if absent." placeholder:"ALG"`
}

func (cmd keysRotateCommand) Run(a *app) error {
	return a.withKeys(func(keys *signing.Keys) error {
		rows, err := keys.List(a.ctx, system())
		if err != nil {
			return err
		}
		algorithm := cmd.Alg
		if algorithm == "" {
			algorithm = keys.OAuthAlgorithm()
			if err := settled(rows, algorithm); err != nil {
				return err
			}
		}
		active, err := activeKey(rows, algorithm)
		if err != nil {
			return err
		}
		key, err := keys.Rotate(a.ctx, system(), active)
		var early *signing.EarlyError
		switch {
		case errors.As(err, &early):
			return fmt.Errorf("not everybody knows the next %s key yet; rotate from %s on", algorithm, early.From.UTC().Format(time.RFC3339))
		case errors.Is(err, models.ErrConflict):
			return fmt.Errorf("the %s key was rotated by somebody else meanwhile", algorithm)
		case err != nil:
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "%s signs now.\n", key.ID)
		return err
	})
}

// settled gives an error where keys sign that are of another setting than this
// configuration's: the server's may be that one.
func settled(rows []models.SigningKeyRow, algorithm string) error {
	for _, row := range rows {
		if row.State == models.KeyActive && !row.InUse {
			return fmt.Errorf("there is an active %s key, and %sOAUTH_SIGNING_ALG is %s here; set it as the server has it, or choose with --alg",
				row.Algorithm, envPrefix, algorithm)
		}
	}
	return nil
}

// activeKey is the id of the key of an algorithm that signs.
func activeKey(rows []models.SigningKeyRow, algorithm string) (string, error) {
	for _, row := range rows {
		switch {
		case row.Algorithm != algorithm || row.State != models.KeyActive:
		case row.InUse:
			return row.ID, nil
		default:
			return "", fmt.Errorf("this configuration uses no %s key; set %sOAUTH_SIGNING_ALG as the server has it", algorithm, envPrefix)
		}
	}
	return "", fmt.Errorf("no %s key signs here", algorithm)
}

type keysRemoveCommand struct {
	Key string `arg:"" help:"Its id, as the list has it."`
}

func (cmd keysRemoveCommand) Run(a *app) error {
	return a.withKeys(func(keys *signing.Keys) error {
		row, err := keys.Key(a.ctx, system(), cmd.Key)
		if err == nil {
			err = keys.Remove(a.ctx, system(), cmd.Key)
		}
		if errors.Is(err, models.ErrNotFound) {
			return fmt.Errorf("no signing key has the id %s", cmd.Key)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "Removed. Every JWT that it signed is refused, %d live access tokens among them.\n", row.Live)
		return err
	})
}

// withKeys runs act with the configured database's signing keys.
func (a *app) withKeys(act func(*signing.Keys) error) error {
	c, err := a.settings.resolve()
	if err != nil {
		return err
	}
	s, err := open(a.ctx, c, a.log)
	if err != nil {
		return err
	}
	return errors.Join(act(s.keys), s.close())
}
