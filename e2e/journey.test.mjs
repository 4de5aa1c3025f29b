// The main job, end to end, in a real browser and on both databases: a person makes a token, and a program is let in
// with it, until the token is deleted or switched off.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';

import { eventually, launch, newPage, open } from './browser.mjs';
import {
  cell, copy, find, generate, heading, lists, makeOperator, remove, row, saved, setAccountM2M, setKind, signIn,
} from './pages.mjs';
import { program } from './program.mjs';
import { databases, start } from './server.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

for (const database of databases) {
  describe(`on ${database}, an empty database`, () => {
    let server;
    before(async () => { server = await start({ database, seeded: false }); });
    after(() => server?.stop());

    it('the set-up link makes the first operator, once, and the operator signs in to the Console', async () => {
      const operator = { name: 'Noa Brandt', email: 'noa@vendor.example', password: 'a long walk along the quay' };
      server.remember(operator.password, "the first operator's password");
      const link = await server.setupPath();

      const page = await newPage(browser, server);
      await open(page, link);
      await makeOperator(page, operator);
      await signIn(page, operator.email, operator.password);
      await open(page, '/console/authentication/m2m');
      await heading(page, 'M2M authentication');
      await open(page, link, 404);
      await page.done();

      assert.deepEqual(await server.leaks(), []);
    });
  });

  describe(`on ${database}, with the demo data`, () => {
    let server, acme, dana, operator;

    before(async () => {
      server = await start({ database });
      acme = server.seed.tenants.find(({ name }) => name === 'Acme');
      const person = acme.users.find(({ email }) => email === 'dana@acme.example');
      operator = await newPage(browser, server);
      await signIn(operator, server.seed.operator.email, server.seed.operator.password);
      dana = await newPage(browser, server, { permissions: ['clipboard-read', 'clipboard-write'] });
      await signIn(dana, person.email, person.password);
    });
    after(async () => {
      try {
        await dana?.done();
        await operator?.done();
        assert.deepEqual(await server?.leaks(), [], 'secrets in plain text after the whole run');
      } finally {
        await server?.stop();
      }
    });

    /** Makes a token as dana, from the page. */
    async function made(list, token) {
      const credential = await generate(dana, list, token);
      server.remember(credential.secret, `secret of ${token.description}`);
      return credential;
    }

    for (const kind of ['ClientCredentials', 'AccessToken']) {
      for (const [context, list] of Object.entries(lists)) {
        it(`${kind}, ${context}: generate → copy → whoami 200 → Last used → delete → 401`, async () => {
          await setKind(operator, kind);
          const description = `Nightly ${kind} (${context})`;
          const credential = await made(list, { description });
          assert.equal(credential.kind, kind);

          // What the copy button gives is what a program needs, byte for byte.
          const label = kind === 'AccessToken' ? 'Access Token' : 'Secret Key';
          assert.equal(await copy(dana, label), credential.secret);
          await saved(dana, list);
          assert.equal((await dana.content()).includes(credential.secret), false, 'the list shows the secret');
          assert.equal(await cell(dana, description, 'Last used'), 'Never used');

          const caller = await program(server, credential);
          const { status, body } = await caller.call();
          assert.equal(status, 200);
          assert.equal(body.context, context);
          assert.equal(body.kind, kind);
          assert.equal(body.tenant_id, acme.id);
          if (context === 'api') assert.deepEqual(body.roles, ['Editor']);

          await eventually('Last used appears', async () => {
            await dana.reload();
            return (await cell(dana, description, 'Last used')) !== 'Never used';
          });

          await remove(dana, list, description);
          assert.equal((await caller.call()).status, 401, 'the deleted token is let in');
        });
      }
    }

    it('the operator turns the account off, and on: its tokens are refused at once, and work again', async () => {
      await setKind(operator, 'AccessToken');
      const description = 'Switched off and on';
      const key = await program(server, await made(lists.api, { description }));
      await setKind(operator, 'ClientCredentials');
      const jwt = await program(server, await made(lists.personal, { description }));
      const statuses = async () => [(await key.call()).status, (await jwt.call()).status];
      assert.deepEqual(await statuses(), [200, 200]);

      await setAccountM2M(operator, acme.id, 'Off');
      assert.deepEqual(await statuses(), [401, 401]);
      await dana.goto(lists.api.path);
      await row(dana, description).getByText('Refused: M2M authentication is off').waitFor();
      assert.equal(await dana.getByRole('main').getByRole('link', { name: 'Generate Token' }).count(), 0);

      await setAccountM2M(operator, acme.id, 'On');
      assert.deepEqual(await statuses(), [200, 200]);
      await setAccountM2M(operator, acme.id, 'Inherit');
    });

    it('without JavaScript a token is made and deleted in the same way', async () => {
      await setKind(operator, 'AccessToken');
      const person = acme.users.find(({ email }) => email === 'dana@acme.example');
      const page = await newPage(browser, server, { javaScriptEnabled: false });
      await signIn(page, person.email, person.password);
      for (const list of Object.values(lists)) {
        const description = `Made without script, ${list.title}`;
        const credential = await generate(page, list, { description, expiry: 'Never' });
        server.remember(credential.secret, `secret of ${description}`);
        await saved(page, list);
        const caller = await program(server, credential);
        assert.equal((await caller.call()).status, 200);
        await remove(page, list, description);
        assert.equal((await caller.call()).status, 401);
      }
      await page.done();
    });

    it('without JavaScript a client gets a key in the place of a secret, and there is nothing to save', async () => {
      await setKind(operator, 'ClientCredentials');
      const person = acme.users.find(({ email }) => email === 'dana@acme.example');
      const page = await newPage(browser, server, { javaScriptEnabled: false });
      await signIn(page, person.email, person.password);
      const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
      for (const list of Object.values(lists)) {
        const description = `Signs by itself, ${list.title}`;
        await page.goto(`${list.path}/new`);
        await page.getByLabel('Description').fill(description);
        if (list.needsRoles) await page.getByRole('checkbox', { name: /^Editor/ }).check();
        const field = page.getByLabel('Public key (JWK)');
        assert.equal(await field.isVisible(), false, 'the field of a key is there while a secret is chosen');
        await page.getByRole('radio', { name: /^A key of mine/ }).check();
        await field.fill(JSON.stringify({ ...jwk, kid: 'drawn-in-node' }));
        assert.equal(await page.getByLabel('JWKS URL').isVisible(), false, 'both fields are there');
        await page.getByRole('button', { name: 'Create token' }).click();
        await heading(page, description);
        await page.getByRole('status').getByText('there is no secret to save').waitFor();
        await page.reload();
        await page.getByRole('heading', { name: 'How it gets a JWT' }).waitFor();
        await page.getByText('drawn-in-node').first().waitFor();
        await remove(page, list, description);
      }
      await page.done();
    });

    it('without JavaScript the list is filtered and sorted, and a token found by its value', async () => {
      await setKind(operator, 'AccessToken');
      const person = acme.users.find(({ email }) => email === 'dana@acme.example');
      const page = await newPage(browser, server, { javaScriptEnabled: false });
      await signIn(page, person.email, person.password);
      const { secret } = await generate(page, lists.api, { description: 'Lost and found', expiry: 'After 7 days' });
      server.remember(secret, 'the secret that is found');
      await saved(page, lists.api);

      const filters = page.getByRole('navigation', { name: 'Filter' });
      await filters.getByRole('link', { name: /^Never used/ }).click();
      await filters.getByText('Role', { exact: true }).click();
      await filters.getByRole('link', { name: /^Editor/ }).click();
      await page.getByRole('columnheader').getByRole('link', { name: 'Expires in' }).click();
      assert.equal(new URL(page.url()).search, '?used=never&role=Editor&sort=expires');
      assert.equal(await page.getByRole('columnheader', { name: 'Expires in' }).getAttribute('aria-sort'), 'ascending');
      assert.match(await row(page, '').nth(1).innerText(), /Lost and found/, 'what ends first is not on top');
      await page.getByRole('searchbox').fill('lost');
      await page.getByRole('searchbox').press('Enter');
      await page.getByText('1 token matches “lost”').waitFor();
      assert.equal(new URL(page.url()).searchParams.get('role'), 'Editor', 'the search forgets the filters');
      await filters.getByRole('link', { name: 'Clear' }).click();
      assert.equal(new URL(page.url()).search, '?sort=expires');

      for (const list of Object.values(lists)) {
        await page.goto(list.path);
        await find(page, secret);
        await heading(page, lists.api.title);
        assert.deepEqual([await row(page, 'Lost and found').count(), await row(page, '').count()], [1, 2]);
        assert.equal((page.url() + await page.content()).includes(secret), false, 'the page shows the secret');
      }
      await remove(page, lists.api, 'Lost and found');
      await find(page, secret);
      await page.getByText('No token that you can see has this secret').first().waitFor();
      await page.done();
    });

    it('the same form sent again makes no second token and shows no secret again', async () => {
      await setKind(operator, 'AccessToken');
      const description = 'Sent twice';
      const credential = await made(lists.api, { description });
      const [answer] = await Promise.all([
        dana.waitForResponse((response) => response.request().method() === 'POST'), dana.reload(),
      ]);
      assert.equal(answer.status(), 409);
      assert.equal((await dana.content()).includes(credential.secret), false);
      await dana.goto(lists.api.path);
      assert.equal(await row(dana, description).count(), 1);
    });
  });
}
