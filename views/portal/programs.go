package portal

import (
	"context"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// ProgramsProps are the ways to a JWT in programming languages, folded away beside the
// commands that can be pasted.
type ProgramsProps struct {
	Fold  ui.DisclosureProps
	Codes []ui.CodeBlockProps
}

// programsFor shows client credentials in Go and Node. The secret comes from the
// environment, so that nobody commits it; a key is the program's own.
func programsFor(ctx context.Context, publicURL, clientID string, key models.ClientKey) *ProgramsProps {
	goCode, nodeCode, text := goSecret, nodeSecret, "programs.text.secret"
	if !key.IsZero() {
		goCode, nodeCode, text = goKey, nodeKey, "programs.text.key"
	}
	fill := strings.NewReplacer(
		"$URL", publicURL, "$TOKEN", publicURL+views.OAuthToken(), "$WHOAMI", publicURL+views.Whoami(), "$CLIENT", clientID,
		"$INSECURE", insecure(publicURL),
	)
	block := func(id, caption, label, code string) ui.CodeBlockProps {
		return ui.CodeBlockProps{
			ID: id, Caption: caption, Code: []ui.Span{{Text: fill.Replace(code)}}, CopyText: words.T(ctx, "tokens.copy"), CopyLabel: label,
		}
	}
	return &ProgramsProps{
		Fold: ui.DisclosureProps{Title: words.T(ctx, "programs.title"), Text: words.T(ctx, text)},
		Codes: []ui.CodeBlockProps{
			block("code-go", words.T(ctx, "programs.go"), words.T(ctx, "programs.copy.go"), goCode),
			block("code-node", words.T(ctx, "programs.node"), words.T(ctx, "programs.copy.node"), nodeCode),
		},
	}
}

// insecure is what openid-client asks for where there is no TLS.
func insecure(publicURL string) string {
	if strings.HasPrefix(publicURL, "http://") {
		return ", execute: [client.allowInsecureRequests]"
	}
	return ""
}

const (
	goSecret = `config := clientcredentials.Config{
	ClientID:     "$CLIENT",
	ClientSecret: os.Getenv("SECRET"),
	TokenURL:     "$TOKEN",
	AuthStyle:    oauth2.AuthStyleInHeader,
}
answer, err := config.Client(ctx).Get("$WHOAMI")
`
	goKey = `config := clientcredentials.Config{
	ClientID:  "$CLIENT",
	TokenURL:  "$TOKEN",
	AuthStyle: oauth2.AuthStyleInParams,
	EndpointParams: url.Values{
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	},
}
token, err := config.Token(ctx)
`
	nodeSecret = `import * as client from 'openid-client';

const config = await client.discovery(
  new URL('$URL'), '$CLIENT', undefined,
  client.ClientSecretBasic(process.env.SECRET),
  { algorithm: 'oauth2'$INSECURE },
);
const { access_token: token } = await client.clientCredentialsGrant(config);
const answer = await client.fetchProtectedResource(
  config, token, new URL('$WHOAMI'), 'GET',
);
`
	nodeKey = `import { readFile } from 'node:fs/promises';
import { importJWK } from 'jose';
import * as client from 'openid-client';

const { kid, ...jwk } = JSON.parse(await readFile('key.json', 'utf8'));
const config = await client.discovery(
  new URL('$URL'), '$CLIENT', undefined,
  client.PrivateKeyJwt({ key: await importJWK(jwk, jwk.alg), kid }),
  { algorithm: 'oauth2'$INSECURE },
);
const { access_token: token } = await client.clientCredentialsGrant(config);
const answer = await client.fetchProtectedResource(
  config, token, new URL('$WHOAMI'), 'GET',
);
`
)
