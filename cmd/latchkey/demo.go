package main

import (
	"fmt"
	"io"
)

// writeWelcome prints the demo's sign-ins and what to try with them, in the
// order in which a newcomer wants to see the product.
func (d seeded) writeWelcome(w io.Writer, publicURL string) error {
	acme := d.Tenants[0]
	_, err := fmt.Fprintf(w, `
The demo is at %[1]s. Its data is gone when you stop it (Ctrl-C).

Sign in as
  %-28[2]s %[3]s  admin of Acme: makes tokens
  %-28[4]s %[5]s  viewer of Acme: sees them
  %-28[6]s %[7]s  operator: the Console, %[1]s/console

Try
  1. As %[2]s, open API Tokens, Generate Token, and paste the curl of the next page into a terminal.
  2. As the operator, switch M2M authentication off for Acme: the same curl is refused at once.
  3. A program of Acme's, right now, in another terminal:

export TOKEN=%[8]s
curl %[1]s/v1/whoami -H "X-API-KEY: $TOKEN"

`,
		publicURL, acme.Users[0].Email, acme.Users[0].Password, acme.Users[1].Email, acme.Users[1].Password,
		d.Operator.Email, d.Operator.Password, acme.Tokens.AccessToken.Secret)
	if err != nil {
		return fmt.Errorf("print the sign-ins: %w", err)
	}
	return nil
}
