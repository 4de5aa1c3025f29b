// Frontegg's client for browsers, as it is published, bundled into a page of the vendor's own, which is of another origin
// than Latchkey: people sign in there and see to their tokens. And what Frontegg's portal asks for beyond that, call by call.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { launch, newPage } from './browser.mjs';
import { exchange } from './program.mjs';
import { start } from './server.mjs';
import { post, vendor } from './vendor.mjs';

/** What the page has of the client. */
const source = `
  import { api, ContextHolder } from '@frontegg/rest-api';

  globalThis.frontegg = api;
  globalThis.useLatchkey = (baseUrl) => ContextHolder.for('default').setContext({ baseUrl, requestCredentials: 'include', logLevel: 'error' });
`;

/** Serves a page with the client in it: {origin, stop}. Each host name by which it is called is another origin. */
async function site() {
  const { outputFiles: [{ text: script }] } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true, format: 'iife', write: false, logLevel: 'error',
  });
  const server = createServer((request, response) => {
    const [type, text] = request.url === '/client.js'
      ? ['text/javascript', script]
      : ['text/html', '<!doctype html><link rel="icon" href="data:,"><title>The vendor</title><script src="/client.js"></script>'];
    response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(text);
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, 'localhost', resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const kinds = {
  ClientCredentials: {
    user: { create: 'auth.updateUserApiTokensData', list: 'auth.getUserApiTokensData', end: (id) => ['auth.deleteUserApiToken', { tokenId: id }] },
    tenant: { create: 'auth.updateTenantApiTokensData', list: 'auth.getTenantApiTokensData', end: (id) => ['auth.deleteTenantApiToken', { tokenId: id }] },
    listed: (answer) => answer,
    idOf: (token) => token.clientId,
  },
  AccessToken: {
    user: { create: 'auth.createUserAccessToken', list: 'auth.getUserAccessTokensData', end: (id) => ['auth.deleteUserAccessToken', { id }] },
    tenant: { create: 'auth.createTenantAccessToken', list: 'auth.getTenantAccessTokensData', end: (id) => ['auth.deleteTenantAccessToken', { id }] },
    listed: (answer) => answer.accessTokens,
    idOf: (token) => token.id,
  },
};
const otherThan = (kind) => Object.keys(kinds).find((name) => name !== kind);

let browser, server, shop, ask, people, dana, rae;
before(async () => {
  [browser, shop] = await Promise.all([launch(), site()]);
  server = await start({ settings: { LATCHKEY_ALLOWED_ORIGINS: shop.origin } });
  people = Object.fromEntries(server.seed.tenants.flatMap(({ users }) => users).map((user) => [user.email.split('@')[0], user]));
  ask = await vendor(server);
  [dana, rae] = [await as('dana'), await as('rae')];
});
after(async () => {
  try {
    await dana?.done();
    await rae?.done();
  } finally {
    await browser?.close();
    await shop?.stop();
  }
  try {
    assert.deepEqual(await server?.leaks(), [], 'secrets in plain text after the whole run');
  } finally {
    await server?.stop();
  }
});

/** A page of the vendor's in a browser of its own, on which nobody is signed in. */
async function visit() {
  const page = await newPage(browser, server, { asks: true });
  await load(page);
  return page;
}

/** Loads the page, again too: what the client remembered is gone, and the cookies stay. */
async function load(page, from = shop) {
  await page.goto(from.origin);
  await page.evaluate((url) => useLatchkey(url), server.url);
}

/** Calls a method of the client, such as 'auth.login'; gives what it gives, or {refused: the status, message} */
async function call(page, method, ...args) {
  const answer = await page.evaluate(([[api, name], args]) => frontegg[api][name](...args).catch((error) =>
    ({ refused: error.statusCode ?? `${error}`, message: error.message })), [method.split('.'), args]);
  for (const name of ['accessToken', 'secret']) server.remember((answer?.user ?? answer)?.[name], `${name} from ${method}`);
  return answer;
}

/** The vendor's switch: which kind people make. */
async function setKind(kind) {
  const { status } = await ask('POST', 'configurations/v1', { body: { machineToMachineAuthStrategy: kind } });
  assert.equal(status, 201);
}

/** A page on which one of the seed's people is signed in. */
async function as(name) {
  const page = await visit();
  const { email, password } = people[name];
  const user = await call(page, 'auth.login', { email, password });
  assert.equal(user.refused, undefined, user.message);
  return page;
}

describe('signing in from a page of the vendor', () => {
  it('a wrong password is 401, with a sentence to show', async () => {
    const page = await visit();
    const { refused, message } = await call(page, 'auth.login', { email: people.dana.email, password: 'not hers' });
    assert.equal(refused, 401);
    assert.equal(message, 'Incorrect email or password');
    await page.done();
  });

  it('a person signs in, is known again after a reload, and is nobody after signing out', async () => {
    const page = await visit();
    assert.equal((await call(page, 'auth.refreshToken')).refused, 401, 'before signing in');

    for (const [login, refresh] of [['auth.login', 'auth.refreshToken'], ['auth.loginv2', 'auth.refreshTokenV3']]) {
      const { email, password, id } = people.dana;
      const whole = await call(page, login, { email, password });
      const user = whole.user ?? whole;
      assert.deepEqual({ id: user.id, email: user.email, mfaRequired: user.mfaRequired }, { id, email, mfaRequired: false });
      assert.deepEqual(user.roles.map((role) => role.key).sort(), ['Admin', 'Editor']);
      // As the portal reads them: a key may end in a star.
      assert.ok(user.permissions.some(({ key }) => new RegExp(key).test('fe.secure.write.tenantApiTokens')));

      await load(page);
      const again = await call(page, refresh);
      assert.equal((again.user ?? again).id, id);

      await call(page, 'auth.logout');
      await load(page);
      assert.equal((await call(page, refresh)).refused, 401, 'after signing out');
    }
    await page.done();
  });

  it('the accounts of a person are told as a list, and as a list with the one in use', async () => {
    const [acme] = server.seed.tenants;
    const listed = await call(dana, 'tenants.getTenants');
    assert.deepEqual(listed.map(({ tenantId, name }) => ({ tenantId, name })), [{ tenantId: acme.id, name: acme.name }]);
    const { tenants, activeTenant } = await call(dana, 'auth.refreshTokenV3');
    assert.deepEqual(tenants.map(({ tenantId }) => tenantId), [acme.id]);
    assert.equal(activeTenant.tenantId, acme.id);
  });

  it('what the token screens load around the lists is there', async () => {
    assert.deepEqual(await call(dana, 'featureFlags.loadFeatureFlags'), {});
    assert.equal((await call(dana, 'vendor.getVendorPublicInfo')).whiteLabelMode, true);
    const { configuration } = await call(dana, 'metadata.getMetadata', { entityName: 'adminBox' });
    assert.equal(configuration.navigation.apiTokens.visibility, 'always');
    const roles = await call(dana, 'roles.getRoles');
    const permissions = new Set((await call(dana, 'roles.getPermissions')).map(({ id }) => id));
    assert.ok(roles.length > 0 && roles.every((role) => role.permissions.every((id) => permissions.has(id))));
    const [{ createdByUserId }] = await call(dana, 'auth.getTenantApiTokensData');
    assert.equal((await call(dana, 'auth.getUserById', { userId: createdByUserId })).name, 'Dana Levi');
  });

  it('what is not served is a 404 that the page can read', async () => {
    assert.equal((await call(dana, 'auth.getSSOPublicConfiguration')).refused, 404);
  });

  it('a page of another origin than the allowed ones signs nobody in', async () => {
    const stranger = await site();
    const page = await newPage(browser, server, { asks: true });
    await load(page, stranger);
    const { email, password } = people.dana;
    assert.equal((await call(page, 'auth.login', { email, password })).refused, 'TypeError: Failed to fetch');
    assert.deepEqual(await page.context().cookies(), []);
    await assert.rejects(page.done(), /blocked by CORS policy/);
    await stranger.stop();
  });
});

for (const [kind, { listed, idOf, ...contexts }] of Object.entries(kinds)) {
  describe(`with ${kind} in force`, () => {
    let roleIds;
    before(async () => {
      await setKind(kind);
      const { items } = await call(dana, 'teams.loadAvailableRoles');
      roleIds = items.filter(({ key }) => key === 'Editor').map(({ id }) => id);
    });

    it('the page is told so', async () => {
      const policy = await call(dana, 'auth.getVendorConfig');
      assert.equal(policy.machineToMachineAuthStrategy, kind);
      assert.equal(policy.apiTokensEnabled, true);
    });

    it('the lists of both kinds load', async () => {
      for (const { user, tenant, listed } of Object.values(kinds)) {
        for (const { list } of [user, tenant]) {
          const tokens = listed(await call(dana, list));
          assert.ok(tokens.length > 0, list);
          for (const token of tokens) assert.equal(typeof token.description, 'string', list);
        }
      }
    });

    for (const [context, { create, list, end }] of Object.entries(contexts)) {
      it(`${context}: create → first in the list → in use → delete → gone and refused`, async () => {
        const made = await call(dana, create, { description: `Made with ${create}`, expiresInMinutes: 60 * 24, roleIds });
        assert.equal(made.refused, undefined, made.message);
        assert.equal(made.description, `Made with ${create}`);
        assert.ok(Date.parse(made.createdAt) <= Date.now() && Date.parse(made.expires) > Date.now());
        const [first] = listed(await call(dana, list));
        assert.equal(idOf(first), idOf(made));
        assert.equal(first.secret, undefined);

        assert.equal(await status(made), 200);
        assert.equal((await call(dana, ...end(idOf(made))))?.refused, undefined);
        assert.ok(!listed(await call(dana, list)).some((token) => idOf(token) === idOf(made)), 'still listed');
        assert.equal(await status(made), 401);
      });

      it(`${context}: the other kind can't be made: 403`, async () => {
        const { refused, message } = await call(dana, kinds[otherThan(kind)][context].create, { description: 'Not now', roleIds });
        assert.equal(refused, 403);
        assert.match(message, /can't be generated in this account/);
      });

      it(`${context}: a person without the permission can't make one: 403`, async () => {
        const { refused } = await call(rae, create, { description: 'Not mine to make', roleIds });
        assert.equal(refused, 403);
      });
    }
  });
}

/** How a program fares with a token: the status of the exchange, or of showing it. */
async function status({ clientId, secret }) {
  if (clientId) return (await exchange(server, { clientId, secret })).status;
  return (await fetch(`${server.url}/v1/whoami`, { headers: { 'X-API-KEY': secret } })).status;
}

// The calls that an older portal makes: GET, DELETE and POST without a body come with a JSON content type all the same.
// reads is what the portal does with the answer, as far as it would break without it.
const opened = [
  { call: 'GET /metadata?entityName=adminBox', open: true, reads: ({ rows: [{ configuration: { navigation } }] }) => {
    for (const name of ['apiTokens', 'personalApiTokens']) assert.equal(navigation[name].visibility, 'always');
  } },
  { call: 'GET /metadata?entityName=saml', open: true, reads: ({ rows }) => assert.deepEqual(rows, []) },
  { call: 'GET /identity/resources/configurations/v1/public', open: true, reads: (policy) => {
    for (const name of ['forcePermissions', 'allowSignups', 'allowNotVerifiedUsersLogin']) assert.equal(typeof policy[name], 'boolean', name);
  } },
  { call: 'GET /vendors/public', open: true, reads: ({ whiteLabelMode }) => assert.equal(typeof whiteLabelMode, 'boolean') },
  { call: 'GET /flags', open: true, reads: (flags) => assert.deepEqual(flags, {}) },
  { call: 'GET /identity/resources/users/v2/me', reads: (me) => {
    assert.deepEqual({ id: me.id, email: me.email }, { id: people.dana.id, email: people.dana.email });
    for (const { id } of me.roles) assert.equal(typeof id, 'string');
    for (const { key } of me.permissions) assert.equal(typeof key, 'string');
    JSON.parse(me.metadata);
  } },
  { call: 'GET /identity/resources/users/v2/me?addRoles=true', reads: ({ roles }) => assert.ok(roles.length > 0) },
  { call: 'GET /identity/resources/users/v2/me/tenants', reads: ([{ tenantId, name }]) => {
    assert.deepEqual({ tenantId, name }, { tenantId: server.seed.tenants[0].id, name: 'Acme' });
  } },
  { call: 'GET /team/resources/roles/v1', reads: ({ items }) => {
    for (const { id, name, permissionLevel } of items) {
      assert.deepEqual([typeof id, typeof name], ['string', 'string']);
      assert.equal(typeof permissionLevel, typeof items[0].permissionLevel, 'all have a level, or none');
    }
  } },
  { call: 'GET /identity/resources/permissions/v1', reads: (list) => assert.ok(Array.isArray(list)) },
  { call: 'GET /identity/resources/permissions/v1/categories', reads: (list) => assert.ok(Array.isArray(list)) },
  { call: 'GET /identity/resources/roles/v1', reads: (list) => assert.ok(list.length > 0) },
  ...['users', 'tenants'].map((whose) => ({ call: `GET /identity/resources/${whose}/api-tokens/v1`, reads: (list) => {
    for (const { clientId, description, createdAt } of list) {
      assert.deepEqual([clientId, description].map((text) => typeof text), ['string', 'string']);
      assert.ok(Date.parse(createdAt) > 0);
    }
  } })),
];

/** What the portal asks for besides, and does without. */
const unanswered = [
  'GET /team/resources/sso/v2/configurations/public', 'GET /identity/resources/sso/v2',
  'GET /identity/resources/configurations/v1/auth/strategies/public', 'GET /identity/resources/configurations/v1/password',
  'GET /tenants/resources/account-settings/v1',
];

describe("the calls of Frontegg's portal", () => {
  let session, cookie;

  /** Calls as the portal does: with the bearer once there is one, the cookie, and a body only where one is given. */
  async function call(what, { open = false, body, withCookie = cookie } = {}) {
    const [method, path] = what.split(' ');
    const headers = { 'Content-Type': 'application/json', Origin: shop.origin, 'x-frontegg-source': 'frontegg-react' };
    if (session && !open) headers.Authorization = `Bearer ${session.accessToken}`;
    if (withCookie) headers.Cookie = withCookie;
    const answer = await fetch(`${server.url}/frontegg${path}`, { method, headers, body: body && JSON.stringify(body), redirect: 'manual' });
    assert.equal(answer.headers.get('access-control-allow-origin'), shop.origin, what);
    const text = await answer.text();
    const set = answer.headers.getSetCookie().find((cookie) => cookie.startsWith('fe_refresh_'));
    return { status: answer.status, body: text ? JSON.parse(text) : undefined, cookie: set?.split(';')[0] };
  }

  before(async () => {
    await setKind('ClientCredentials');
    const { email, password } = people.dana;
    const answer = await call('POST /identity/resources/auth/v1/user', { body: { email, password, recaptchaToken: '', invitationToken: '' } });
    assert.equal(answer.status, 200);
    ({ body: session, cookie } = answer);
    assert.deepEqual(
      { expiresIn: typeof session.expiresIn, mfaRequired: session.mfaRequired, subject: claimsOf(session.accessToken).sub },
      { expiresIn: 'number', mfaRequired: false, subject: people.dana.id });
    server.remember(session.accessToken, 'userToken');
    server.remember(cookie.split('=')[1], 'refresh cookie');
  });

  for (const { call: what, open, reads } of opened) {
    it(`${what} is answered with what the portal reads`, async () => {
      const { status, body } = await call(what, { open });
      assert.equal(status, 200, JSON.stringify(body));
      reads(body);
    });
  }

  for (const what of unanswered) {
    it(`${what} is 404 with a list of sentences`, async () => {
      const { status, body } = await call(what);
      assert.equal(status, 404);
      assert.ok(Array.isArray(body.errors) && body.errors[0].length > 0);
    });
  }

  for (const [whose, version] of [['tenants', 'v2'], ['users', 'v1']]) {
    it(`${whose}: a row is made, named and deleted as its screen does it`, async () => {
      const [role] = (await call('GET /team/resources/roles/v1')).body.items;
      const made = await call(`POST /identity/resources/${whose}/api-tokens/${version}`, { body: { description: 'From the screen', roleIds: [role.id] } });
      assert.equal(made.status, 201, JSON.stringify(made.body));
      server.remember(made.body.secret, 'secret from the screen');
      const { clientId, description, createdAt, roleIds, createdByUserId } = made.body;
      assert.equal(description, 'From the screen');
      assert.ok(Date.parse(createdAt) > 0);
      if (whose === 'tenants') {
        assert.deepEqual({ roleIds, createdByUserId }, { roleIds: [role.id], createdByUserId: people.dana.id });
        const { name, email } = (await call(`GET /identity/resources/users/v1/${createdByUserId}`)).body;
        assert.deepEqual({ name, email }, { name: 'Dana Levi', email: people.dana.email });
      }
      assert.equal((await call(`DELETE /identity/resources/${whose}/api-tokens/v1/${clientId}`)).status, 200);
      const again = await call(`DELETE /identity/resources/${whose}/api-tokens/v1/${clientId}`);
      assert.equal(again.status, 404);
      assert.ok(again.body.errors[0].length > 0, 'an empty text would count as no error');
    });
  }

  it('refresh and sign-out take the cookie with an empty body; two tabs may show the same one', async () => {
    const refresh = 'POST /identity/resources/auth/v1/user/token/refresh';
    const [first, second] = [await call(refresh), await call(refresh)];
    assert.deepEqual([first.status, second.status], [200, 200]);
    assert.equal(first.body.id, people.dana.id);
    for (const { body } of [first, second]) server.remember(body.accessToken, 'refreshed userToken');
    server.remember(first.cookie.split('=')[1], 'next refresh cookie');

    assert.equal((await call('POST /identity/resources/auth/v1/logout', { withCookie: first.cookie })).status, 200);
    for (const withCookie of [cookie, first.cookie, '']) assert.equal((await call(refresh, { withCookie })).status, 401);
    assert.equal((await call('GET /identity/resources/users/v2/me')).status, 401);
  });
});

const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
