// openid-client, as it is published: what a customer's program in Node gets its access tokens with, and what the vendor's API
// asks about them with. Its sibling jose checks the JWTs as an API does that asks nobody, and oauth4webapi, on which it
// stands, finds the way from the API to Latchkey.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, errors, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import * as oauth4webapi from 'oauth4webapi';
import * as client from 'openid-client';

import { launch } from './browser.mjs';
import { as, generate, heading, lists } from './pages.mjs';
import { databases, start } from './server.mjs';

const run = promisify(execFile);

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

it('the guide names the versions that are tested', async () => {
  const read = (path) => readFile(new URL(path, import.meta.url), 'utf8');
  const { devDependencies } = JSON.parse(await read('../package.json'));
  const guide = await read('../docs/oauth.md');
  for (const name of ['openid-client', 'jose']) assert.ok(guide.includes(`\`${name}\` ${devDependencies[name]}`), name);
});

for (const database of databases) {
  describe(`on ${database}`, () => {
    let server, acme, globex, whoami;
    before(async () => {
      server = await start({ database });
      [acme, globex] = server.seed.tenants;
      whoami = new URL(`${server.url}/v1/whoami`);
    });
    after(async () => {
      try {
        assert.deepEqual(await server?.leaks(), [], 'secrets in plain text after the whole run');
      } finally {
        await server?.stop();
      }
    });

    /** What the library knows of Latchkey by its metadata, for a client. */
    async function discover(clientId, authentication) {
      return client.discovery(new URL(server.url), clientId, undefined, authentication, {
        algorithm: 'oauth2', execute: [client.allowInsecureRequests], // the loopback has no TLS
      });
    }

    /** One of the seed's clients with a secret. */
    const withSecret = ({ client_id: id, secret }, way = client.ClientSecretBasic) => discover(id, way(secret));

    /** A client with a key of its own, an object {key, kid?} of the library's. */
    const withKey = (id, key) => discover(id, client.PrivateKeyJwt(key));

    /** Acme's client of the seed that has a key of its own. */
    async function seededKey() {
      const { client_id: id, jwk } = acme.tokens.private_key_jwt;
      return withKey(id, { key: await importJWK(jwk, jwk.alg), kid: jwk.kid });
    }

    /** An access token for a client: the whole answer. */
    async function granted(config, parameters, options) {
      const answer = await client.clientCredentialsGrant(config, parameters, options);
      server.remember(answer.access_token, 'access token');
      return answer;
    }

    /** What Latchkey says to whoever shows an access token: {status, body}. */
    async function shown(config, token, options) {
      try {
        const answer = await client.fetchProtectedResource(config, token, whoami, 'GET', undefined, undefined, options);
        return { status: answer.status, body: await answer.json() };
      } catch (error) {
        if (!(error instanceof client.WWWAuthenticateChallengeError)) throw error;
        return { status: error.status, challenge: error.cause[0] };
      }
    }

    /** Asserts that the token endpoint refuses with a status and a code, which the library reads. */
    async function refused(what, asking, status, code) {
      await assert.rejects(asking, (error) => {
        assert.ok(error instanceof client.ResponseBodyError || error instanceof client.WWWAuthenticateChallengeError, `${what}: ${error}`);
        assert.equal(error.status, status, what);
        if (error instanceof client.ResponseBodyError) assert.equal(error.error, code, what);
        return true;
      });
    }

    describe('the code on a token’s page', () => {
      let page;
      before(async () => { page = await as(browser, server, 'dana@acme.example'); });
      after(() => page?.done());

      /** The text of a block of code on the page of one of the seed's clients. */
      async function codeOf(block, { client_id: id }) {
        await page.goto(`/workspace/tokens/${id}`);
        await page.getByText('In Go and Node').click();
        return textOf(block);
      }

      /** The text of a block of code on the page that is open, once its fold is. */
      const textOf = (block) => page.locator(`#code-${block}`).innerText();

      /** What a program says, which stands in a folder of its own below node_modules: there it finds what it imports. */
      async function said(file, text, command, env) {
        const folder = new URL(`../node_modules/.cache/latchkey-e2e/code-${database}-${randomUUID()}/`, import.meta.url);
        await mkdir(folder, { recursive: true });
        try {
          await writeFile(new URL(file, folder), text);
          await writeFile(new URL('key.json', folder), JSON.stringify(acme.tokens.private_key_jwt.jwk));
          const path = fileURLToPath(new URL(file, folder));
          const { stdout } = await run(command[0], [...command.slice(1), path], { cwd: fileURLToPath(folder), env: { ...process.env, ...env } });
          return stdout.trim();
        } finally {
          await rm(folder, { recursive: true });
        }
      }

      const inNode = (code, env) => said('program.mjs', `${code}\nconsole.log(answer.status);\n`, ['node'], env);
      const inGo = (before, code, print, env) => said('program.go', `package main

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

var _ = url.Values{}

func main() {
	ctx := context.Background()
	${before}
	${code}
	if err != nil {
		panic(err)
	}
	fmt.Println(${print}, os.Args[0] != "")
}
`, ['go', 'run'], env);

      it('works in Node and Go, with a secret', async () => {
        const { client_credentials: credentials } = acme.tokens;
        const env = { SECRET: credentials.secret };
        assert.equal(await inNode(await codeOf('node', credentials), env), '200');
        assert.equal(await inGo('', await codeOf('go', credentials), 'answer.StatusCode', env), '200 true');
      });

      it('works in Node and Go where the secret is shown, which is not in it', async () => {
        const { secret } = await generate(page, lists.api, { description: 'Shown beside its programs' });
        server.remember(secret, 'secret beside its programs');
        await page.getByText('In Go and Node').click();
        const [node, go] = [await textOf('node'), await textOf('go')];
        assert.ok(!`${node}${go}`.includes(secret));
        assert.equal(await inNode(node, { SECRET: secret }), '200');
        assert.equal(await inGo('', go, 'answer.StatusCode', { SECRET: secret }), '200 true');
      });

      it('works in Node and Go, with a key of one’s own', async () => {
        const { private_key_jwt: keyed } = acme.tokens;
        assert.equal(await inNode(await codeOf('node', keyed), {}), '200');
        const assertion = await new SignJWT({}).setProtectedHeader({ alg: keyed.jwk.alg, kid: keyed.jwk.kid })
          .setIssuer(keyed.client_id).setSubject(keyed.client_id).setAudience(server.url).setJti(randomUUID()).setIssuedAt().setExpirationTime('1m')
          .sign(await importJWK(keyed.jwk, keyed.jwk.alg));
        assert.equal(await inGo('assertion := os.Getenv("ASSERTION")', await codeOf('go', keyed), 'token.Type()', { ASSERTION: assertion }), 'Bearer true');
      });
    });

    describe('the metadata', () => {
      it('is found by its address, and names everything that the library asks for', async () => {
        const known = (await withSecret(acme.tokens.client_credentials)).serverMetadata();
        assert.equal(known.issuer, server.url);
        for (const name of ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint', 'jwks_uri']) {
          assert.ok(known[name].startsWith(`${server.url}/`), name);
        }
        assert.deepEqual(known.grant_types_supported, ['client_credentials']);
      });

      it('is not that of another issuer', async () => {
        const elsewhere = new URL(server.url);
        elsewhere.hostname = '127.0.0.1';
        await assert.rejects(client.discovery(elsewhere, 'x', undefined, undefined, { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }));
      });

      it('is led to by what an API says to whoever shows nothing', async () => {
        const { status, headers } = await fetch(whoami);
        assert.equal(status, 401);
        const [, address] = headers.get('www-authenticate').match(/^Bearer resource_metadata="([^"]+)"/);
        const resource = new URL(`${server.url}/v1`);
        const options = { [oauth4webapi.allowInsecureRequests]: true };
        const answer = await oauth4webapi.resourceDiscoveryRequest(resource, options);
        assert.equal(answer.url, address);
        const { authorization_servers: servers } = await oauth4webapi.processResourceDiscoveryResponse(resource, answer);
        assert.deepEqual(servers, [server.url]);
      });
    });

    describe('a client with a secret', () => {
      for (const way of [client.ClientSecretBasic, client.ClientSecretPost]) {
        it(`gets an access token by ${way.name}, which an API takes`, async () => {
          const config = await withSecret(acme.tokens.client_credentials, way);
          const answer = await granted(config);
          assert.equal(answer.token_type, 'bearer'); // the library's spelling
          assert.equal(answer.scope, 'reports.read reports.write');
          assert.equal(answer.expires_in, 3600);
          assert.equal(answer.refresh_token, undefined);
          const { status, body } = await shown(config, answer.access_token);
          assert.equal(status, 200);
          assert.equal(body.client_id, acme.tokens.client_credentials.client_id);
          assert.equal(body.tenant_id, acme.id);
        });
      }

      it('of a person, too', async () => {
        const config = await withSecret(acme.tokens.personal_client_credentials);
        const { access_token: token } = await granted(config);
        const { body } = await shown(config, token);
        assert.equal(body.context, 'personal');
        assert.equal(decodeJwt(token).userId, acme.users[0].id);
      });

      it('gets no more than the scope that it asks for', async () => {
        const config = await withSecret(acme.tokens.client_credentials);
        const answer = await granted(config, { scope: 'reports.read' });
        assert.equal(answer.scope, 'reports.read');
        assert.deepEqual((await shown(config, answer.access_token)).body.permissions, ['reports.read']);
      });

      it('is told what is wrong with what it asks for', async () => {
        const config = await withSecret(acme.tokens.client_credentials);
        for (const scope of ['reports.delete', 'reports.read reports.delete', 'openid']) {
          await refused(scope, client.clientCredentialsGrant(config, { scope }), 400, 'invalid_scope');
        }
        for (const resource of ['https://elsewhere.example', `${server.url}/`, '/v1', `${server.url}/v1#x`]) {
          await refused(resource, client.clientCredentialsGrant(config, { resource }), 400, 'invalid_target');
        }
        await refused('a grant that is none', client.genericGrantRequest(config, 'password', {}), 400, 'unsupported_grant_type');
        await refused('a refresh', client.refreshTokenGrant(config, 'x'.repeat(40)), 400, 'unsupported_grant_type');
      });

      it("gets nothing with another's, or with none", async () => {
        const { client_id: id, secret } = acme.tokens.client_credentials;
        for (const way of [client.ClientSecretBasic, client.ClientSecretPost]) {
          for (const [what, name, word] of [
            ['a wrong secret', id, `${secret.slice(0, -1)}0`], ["another account's", id, globex.tokens.client_credentials.secret],
            ['an unknown client', randomUUID(), secret], ['signs and spaces', id, 'ä +%&=:'],
          ]) {
            await refused(`${what}, ${way.name}`, client.clientCredentialsGrant(await discover(name, way(word))), 401, 'invalid_client');
          }
        }
        await refused('no secret', client.clientCredentialsGrant(await discover(id, client.None())), 401, 'invalid_client');
      });
    });

    describe('a client with a key of its own', () => {
      it('of the seed, which signs with ES256', async () => {
        const config = await seededKey();
        const answer = await granted(config, { scope: 'reports.read' });
        assert.equal((await shown(config, answer.access_token)).body.client_id, acme.tokens.private_key_jwt.client_id);
      });

      for (const [algorithm, kid] of [['PS256', 'first'], ['Ed25519', undefined]]) {
        it(`that a person put into the portal, which signs with ${algorithm}`, async () => {
          const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
          server.remember((await exportJWK(privateKey)).d, `private key of ${algorithm}`);
          const id = await generateWithKey({ ...await exportJWK(publicKey), ...(kid && { kid }), alg: algorithm });

          const config = await withKey(id, { key: privateKey, ...(kid && { kid }) });
          const { access_token: token } = await granted(config);
          assert.equal((await shown(config, token)).body.client_id, id);
          assert.equal((await client.tokenIntrospection(config, token)).client_id, id);
        });
      }

      it('gets nothing by a key of somebody else', async () => {
        const { client_id: id, jwk } = acme.tokens.private_key_jwt;
        const { privateKey } = await generateKeyPair('ES256');
        for (const key of [{ key: privateKey }, { key: privateKey, kid: jwk.kid }]) {
          await refused('another key', client.clientCredentialsGrant(await withKey(id, key)), 401, 'invalid_client');
        }
        const theirs = globex.tokens.private_key_jwt.jwk;
        const config = await withKey(id, { key: await importJWK(theirs, theirs.alg) });
        await refused("another account's", client.clientCredentialsGrant(config), 401, 'invalid_client');
      });

      it('gets nothing by an assertion that is not for this server, or was used', async () => {
        const { client_id: id, jwk } = acme.tokens.private_key_jwt;
        const key = { key: await importJWK(jwk, jwk.alg), kid: jwk.kid };
        const signing = (change) => discover(id, client.PrivateKeyJwt(key, { [client.modifyAssertion]: (_, claims) => Object.assign(claims, change) }));
        for (const [what, change] of [
          ['for the endpoint', { aud: `${server.url}/oauth/token` }], ['for two', { aud: [server.url, 'https://elsewhere.example'] }],
          ['over', { exp: Math.floor(Date.now() / 1000) - 1 }], ['without an end', { exp: undefined }], ['without an id', { jti: undefined }],
        ]) {
          await refused(what, client.clientCredentialsGrant(await signing(change)), 401, 'invalid_client');
        }
        const once = await signing({ jti: randomUUID() });
        await granted(once);
        await refused('a second time', client.clientCredentialsGrant(once), 401, 'invalid_client');
      });
    });

    describe('an access token that is bound to a key', () => {
      it('is good with proofs of the key only', async () => {
        for (const algorithm of ['ES256', 'PS256', 'Ed25519']) {
          for (const config of [await withSecret(acme.tokens.client_credentials), await seededKey()]) {
            const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(algorithm));
            const { access_token: token, token_type: type } = await granted(config, {}, { DPoP });
            assert.equal(type, 'dpop', algorithm);
            assert.equal(decodeJwt(token).cnf.jkt, await DPoP.calculateThumbprint());
            for (const time of ['first', 'second']) {
              assert.equal((await shown(config, token, { DPoP })).status, 200, `${algorithm}, ${time}`);
            }

            const bearer = await shown(config, token);
            assert.deepEqual([bearer.status, bearer.challenge.scheme, bearer.challenge.parameters.error], [401, 'dpop', 'invalid_token']);
            const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair(algorithm));
            assert.equal((await shown(config, token, { DPoP: other })).status, 401, `${algorithm}, another key`);
          }
        }
      });

      it('says so when an API asks about it', async () => {
        const config = await withSecret(acme.tokens.client_credentials);
        const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
        const { access_token: token } = await granted(config, {}, { DPoP });
        const about = await client.tokenIntrospection(config, token);
        assert.deepEqual([about.active, about.token_type, about.cnf.jkt], [true, 'DPoP', await DPoP.calculateThumbprint()]);
      });
    });

    describe('asking about tokens, and ending them', () => {
      /** The vendor's API, with its key. */
      const vendor = () => discover(server.seed.vendor.client_id, client.ClientSecretBasic(server.seed.vendor.api_key));

      it('the vendor is told of every account, a client of its own', async () => {
        const [ours, theirs] = [await withSecret(acme.tokens.client_credentials), await withSecret(globex.tokens.client_credentials)];
        const { access_token: token } = await granted(ours, { scope: 'reports.read' });
        for (const config of [await vendor(), ours, await seededKey()]) {
          const about = await client.tokenIntrospection(config, token, { token_type_hint: 'access_token' });
          assert.deepEqual([about.active, about.scope, about.tenantId, about.iss], [true, 'reports.read', acme.id, server.url]);
          const key = await client.tokenIntrospection(config, acme.tokens.access_token.secret);
          assert.deepEqual([key.active, key.sub], [true, acme.tokens.access_token.id]);
        }
        for (const secret of [token, acme.tokens.access_token.secret, 'garbage']) {
          assert.deepEqual({ ...await client.tokenIntrospection(theirs, secret) }, { active: false });
        }
        await refused('a stranger', client.tokenIntrospection(await discover(randomUUID(), client.ClientSecretBasic('x')), token), 401, 'invalid_client');
      });

      it('a client ends its own JWT, at once, and nobody else\'s', async () => {
        const [ours, theirs] = [await withSecret(acme.tokens.client_credentials), await withSecret(globex.tokens.client_credentials)];
        const { access_token: token } = await granted(ours);
        for (const config of [theirs, await seededKey()]) await client.tokenRevocation(config, token);
        assert.equal((await shown(ours, token)).status, 200);

        await client.tokenRevocation(ours, token, { token_type_hint: 'access_token' });
        await client.tokenRevocation(ours, token);
        const after = await shown(ours, token);
        assert.deepEqual([after.status, after.challenge.scheme, after.challenge.parameters.error], [401, 'bearer', 'invalid_token']);
        assert.deepEqual({ ...await client.tokenIntrospection(await vendor(), token) }, { active: false });
        await refused('a secret', client.tokenRevocation(ours, acme.tokens.client_credentials.secret), 400, 'unsupported_token_type');
        assert.equal((await shown(ours, (await granted(ours)).access_token)).status, 200, 'the next one');
      });

      it('the vendor ends a JWT and an access token', async () => {
        const config = await withSecret(globex.tokens.client_credentials);
        const { access_token: token } = await granted(config);
        for (const secret of [token, globex.tokens.access_token.secret]) {
          await client.tokenRevocation(await vendor(), secret);
          assert.equal((await client.tokenIntrospection(await vendor(), secret)).active, false);
        }
        assert.equal((await shown(config, token)).status, 401);
      });
    });

    describe('an API that asks nobody', () => {
      /** Checks an access token as docs/oauth.md says, for the audience. */
      function verify(token, audience = server.url) {
        const keys = createRemoteJWKSet(new URL(`${server.url}/.well-known/jwks.json`));
        return jwtVerify(token, keys, { issuer: server.url, audience, typ: 'at+jwt', algorithms: ['ES256'], requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'] });
      }

      it('finds the keys by the metadata, and everything in the JWT', async () => {
        const config = await withSecret(acme.tokens.client_credentials);
        const { access_token: token } = await granted(config);
        assert.equal(config.serverMetadata().jwks_uri, `${server.url}/.well-known/jwks.json`);
        const { payload, protectedHeader: { alg, typ } } = await verify(token);
        assert.deepEqual({ alg, typ }, { alg: 'ES256', typ: 'at+jwt' });
        const { client_id: id } = acme.tokens.client_credentials;
        const { iss, aud, sub, client_id: clientId, scope, tenantId, roles, permissions, exp, iat } = payload;
        assert.deepEqual({ iss, aud, sub, clientId, scope, tenantId, roles, permissions, life: exp - iat }, {
          iss: server.url, aud: server.url, sub: id, clientId: id, scope: 'reports.read reports.write', tenantId: acme.id,
          roles: ['Editor'], permissions: ['reports.read', 'reports.write'], life: 3600,
        });
      });

      it('takes what was made for it, and nothing else', async () => {
        const config = await withSecret(acme.tokens.client_credentials);
        const { access_token: token } = await granted(config, { resource: `${server.url}/v1` });
        assert.equal((await verify(token, `${server.url}/v1`)).payload.aud, `${server.url}/v1`);
        await assert.rejects(verify(token), errors.JWTClaimValidationFailed);
        assert.equal((await shown(config, token)).status, 200);
        const { access_token: both } = await granted(config, new URLSearchParams([['resource', server.url], ['resource', `${server.url}/v1`]]));
        for (const audience of decodeJwt(both).aud) await verify(both, audience);
        assert.equal(decodeJwt(both).aud.length, 2);
        const reports = 'https://api.latchkey.example/reports'; // of the seed
        const { access_token: elsewhere } = await granted(config, { resource: reports });
        assert.equal((await verify(elsewhere, reports)).payload.aud, reports);
        await assert.rejects(verify(elsewhere), errors.JWTClaimValidationFailed);
      });

      it('finds out what was changed', async () => {
        const { access_token: token } = await granted(await withSecret(acme.tokens.client_credentials));
        const [head, , signature] = token.split('.');
        const claims = Buffer.from(JSON.stringify({ ...decodeJwt(token), tenantId: globex.id })).toString('base64url');
        await assert.rejects(verify([head, claims, signature].join('.')), errors.JWSSignatureVerificationFailed);
        assert.equal(decodeProtectedHeader(token).jwk, undefined);
      });
    });

    /** Dana makes client credentials of the account with a public key in the portal; gives the client id. */
    async function generateWithKey(jwk) {
      const page = await as(browser, server, 'dana@acme.example');
      const description = `Signs with ${jwk.alg}`;
      await page.goto('/workspace/tokens/new');
      await page.getByLabel('Description').fill(description);
      await page.getByRole('checkbox', { name: /^Editor/ }).check();
      await page.getByRole('radio', { name: /^A key of mine/ }).check();
      await page.getByLabel('Public key (JWK)').fill(JSON.stringify(jwk));
      await page.getByRole('button', { name: 'Create token' }).click();
      await heading(page, description);
      const id = new URL(page.url()).pathname.split('/').at(-1);
      await page.done();
      return id;
    }
  });
}
