// Frontegg's SDK for servers, as it is published, in the Express app of examples/express-frontegg: what a vendor who moves
// to Latchkey has already. It remembers for ten seconds what Latchkey said, so tests that need a fresh answer use a token
// that the app has not seen, or an app of their own.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch } from './browser.mjs';
import { as, rotateSigningKey } from './pages.mjs';
import { exchange } from './program.mjs';
import { databases, start } from './server.mjs';
import { post, vendor } from './vendor.mjs';

const example = new URL('../examples/express-frontegg/', import.meta.url);
const hour = 60 * 60 * 1000;

const running = new Set();
after(() => { for (const child of running) child.kill(); }); // those of tests that failed

/** Runs the example as a child process. With wrong settings it ends at once, where the SDK would try for some seconds. */
function run(server, { key = server.seed.vendor.api_key, ahead = 0 } = {}) {
  const clock = `data:text/javascript,const now = Date.now; Date.now = () => now() + ${ahead}`;
  const child = spawn(process.execPath, ['--import', clock, fileURLToPath(new URL('app.mjs', example))], {
    env: {
      PATH: process.env.PATH, PORT: '0', FRONTEGG_AUTHENTICATOR_NUMBER_OF_TRIES: '1', FRONTEGG_API_GATEWAY_URL: server.url,
      FRONTEGG_CLIENT_ID: server.seed.vendor.client_id, FRONTEGG_API_KEY: key,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { child.said += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { child.said += text; });
  running.add(child);
  child.ended = new Promise((resolve) => child.once('close', (code, signal) => {
    running.delete(child);
    resolve(signal ?? code);
  }));
  return child;
}

/**
 * Starts the example and waits until it listens.
 *
 * @param {{ahead?: number}} options ahead: by how many milliseconds its clock is fast
 * @returns {Promise<{call: function, stop: function}>} call(what, headers) asks for what, such as 'GET /me', and gives
 *   {status, body}; stop() asserts that the process lived until then
 */
async function app(server, options) {
  const child = run(server, options);
  const url = await Promise.race([
    new Promise((resolve) => child.stdout.on('data', () => {
      const found = child.said.match(/Listening on (\S+)/);
      if (found) resolve(found[1]);
    })),
    child.ended.then((how) => { throw new Error(`the app ended with ${how}:\n${child.said}`); }),
  ]);
  return {
    async call(what, headers) {
      const [method, path] = what.split(' ');
      const answer = await fetch(url + path, { method, headers });
      const text = await answer.text();
      return { status: answer.status, body: answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text };
    },
    async stop() {
      child.kill('SIGTERM');
      assert.equal(await child.ended, 'SIGTERM', `the app had ended by itself:\n${child.said}`);
    },
  };
}

const key = (secret) => ({ 'X-API-KEY': secret });
const bearer = (jwt) => ({ Authorization: `Bearer ${jwt}` });

it('the example names the versions that are tested', async () => {
  const read = async (file) => JSON.parse(await readFile(file, 'utf8'));
  const { dependencies } = await read(new URL('package.json', example));
  const { devDependencies } = await read(new URL('../package.json', import.meta.url));
  for (const [name, version] of Object.entries(dependencies)) assert.equal(version, devDependencies[name], name);
});

for (const database of databases) {
  describe(`on ${database}`, () => {
    let server, ask, acme, dana, vic, roles;
    before(async () => {
      server = await start({ database });
      acme = server.seed.tenants.find(({ name }) => name === 'Acme');
      [dana, vic] = ['dana@acme.example', 'vic@acme.example'].map((email) => acme.users.find((user) => user.email === email));
      ask = await vendor(server);
      roles = new Map((await ask('GET', 'roles/v1')).body.map((role) => [role.key, role.id]));
      // The seed's access tokens are keys; those that are made from here on are JWTs.
      assert.equal((await ask('POST', 'configurations/v1', { body: { accessTokenFormat: 'jwt' } })).status, 201);
    });
    after(async () => {
      try {
        assert.deepEqual(await server?.leaks(), [], 'secrets in plain text after the whole run');
      } finally {
        await server?.stop();
      }
    });

    /** Makes an access token of the account's with one role, or of a person's, with the vendor key. */
    async function accessToken(whose, { expiresInMinutes = null } = {}) {
      const [path, body, who] = typeof whose === 'string'
        ? ['tenants', { roleIds: [roles.get(whose)] }, {}]
        : ['users', {}, { userId: whose.id }];
      const made = await ask('POST', `${path}/access-tokens/v1`, { tenantId: acme.id, ...who, body: { description: 'By the vendor', expiresInMinutes, ...body } });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      return { ...made.body, end: () => ask('DELETE', `${path}/access-tokens/v1/${made.body.id}`, { tenantId: acme.id, ...who }) };
    }

    /** Exchanges one of the seed's client credentials. */
    async function jwt({ client_id: clientId, secret }) {
      const exchanged = await exchange(server, { clientId, secret });
      assert.equal(exchanged.status, 200);
      return exchanged.jwt;
    }

    /** The JWT of a person who signed in from a page of the vendor's. */
    async function userToken({ email, password }) {
      const { status, body } = await post(server, '/identity/resources/auth/v1/user', { email, password });
      assert.equal(status, 200);
      server.remember(body.accessToken, 'userToken');
      return body.accessToken;
    }

    describe('good tokens', () => {
      let shop, good;
      before(async () => {
        good = {
          "an account's access token": { headers: key((await accessToken('Reader')).secret), type: 'tenantAccessToken', id: '' },
          "a person's access token": { headers: key((await accessToken(dana)).secret), type: 'userAccessToken', id: dana.id },
          "an account's client credentials": { headers: bearer(await jwt(acme.tokens.client_credentials)), type: 'tenantApiToken', id: '' },
          "a person's client credentials": { headers: bearer(await jwt(acme.tokens.personal_client_credentials)), type: 'userApiToken', id: dana.id },
          'a person who signed in': { headers: bearer(await userToken(dana)), type: 'userToken', id: dana.id },
        };
        shop = await app(server);
      });
      after(() => shop?.stop());

      it('are let in, and the app is told whose they are', async () => {
        for (const [what, { headers, type, id }] of Object.entries(good)) {
          const { status, body } = await shop.call('GET /me', headers);
          assert.equal(status, 200, what);
          assert.deepEqual({ type: body.type, tenantId: body.tenantId, id: body.id }, { type, tenantId: acme.id, id }, what);
        }
      });

      it('are let in where the app asks for a permission that they have', async () => {
        for (const [what, { headers }] of Object.entries(good)) assert.equal((await shop.call('GET /reports', headers)).status, 200, what);
      });

      it('are let in where the app asks for a role that they have, and are 403 elsewhere', async () => {
        for (const [what, { headers }] of Object.entries(good)) {
          const reader = what === "an account's access token";
          assert.equal((await shop.call('DELETE /reports', headers)).status, reader ? 403 : 204, what);
          assert.equal((await shop.call('POST /reports', headers)).status, reader ? 403 : 201, what);
        }
      });

      it("can do what their owner can: a Viewer's can read no report", async () => {
        for (const headers of [key((await accessToken(vic)).secret), bearer(await userToken(vic))]) {
          assert.equal((await shop.call('GET /reports', headers)).status, 403);
        }
      });
    });

    describe('bad tokens', () => {
      let shop, fine;
      before(async () => {
        fine = key((await accessToken('Editor')).secret);
        shop = await app(server);
      });
      after(() => shop?.stop());

      /** Asserts the status on a route of each sort: any token, a permission, a role. */
      async function refused(what, headers, status, from = shop) {
        for (const route of ['GET /me', 'GET /reports', 'DELETE /reports']) {
          assert.equal((await from.call(route, headers)).status, status, `${what}, ${route}`);
        }
      }

      it('that are nothing of ours are 401', async () => {
        const shapes = ['', ' ', 'garbage', 'a.b.c', 'null', `lk_at_${'0'.repeat(40)}`, 'x'.repeat(4000)];
        for (const shape of shapes) {
          await refused(`X-API-KEY ${shape.slice(0, 10)}`, key(shape), 401);
          await refused(`Bearer ${shape.slice(0, 10)}`, bearer(shape), 401);
        }
        await refused('neither', {}, 401);
      });

      it('that another signed, or that were changed, are 401', async () => {
        const [header, , signature] = fine['X-API-KEY'].split('.');
        const claims = { ...claimsOf(fine['X-API-KEY']), tenantId: server.seed.tenants[1].id };
        await refused('changed', key([header, encode(claims), signature].join('.')), 401);
        await refused('unsigned', key([encode({ alg: 'none', typ: 'JWT' }), encode(claims), ''].join('.')), 401);
      });

      it('in the header of the other kind are 400, as the SDK says it', async () => {
        await refused('access token as a bearer', bearer(fine['X-API-KEY']), 400);
        await refused('exchanged JWT as a key', key(await jwt(acme.tokens.client_credentials)), 400);
        await refused('userToken as a key', key(await userToken(dana)), 400);
      });

      it('in the format of keys are 401: the SDK reads JWTs only, and Latchkey itself goes on taking both', async () => {
        await refused("the seed's key", key(acme.tokens.access_token.secret), 401);
        for (const headers of [key(acme.tokens.access_token.secret), fine]) {
          assert.equal((await fetch(`${server.url}/v1/whoami`, { headers })).status, 200);
        }
      });

      it('that were deleted are 401', async () => {
        for (const whose of ['Editor', dana]) {
          const token = await accessToken(whose);
          assert.equal((await token.end()).status, 200);
          await refused('deleted', key(token.secret), 401);
        }
      });

      it('that were deleted while the app used them are 401 where it asks for more than before', async () => {
        const own = await app(server);
        const token = await accessToken('Editor');
        assert.equal((await own.call('GET /me', key(token.secret))).status, 200);
        assert.equal((await token.end()).status, 200);
        assert.equal((await own.call('GET /reports', key(token.secret))).status, 401);
        await own.stop();
      });

      it('whose time is over are 401, and those without an end go on', async () => {
        const short = await accessToken('Editor', { expiresInMinutes: 60 });
        const exchanged = await jwt(acme.tokens.client_credentials);
        const later = await app(server, { ahead: 2 * hour });
        await refused('access token', key(short.secret), 401, later);
        await refused('exchanged JWT', bearer(exchanged), 401, later);
        assert.equal((await later.call('GET /reports', fine)).status, 200);
        await later.stop();
      });

      it('of somebody who was removed are 401', async () => {
        const token = await accessToken(vic);
        assert.equal((await ask('DELETE', `users/v1/${vic.id}`, { tenantId: acme.id })).status, 200);
        await refused('of vic', key(token.secret), 401);
      });

      it('leave the app as it was', async () => {
        assert.equal((await shop.call('GET /me', fine)).status, 200);
      });
    });

    it('with M2M authentication off, access tokens are 401', async () => {
      const token = key((await accessToken('Editor')).secret);
      await ask('POST', 'configurations/v1', { body: { apiTokensEnabled: false } });
      const shop = await app(server);
      assert.equal((await shop.call('GET /me', token)).status, 401);
      assert.equal((await shop.call('GET /reports', token)).status, 401);
      await shop.stop();
      await ask('POST', 'configurations/v1', { body: { apiTokensEnabled: true } });
    });

    it('with a wrong vendor key the app does not start', async () => {
      const child = run(server, { key: 'wrong' });
      assert.equal(await child.ended, 1, child.said);
    });
  });
}

it('with Latchkey gone nobody is let in, and the app lives', async (t) => {
  // As the setting at the first start says, the seed's access tokens are JWTs too.
  const server = await start({ settings: { LATCHKEY_ACCESS_TOKEN_FORMAT: 'jwt' } });
  t.after(() => server.stop());
  const shop = await app(server);
  const { access_token: account, personal_access_token: person } = server.seed.tenants[0].tokens;
  assert.equal((await shop.call('GET /reports', key(account.secret))).status, 200);
  await server.stop();
  assert.equal((await shop.call('GET /reports', key(person.secret))).status, 500);
  await shop.stop();
});

it('after a rotation of the signing key a running app knows the old key alone, and a new one the new key alone', { skip: !databases.includes('postgres') }, async (t) => {
  const server = await start({ database: 'postgres', settings: { LATCHKEY_ACCESS_TOKEN_FORMAT: 'jwt' } });
  t.after(() => server.stop());
  await server.change("UPDATE signing_keys SET created_at = created_at - interval '2 minutes'"); // the next key has been published long enough
  const [acme] = server.seed.tenants;
  const before = key(acme.tokens.access_token.secret);
  const running = await app(server);
  assert.equal((await running.call('GET /reports', before)).status, 200);

  const browser = await launch();
  t.after(() => browser.close());
  const operator = await as(browser, server, server.seed.operator.email);
  await rotateSigningKey(operator);
  await operator.done();

  const made = await (await vendor(server))('POST', 'tenants/access-tokens/v1', { tenantId: acme.id, body: { roleIds: [] } });
  const since = key(made.body.secret);
  const restarted = await app(server);
  for (const [shop, token, status] of [[running, before, 200], [running, since, 401], [restarted, since, 200], [restarted, before, 401]]) {
    assert.equal((await shop.call('GET /me', token)).status, status);
  }
  // Whoever asks Latchkey is told that both are good.
  for (const headers of [before, since]) assert.equal((await fetch(`${server.url}/v1/whoami`, { headers })).status, 200);
  await Promise.all([running.stop(), restarted.stop()]);
});

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
