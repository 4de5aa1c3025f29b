// The main job with the keyboard alone: every step is reached by Tab, shows where the focus is, and is done by Enter,
// Space or an arrow. Then what spares some of those steps: single keys, and where the focus starts.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { axe, eachLook, launch, newPage, open } from './browser.mjs';
import { as, heading, lists, row } from './pages.mjs';
import { start } from './server.mjs';

let browser, server;
before(async () => {
  browser = await launch();
  server = await start({ database: 'sqlite' });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Presses Tab until the locator has the focus; fails when the ring is invisible or a round of the page is over. */
async function tabTo(page, locator) {
  for (let presses = 0; presses < 150; presses++) {
    await page.keyboard.press('Tab');
    if (await locator.evaluate((element) => element === document.activeElement)) {
      const ring = await locator.evaluate((element) => {
        // A radio card draws the ring around the whole card.
        const shown = (e) => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; };
        return shown(element) || (element.closest('label') !== null && shown(element.closest('label')));
      });
      assert.ok(ring, `no focus ring on ${locator}`);
      return;
    }
  }
  assert.fail(`Tab does not lead to ${locator}`);
}

async function press(page, locator, key = 'Enter') {
  await tabTo(page, locator);
  await page.keyboard.press(key);
}

it('signs in, generates, copies and deletes a token without a mouse', async () => {
  const dana = server.seed.tenants[0].users[0];
  const page = await newPage(browser, server, { permissions: ['clipboard-read', 'clipboard-write'] });
  const main = page.getByRole('main');

  await page.goto('/sign-in');
  await tabTo(page, page.getByLabel('E-mail'));
  await page.keyboard.type(dana.email);
  await tabTo(page, page.getByLabel('Password'));
  await page.keyboard.type(dana.password);
  await page.keyboard.press('Enter');
  await heading(page, lists.api.title);

  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to content');
  await page.keyboard.press('Enter');
  await press(page, main.getByRole('link', { name: 'Generate Token' }));
  await heading(page, 'Generate Token');

  // The summary of what is wrong takes the focus, and leads to the field.
  await press(page, page.getByRole('button', { name: 'Create token' }));
  const summary = page.getByRole('link', { name: 'Description is required' });
  await summary.waitFor();
  await press(page, summary);
  assert.equal(await page.getByLabel('Description').evaluate((element) => element === document.activeElement), true);
  await page.keyboard.type('Made by keyboard');
  await press(page, page.getByRole('checkbox', { name: /^Editor/ }), 'Space');
  await tabTo(page, page.getByRole('radio', { name: /^After 90 days/ }));
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.getByRole('radio', { name: /^After 30 days/ }).isChecked(), true);
  await press(page, page.getByRole('button', { name: 'Create token' }));
  await heading(page, 'Your token was generated');

  const secret = (await page.getByLabel('Secret Key', { exact: true }).innerText()).trim();
  server.remember(secret, 'the secret made by keyboard');
  await press(page, page.getByRole('button', { name: 'Copy Secret Key' }));
  // A status is a polite live region: what appears in it is spoken.
  await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor({ state: 'attached' });
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);

  await press(page, page.getByRole('link', { name: 'I have saved it' }));
  await heading(page, lists.api.title);
  await press(page, row(page, 'Made by keyboard').getByRole('link', { name: /^Delete/ }));
  await heading(page, /Delete .Made by keyboard/);
  await press(page, page.getByRole('button', { name: lists.api.button }));
  await heading(page, lists.api.title);
  assert.equal(await row(page, 'Made by keyboard').count(), 0);
  await page.done();
});

/** A page of dana's, given to fn and closed afterwards. */
async function withPage(fn, options) {
  const page = await as(browser, server, 'dana@acme.example', options);
  await fn(page);
  await page.done();
}

const focused = (locator) => locator.evaluate((element) => element === document.activeElement);
const list = (page) => page.getByRole('dialog', { name: 'Keyboard' });
const search = (page) => page.getByRole('searchbox');

/** Opens the list of keys as the mouse does. */
async function openList(page) {
  await page.locator('summary', { hasText: 'dana@acme.example' }).click();
  await page.getByRole('button', { name: 'Keyboard' }).click();
  await list(page).waitFor();
}

/** Presses each of the keys and asserts that the page stays as it is. */
async function nothingHappens(page, keys = ['/', 'n', '?']) {
  const before = page.url();
  for (const key of keys) await page.keyboard.press(key);
  await page.evaluate(() => 0); // answered after the keys
  assert.equal(page.url(), before);
  assert.equal(await list(page).isVisible(), false, 'the list of keys is open');
}

describe('single keys', () => {
  it('enter the search, follow the link to something new, and show what they do on this page', () => withPage(async (page) => {
    await open(page, `${lists.api.path}?q=CI`);
    await page.keyboard.press('/');
    assert.equal(await focused(search(page)), true);
    assert.equal(await page.evaluate(() => getSelection().toString()), 'CI', 'the old text is not selected');
    assert.equal(await search(page).getAttribute('aria-keyshortcuts'), '/');

    await open(page, lists.api.path);
    await page.keyboard.press('?');
    assert.deepEqual(await list(page).getByRole('term').allInnerTexts(), ['/', 'n', '?', 'Esc']);
    assert.equal((await list(page).getByRole('definition').allInnerTexts())[1], 'Generate Token');
    await eachLook(page, ({ name }) => axe(page, `the list of keys (${name})`));
    await page.keyboard.press('Escape');
    assert.equal(await list(page).isVisible(), false);

    await page.keyboard.press('n');
    await heading(page, 'Generate Token');
    await open(page, '/account/security');
    await nothingHappens(page, ['/', 'n']);
    await page.keyboard.press('?');
    assert.deepEqual(await list(page).getByRole('term').allInnerTexts(), ['?', 'Esc']);
  }));

  it('stay out of the way of typing, of modifiers and of what is open', () => withPage(async (page) => {
    await open(page, lists.api.path);
    await search(page).focus();
    await nothingHappens(page);
    assert.equal(await search(page).inputValue(), '/n?');
    await search(page).blur();
    await nothingHappens(page, ['Control+n', 'Alt+n', 'Meta+n', 'Shift+N', 'Alt+/']);
    assert.equal(await focused(search(page)), false);

    const menu = page.locator('summary', { hasText: 'dana@acme.example' });
    await menu.click();
    await nothingHappens(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await list(page).waitFor();
    await page.keyboard.press('n');
    await page.keyboard.press('/');
    assert.equal(await list(page).isVisible(), true);
    assert.equal(new URL(page.url()).pathname, lists.api.path);

    await page.keyboard.press('Escape');
    // A composition that is under way sends its keys too.
    await page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', isComposing: true, bubbles: true })));
    await nothingHappens(page, []);
  }));

  it('are all off by one switch, which the browser remembers, and which the menu leads back to', () => withPage(async (page) => {
    await open(page, lists.api.path);
    await openList(page);
    assert.equal(await focused(list(page).getByRole('switch', { name: 'Single keys' })), true);
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    assert.equal(await focused(page.locator('summary', { hasText: 'dana@acme.example' })), true, 'the focus is lost');
    assert.equal(await search(page).getAttribute('aria-keyshortcuts'), null, 'a key that is off is promised');
    await nothingHappens(page);
    await open(page, lists.api.path);
    await nothingHappens(page);
    assert.equal(await focused(search(page)), false);

    await openList(page);
    await list(page).getByRole('switch', { name: 'Single keys' }).click();
    await list(page).getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('n');
    await heading(page, 'Generate Token');
  }));

  it('do not exist without script, and nothing speaks of them', () => withPage(async (page) => {
    await open(page, lists.api.path);
    await nothingHappens(page);
    assert.equal(await page.locator('[aria-keyshortcuts]').count(), 0);
    await page.locator('summary', { hasText: 'dana@acme.example' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Keyboard' }).count(), 0);
  }, { javaScriptEnabled: false }));
});

describe('the focus starts', () => {
  for (const javaScriptEnabled of [true, false]) {
    it(`at the first field, at what the secret page says, and at Cancel before harm, ${javaScriptEnabled ? 'with' : 'without'} script`, () => withPage(async (page) => {
      const main = page.getByRole('main');
      await open(page, `${lists.personal.path}/new`);
      assert.equal(await focused(page.getByLabel('Description')), true);
      await page.keyboard.type(`Focus, script ${javaScriptEnabled}`);
      await page.keyboard.press('Enter');
      await heading(page, 'Your token was generated');
      assert.equal(await focused(page.getByRole('heading', { level: 1 })), true);
      server.remember((await page.getByLabel('Secret Key', { exact: true }).innerText()).trim(), 'the secret of the focus');
      await main.getByRole('link', { name: 'I have saved it' }).click();
      await row(page, `Focus, script ${javaScriptEnabled}`).getByRole('link', { name: /^Delete/ }).click();
      await heading(page, /^Delete .Focus/);
      assert.equal(await focused(main.getByRole('link', { name: 'Cancel' })), true);
      assert.equal(await page.getByRole('group', { name: /^Delete .Focus/ }).count(), 1, 'the question is not heard at Cancel');
    }, { javaScriptEnabled }));
  }
});
