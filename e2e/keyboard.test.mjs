// The main job with the keyboard alone: every step is reached by Tab, shows where the focus is, and is done by Enter,
// Space or an arrow.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { launch, newPage } from './browser.mjs';
import { heading, lists, row } from './pages.mjs';
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
