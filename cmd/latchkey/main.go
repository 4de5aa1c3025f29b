package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/latchkey-dev/latchkey/models"
)

// gcPercent lets the heap grow to five times what lives before it is collected. Little
// lives (some ten megabytes, and what credentials are kept) and much passes: with Go's
// own 100 the collector takes a fifth of the time that the token endpoint does. Whoever
// sets GOGC has the last word.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "latchkey: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nlatchkey: "))
		os.Exit(1)
	}
}

// commands is the command line: the settings are flags of every command.
type commands struct {
	Settings `group:"Settings (also as LATCHKEY_… variables):"`

	Serve    serveCommand   `cmd:"" default:"1" help:"Serve the portal and the API. The default."`
	Demo     demoCommand    `cmd:"" help:"Serve a throwaway database with demo data, and print what to try."`
	Seed     seedCommand    `cmd:"" help:"Put demo data into the configured database."`
	Migrate  migrateCommand `cmd:"" help:"Bring the configured database to this version, and stop."`
	Operator struct {
		Create        operatorCreateCommand `cmd:"" help:"Make an operator of the Console."`
		ResetPassword operatorResetCommand  `cmd:"" help:"Give an operator a new password; ends their sessions."`
	} `cmd:"" help:"Operators of the Console."`
	Keys struct {
		List   keysListCommand   `cmd:"" help:"List the keys that sign JWTs."`
		Rotate keysRotateCommand `cmd:"" help:"Let the next key of an algorithm sign."`
		Remove keysRemoveCommand `cmd:"" help:"End a key at once, and every JWT that it signed."`
	} `cmd:"" help:"Keys that sign JWTs."`
	Version versionCommand `cmd:"" help:"Print the version."`
	Gallery galleryCommand `cmd:"" help:"Serve every component and page in every state, for looking at."`
}

// app is what a command runs with.
type app struct {
	ctx            context.Context
	settings       Settings
	stdin          io.Reader
	stdout, stderr io.Writer
	log            *slog.Logger
}

// exit carries the status with which kong wants to end the process (--help).
type exit int

// run is the whole program; nothing else ends the process. Answers go to
// stdout, logs to stderr.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	env := readEnvironment(environ)
	var cmd commands
	parser, err := kong.New(&cmd,
		kong.Name("latchkey"),
		kong.Description("A self-hosted Admin Portal for machine-to-machine tokens, and the token server behind it."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.FlagNamer(flagName),
		kong.Resolvers(env.resolver()),
		kong.UsageOnError(),
	)
	if err != nil {
		return fmt.Errorf("read the command line: %w", err)
	}
	defer func() {
		if r := recover(); r != nil {
			code, ok := r.(exit)
			if !ok {
				panic(r)
			}
			if code != 0 {
				err = fmt.Errorf("exit status %d", code)
			}
		}
	}()
	parsed, err := parser.Parse(args)
	if unknown := env.check(); unknown != nil {
		if err == nil {
			_, err = cmd.resolve(unknown)
			return err
		}
		err = errors.Join(unknown, err)
	}
	if err != nil {
		return err
	}
	return parsed.Run(&app{
		ctx: ctx, settings: cmd.Settings, stdin: stdin, stdout: stdout, stderr: stderr,
		log: slog.New(slog.NewTextHandler(stderr, nil)),
	})
}

type migrateCommand struct{}

func (migrateCommand) Run(a *app) error {
	c, err := a.settings.resolve()
	if err != nil {
		return err
	}
	s, err := serving(a.ctx, c, a.log)
	if err != nil {
		return err
	}
	return s.close()
}

type seedCommand struct {
	JSON   bool `help:"Print one JSON object with the ids, passwords and secrets, and nothing else."`
	Tokens int  `help:"Load that many tokens of the past as well: the first 100,000 into the first account, the rest over 1,000 accounts." placeholder:"N"`
}

// Validate is called by kong.
func (cmd seedCommand) Validate() error {
	if cmd.Tokens < 0 || cmd.Tokens > mostCrowd {
		return fmt.Errorf("--tokens takes 0 to %d", mostCrowd)
	}
	return nil
}

func (cmd seedCommand) Run(a *app) error {
	c, err := a.settings.resolve()
	if err != nil {
		return err
	}
	s, err := serving(a.ctx, c, a.log)
	if err != nil {
		return err
	}
	data, err := seed(a.ctx, s, cmd.Tokens, a.stderr)
	if err = errors.Join(err, s.close()); err != nil {
		return err
	}
	if cmd.JSON {
		return data.writeJSON(a.stdout)
	}
	return data.writeText(a.stdout)
}

type operatorCreateCommand struct {
	Email         string `arg:"" help:"E-mail, with which the operator signs in."`
	Name          string `help:"Name; the e-mail's first part if absent."`
	PasswordStdin bool   `help:"Read the password from the first line of standard input, instead of making one."`
}

func (cmd operatorCreateCommand) Run(a *app) error {
	name := cmd.Name
	if name == "" {
		name, _, _ = strings.Cut(cmd.Email, "@")
	}
	return a.withPassword(cmd.PasswordStdin, func(s *services, password models.Secret) error {
		return s.signin.CreateOperator(a.ctx, system(), cmd.Email, name, password)
	})
}

type operatorResetCommand struct {
	Email         string `arg:"" help:"E-mail of the operator."`
	PasswordStdin bool   `help:"Read the password from the first line of standard input, instead of making one."`
}

func (cmd operatorResetCommand) Run(a *app) error {
	return a.withPassword(cmd.PasswordStdin, func(s *services, password models.Secret) error {
		err := s.signin.ResetPassword(a.ctx, system(), cmd.Email, password)
		if errors.Is(err, models.ErrNotFound) {
			return fmt.Errorf("no operator has the e-mail %s", cmd.Email)
		}
		return err
	})
}

// withPassword runs act with a password that the caller typed or that is made
// here; one that was made is printed, once.
func (a *app) withPassword(fromStdin bool, act func(*services, models.Secret) error) error {
	c, err := a.settings.resolve()
	if err != nil {
		return err
	}
	password := models.NewOpaque()
	if fromStdin {
		line, err := bufio.NewReader(io.LimitReader(a.stdin, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the password: %w", err)
		}
		password = models.NewSecret(strings.TrimRight(line, "\r\n"))
	}
	s, err := open(a.ctx, c, a.log)
	if err != nil {
		return err
	}
	if err := errors.Join(explain(a.ctx, act(s, password)), s.close()); err != nil {
		return err
	}
	if !fromStdin {
		_, err = fmt.Fprintf(a.stdout, "Password: %s\n", password.Reveal())
	}
	return err
}

type versionCommand struct{}

func (versionCommand) Run(a *app) error {
	_, err := fmt.Fprintln(a.stdout, "latchkey", version())
	return err
}

// version is the module's version and, for a build from a checkout, its commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v += " " + s.Value
			}
		}
	}
	return v
}
