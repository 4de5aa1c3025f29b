// No plain secret lies in the database, on its disk or in the logs, after people and programs did everything with
// secrets that they do, wrong things included.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { launch, newPage } from './browser.mjs';
import { findLeaks } from './leaks.mjs';
import { find, generate, lists, remove, setKind, signIn } from './pages.mjs';
import { exchange, program } from './program.mjs';
import { databases, start } from './server.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

describe('the search itself', () => {
  it('finds a secret as it is, as dumped bytes and as part of an address, and does not repeat it', async () => {
    const secret = 'lk_at_planted&secret';
    const folder = await mkdtemp(path.join(tmpdir(), 'latchkey-planted-'));
    try {
      await writeFile(path.join(folder, 'plain'), Buffer.from(`\0\u0001${secret}\u0002`));
      await writeFile(path.join(folder, 'innocent'), 'lk_at_another');
      const leaks = await findLeaks(new Map([[secret, 'the planted one']]), {
        folders: [folder],
        text: `INSERT '\\x00${Buffer.from(secret).toString('hex')}'`,
        logs: `GET /?q=${encodeURIComponent(secret)}`,
      });
      assert.deepEqual(leaks.sort(), [
        `the planted one is in ${path.join(folder, 'plain')}`, 'the planted one is in dump', 'the planted one is in logs',
      ].sort());
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

for (const database of databases) {
  it(`on ${database}: none after a whole run, mishandled secrets included`, async () => {
    const server = await start({ database });
    const acme = server.seed.tenants.find(({ name }) => name === 'Acme');
    const person = acme.users.find(({ email }) => email === 'dana@acme.example');

    const operator = await newPage(browser, server);
    await signIn(operator, server.seed.operator.email, server.seed.operator.password);
    const dana = await newPage(browser, server);
    await signIn(dana, person.email, person.password);

    for (const kind of ['ClientCredentials', 'AccessToken']) {
      await setKind(operator, kind);
      for (const [context, list] of Object.entries(lists)) {
        const description = `${kind} ${context}`;
        const credential = await generate(dana, list, { description });
        server.remember(credential.secret, `secret of ${description}`);
        const caller = await program(server, credential);
        assert.equal((await caller.call()).status, 200);
        await dana.goto(list.path);
        await find(dana, credential.secret);
        await dana.getByText('1 token matches').first().waitFor();
        if (context === 'api') await remove(dana, list, description);
        if (kind === 'ClientCredentials') await pastePrivateKey(server, dana, list);
        await caller.call();

        await mishandle(server, credential.secret);
        // A person pastes it into the search, which is in the address.
        const answer = await dana.goto(`${list.path}?q=${credential.secret}`);
        assert.equal(answer.status(), 400);
        assert.equal((await dana.content()).includes(credential.secret), false, 'the page repeats the secret');
      }
    }

    // A password in the wrong field, a wrong one, and a new one.
    const stranger = await newPage(browser, server);
    for (const [email, password] of [[person.password, person.email], [person.email, 'a wrong but quite long password']]) {
      server.remember(password.includes('@') ? '' : password, 'a wrong password');
      await stranger.goto('/sign-in');
      await stranger.getByLabel('E-mail').evaluate((field) => { field.type = 'text'; });
      await stranger.getByLabel('E-mail').fill(email);
      await stranger.getByLabel('Password').fill(password);
      await stranger.getByRole('button', { name: 'Sign in' }).click();
      await stranger.waitForLoadState();
    }
    await changePassword(server, dana, person.password, 'seven herons over the estuary');

    for (const page of [operator, dana, stranger]) await page.done();
    const leaks = await server.leaks();
    await server.stop();
    assert.deepEqual(leaks, []);
  });
}

/** Sends a secret in the places where it does not belong. Each must be refused, and forgotten. */
async function mishandle(server, secret) {
  const path = `/v1/whoami?api_key=${secret}`;
  const refused = async (where, headers = {}) => {
    const answer = await fetch(server.url + where, { headers, redirect: 'manual' });
    assert.ok(answer.status >= 300 && answer.status < 500, `${answer.status} for a misplaced secret`);
    assert.equal((await answer.text()).includes(secret), false, 'an answer repeats the secret');
  };
  await refused(path);
  await refused(`/${secret}`);
  await refused('/v1/whoami', { Authorization: `Bearer ${secret}` });
  await refused('/v1/whoami', { Authorization: `Basic ${secret}` });
  await refused('/v1/whoami', { 'X-API-KEY': secret, Authorization: `Bearer ${secret}` });
  await refused('/v1/whoami', { Cookie: `session=${secret}`, 'User-Agent': `script` });
  assert.equal((await exchange(server, { clientId: secret, secret })).status, 401);
}

/** Pastes a private key where a public one belongs. Each field must refuse it, and come back without it. */
async function pastePrivateKey(server, page, list) {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  server.remember(jwk.d, 'a pasted private key');
  for (const [choice, field] of [[/^A key of mine/, 'Public key (JWK)'], [/^Keys of mine/, 'JWKS URL']]) {
    await page.goto(`${list.path}/new`);
    await page.getByLabel('Description').fill('Pasted by mistake');
    await page.getByRole('radio', { name: choice }).check();
    await page.getByLabel(field).fill(JSON.stringify(jwk));
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('This is a private key').first().waitFor();
    assert.equal((await page.content()).includes(jwk.d), false, 'the page repeats the private key');
    assert.equal(await page.getByLabel('Description').inputValue(), 'Pasted by mistake', 'the rest of the form is lost');
  }
}

async function changePassword(server, page, current, next) {
  server.remember(next, 'the new password');
  await page.goto('/account/security');
  await page.getByLabel('Current password').fill(current);
  await page.getByLabel('New password', { exact: true }).fill(next);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.waitForLoadState();
}
