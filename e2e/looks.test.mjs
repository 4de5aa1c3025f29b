// Every page in every look: axe finds nothing, nothing is pushed sideways, no link is dead, and the list page keeps
// within its figures. Pages are found by following the links, so that a new page is looked at from its first day.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { axe, eachLook, fitsEveryWidth, launch, newPage, open } from './browser.mjs';
import { as, generate, heading, lists, row, setAccountM2M } from './pages.mjs';
import { start } from './server.mjs';

const picture = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'images', 'api-tokens.png');

let browser, server, acme;
before(async () => {
  browser = await launch();
  server = await start();
  acme = server.seed.tenants.find(({ name }) => name === 'Acme');
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Holds the page that is open to everything. */
async function looksRight(page, what) {
  await eachLook(page, (look) => axe(page, `${what} (${look.name})`));
  await fitsEveryWidth(page, what);
}

const id = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * Follows every link of this server from the first paths on. Of addresses that differ in an id or a query alone, one
 * is opened.
 *
 * @returns {Promise<string[]>} the patterns seen, such as /workspace/tokens/{id}/delete
 */
async function everyPage(page, first) {
  const seen = new Set();
  const queue = [...first];
  while (queue.length > 0) {
    const next = queue.shift();
    const pattern = next.replace(id, '{id}').replace(/\?.*/, '?');
    if (seen.has(pattern)) continue;
    seen.add(pattern);
    await open(page, next);
    const here = new URL(page.url()).pathname;
    if (here !== new URL(next, server.url).pathname) {
      queue.push(here); // it leads elsewhere, which is looked at once
      continue;
    }
    await looksRight(page, pattern);
    const links = await page.evaluate(() => [...document.querySelectorAll('a[href]:not([download])')].map((link) => link.href));
    queue.push(...links.map((link) => new URL(link))
      .filter((url) => url.origin === server.url).map((url) => url.pathname + url.search));
  }
  return [...seen];
}

/** Asserts that the walk reached the pages which must be reachable, so that a lost link is noticed. */
function reached(seen, wanted) {
  assert.deepEqual(wanted.filter((pattern) => !seen.includes(pattern)), [], `pages that no link leads to, among ${seen.join(' ')}`);
}

describe('every page looks right in each look', () => {
  it('before sign-in', async () => {
    const page = await newPage(browser, server);
    await open(page, '/sign-in');
    await looksRight(page, '/sign-in');
    await page.getByLabel('E-mail').fill('nobody@acme.example');
    await page.getByLabel('Password').fill('not the right password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').or(page.getByRole('status')).first().waitFor();
    await looksRight(page, '/sign-in, refused');
    await open(page, '/nowhere', 404);
    await looksRight(page, 'a page that does not exist');
    await page.done();
  });

  it('the set-up link', async () => {
    const empty = await start({ seeded: false });
    const page = await newPage(browser, empty);
    await open(page, await empty.setupPath());
    await looksRight(page, '/setup/{code}');
    await page.done();
    await empty.stop();
  });

  it('the portal, as an account admin', async () => {
    const page = await as(browser, server, 'dana@acme.example');
    const seen = await everyPage(page, ['/']);
    reached(seen, [
      '/workspace/tokens', '/workspace/tokens?', '/workspace/tokens/find', '/workspace/tokens/new', '/workspace/tokens/{id}/delete',
      '/account/tokens', '/account/tokens/find', '/account/tokens/new', '/account/tokens/{id}/delete', '/account/security',
    ]);
    assert.equal(seen.some((pattern) => pattern.startsWith('/console')), false, 'a link to the Console');
    await page.done();
  });

  it('the Console, as an operator', async () => {
    const page = await as(browser, server, server.seed.operator.email);
    const seen = await everyPage(page, ['/']);
    reached(seen, [
      '/console/authentication/m2m', '/console/authentication/audiences', '/console/portal', '/console/accounts', '/console/accounts/{id}',
      '/console/roles', '/console/permissions',
    ]);
    await page.done();
  });

  it('what a token page says: no match, filtered, errors, the secret, sent again, not allowed, switched off', async () => {
    const page = await as(browser, server, 'dana@acme.example');
    const list = lists.api;
    await open(page, `${list.path}?q=nothing+is+called+this`);
    await looksRight(page, 'the list without a match');
    await open(page, `${list.path}?state=active&type=AccessToken&sort=-lastUsed`);
    await looksRight(page, 'the list, filtered and sorted');
    await page.getByRole('navigation', { name: 'Filter' }).getByText('Role', { exact: true }).click();
    await looksRight(page, 'the list with a menu open');
    await open(page, `${list.path}/find`);
    await page.getByRole('button', { name: 'Find token' }).click();
    await page.getByText('Secret is required').first().waitFor();
    await looksRight(page, 'the form to find by value with an error');

    await open(page, `${list.path}/new`);
    // The browser's own check would keep the form here; the server's answer is what is looked at.
    await page.evaluate(() => { document.querySelector('main form').noValidate = true; });
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('Description is required').first().waitFor();
    await looksRight(page, 'the form with errors');

    await generate(page, list, { description: 'To be looked at' });
    await looksRight(page, 'the secret');
    await page.reload();
    await looksRight(page, 'the form sent again');
    await page.done();

    const reader = await as(browser, server, 'rae@acme.example');
    await open(reader, list.path, 403);
    await looksRight(reader, 'a page that is not allowed');
    await reader.done();

    const operator = await as(browser, server, server.seed.operator.email);
    await setAccountM2M(operator, acme.id, 'Off');
    const off = await as(browser, server, 'dana@acme.example');
    for (const where of [list.path, `${list.path}/new`]) {
      await off.goto(where);
      await looksRight(off, `${where}, M2M off`);
    }
    await off.done();
    await setAccountM2M(operator, acme.id, 'Inherit');
    await operator.done();
  });
});

/** Makes tokens until the list has so many rows: the form is filled by hand once and sent as it is for each. */
async function fill(page, rows) {
  await page.goto(lists.api.path);
  const missing = rows - (await page.getByRole('row').count() - 1);
  await page.goto(`${lists.api.path}/new`);
  await page.getByRole('checkbox', { name: /^Editor/ }).check();
  await page.getByRole('radio', { name: /^After 90 days/ }).check();
  const fields = await page.evaluate(() => [...new FormData(document.querySelector('main form'))]);
  for (let n = 0; n < missing; n++) {
    const form = new URLSearchParams(fields);
    form.set('description', `Reports export ${n} for ${['Lisbon', 'Oslo', 'Accra'][n % 3]}`);
    form.set('form', `${form.get('form').slice(0, 40)}-${n}`);
    const answer = await page.context().request.post(lists.api.path, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, data: form.toString(),
    });
    assert.equal(answer.status(), 201);
  }
}

describe('the list page with fifty rows', () => {
  let page, html;

  before(async () => {
    // Before the rows of the test, so that the README shows what the demo shows.
    if (process.env.UPDATE_SCREENSHOTS === '1') {
      const shown = await as(browser, server, 'dana@acme.example');
      await open(shown, lists.api.path);
      await mkdir(path.dirname(picture), { recursive: true });
      await shown.screenshot({ path: picture, fullPage: true });
      await shown.done();
    }
    const writer = await as(browser, server, 'dana@acme.example');
    await fill(writer, 50);
    await writer.done();

    // A browser that has seen nothing of the server yet but for its cookies.
    const signedIn = await as(browser, server, 'dana@acme.example');
    const storageState = await signedIn.context().storageState();
    await signedIn.done();
    page = await newPage(browser, server, { storageState });
    const answer = await page.goto(lists.api.path, { waitUntil: 'networkidle' });
    html = await answer.body();
  });
  after(() => page?.done());

  /** What came over the network for the page that is open, but for its icon; transferSize is 0 for what the browser had. */
  const loaded = () => page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter(({ name, transferSize }) => transferSize > 0 && !new URL(name).pathname.endsWith('.svg'))
    .map(({ name, initiatorType }) => ({ name, initiatorType })));

  const gzipped = (bytes) => gzipSync(bytes).length;
  const sizes = async (ending) => Promise.all((await loaded()).filter(({ name }) => new URL(name).pathname.endsWith(ending))
    .map(async ({ name }) => gzipped(Buffer.from(await (await fetch(name)).arrayBuffer()))));

  it('shows fifty rows', async () => {
    await heading(page, lists.api.title);
    assert.equal(await row(page, '').count() - 1, 50);
  });

  it('asks for four files cold, none of them from an API, and for one warm', async () => {
    const cold = await loaded();
    assert.ok(cold.length <= 4, JSON.stringify(cold, undefined, 1));
    assert.deepEqual(cold.filter(({ initiatorType }) => ['fetch', 'xmlhttprequest', 'beacon'].includes(initiatorType)), []);
    const [[css, ...otherCSS], [js, ...otherJS]] = [await sizes('.css'), await sizes('.js')];
    assert.deepEqual([otherCSS, otherJS], [[], []]);
    assert.ok(css <= 12 * 1024, `CSS is ${css} bytes, gzip`);
    assert.ok(js <= 6 * 1024, `script is ${js} bytes, gzip`);

    await page.goto(lists.personal.path);
    await page.goto(lists.api.path, { waitUntil: 'networkidle' });
    const warm = await loaded();
    assert.equal(warm.length, 1, JSON.stringify(warm, undefined, 1));
  });

  it('is at most 20 KB of HTML, gzip, and 1,600 elements', async () => {
    assert.ok(gzipped(html) <= 20 * 1024, `HTML is ${gzipped(html)} bytes, gzip`);
    const elements = await page.evaluate(() => document.querySelectorAll('*').length);
    assert.ok(elements <= 1600, `${elements} elements`);
  });

  it('looks right', async () => {
    await looksRight(page, 'fifty rows');
  });
});
