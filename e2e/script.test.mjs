// What the script adds to pages that work without it.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { eventually, launch, open } from './browser.mjs';
import { as, generate, heading, lists, remove, row, saved } from './pages.mjs';
import { start } from './server.mjs';

let browser, server;
before(async () => {
  browser = await launch();
  server = await start();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page of dana's, given to fn and closed afterwards. */
async function withPage(fn, options) {
  const page = await as(browser, server, 'dana@acme.example', options);
  await fn(page);
  await page.done();
}

const focused = (locator) => locator.evaluate((element) => element === document.activeElement);
const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());
const closed = (menu) => menu.evaluate((element) => !element.open);

describe('copy buttons', () => {
  const permissions = ['clipboard-read', 'clipboard-write'];

  /** Records each sentence that the page's live region says from now on. */
  async function listen(page) {
    assert.equal(await page.getByRole('status').and(page.locator('[data-live]')).count(), 1, 'nothing that is read out');
    await page.evaluate(() => {
      globalThis.said = [];
      const live = document.querySelector('[data-live]');
      new MutationObserver(() => { if (live.textContent) globalThis.said.push(live.textContent); })
        .observe(live, { childList: true, subtree: true, characterData: true });
    });
    return async (count) => {
      await page.waitForFunction((wanted) => globalThis.said.length >= wanted, count);
      return page.evaluate(() => globalThis.said);
    };
  }

  it('copy what stands beside them and say so each time', () => withPage(async (page) => {
    const credential = await generate(page, lists.api, { description: 'To be copied' });
    server.remember(credential.secret, 'the copied secret');
    const said = await listen(page);
    const button = page.getByRole('button', { name: 'Copy Secret Key' });
    await button.click();
    assert.deepEqual(await said(1), ['Copied']);
    assert.equal(await clipboard(page), credential.secret);
    await button.click();
    assert.deepEqual(await said(2), ['Copied', 'Copied']);

    await page.getByRole('button', { name: 'Copy Client ID' }).click();
    await said(3);
    assert.equal(await clipboard(page), credential.clientId);
    await page.getByRole('button', { name: 'Copy the commands' }).click();
    await said(4);
    assert.match(await clipboard(page), /^[^]*curl [^]*\/v1\/whoami/);

    await open(page, lists.api.path);
    const sayings = await listen(page);
    await page.getByRole('button', { name: /^Copy .*To be copied/ }).click();
    assert.deepEqual(await sayings(1), ['Copied']);
    assert.equal(await clipboard(page), credential.clientId);
  }, { permissions }));

  it('select the text and say so where the browser does not let pages copy', () => withPage(async (page) => {
    await open(page, lists.api.path);
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
      document.execCommand = () => false;
    });
    const said = await listen(page);
    await page.getByRole('button', { name: /^Copy / }).first().click();
    assert.match((await said(1))[0], /The text is selected/);
    const id = await page.locator('td code').first().innerText();
    assert.equal(await page.evaluate(() => getSelection().toString().trim()), id);
  }));

  it('are not there without script', () => withPage(async (page) => {
    await open(page, lists.api.path);
    assert.equal(await page.getByRole('button', { name: /^Copy/ }).count(), 0);
  }, { javaScriptEnabled: false }));
});

it('the keyboard selects an output field whole', () => withPage(async (page) => {
  const { secret } = await generate(page, lists.personal, { description: 'To be selected' });
  server.remember(secret, 'the selected secret');
  await page.getByLabel('Secret Key', { exact: true }).focus();
  assert.equal(await page.evaluate(() => getSelection().toString().trim()), secret);
}));

describe('what is shown once', () => {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const make = async (page) => {
    const { secret } = await generate(page, lists.personal, { description: 'To be kept' });
    server.remember(secret, 'the kept secret');
  };
  const leave = (page) => page.getByRole('link', { name: 'Generate another' }).click({ noWaitAfter: true });

  it('is asked about when its page is left, by a key too, with something else copied', () => withPage(async (page) => {
    await make(page);
    await page.getByRole('button', { name: 'Copy Client ID' }).click();
    for (const go of [() => leave(page), () => page.keyboard.press('n')]) {
      const question = page.waitForEvent('dialog');
      const going = go();
      const dialog = await question;
      assert.equal(dialog.type(), 'beforeunload');
      await dialog.dismiss();
      await going;
    }
    await heading(page, 'Your token was generated');
  }, { permissions }));

  // A question would be answered with staying, and the next page never come.
  const ways = {
    'its button': (page) => page.getByRole('button', { name: 'Copy Secret Key' }).click(),
    'the button of the commands that hold it': (page) => page.getByRole('button', { name: 'Copy the commands' }).click(),
    'the keyboard': async (page) => {
      await page.getByLabel('Secret Key', { exact: true }).focus();
      await page.keyboard.press('Control+C');
    },
    'a press that selects it': (page) => page.getByLabel('Secret Key', { exact: true }).click(),
  };
  for (const [name, take] of Object.entries(ways)) {
    it(`is not asked about once it was taken by ${name}`, () => withPage(async (page) => {
      await make(page);
      await take(page);
      await leave(page);
      await heading(page, 'Generate Token');
    }, { permissions }));
  }

  it('is not asked about when it is said to be saved', () => withPage(async (page) => {
    await make(page);
    await saved(page, lists.personal);
  }));
});

describe('what is there from the start', () => {
  const says = (page, sentence) => page.locator('[data-live]', { hasText: sentence }).waitFor({ state: 'attached' });

  it('is said after a search: how many, or that nothing matches', () => withPage(async (page) => {
    for (const [query, sentence] of [['CI deploy', /^1 token matches/], ['no such token', /^No token matches/]]) {
      await open(page, lists.api.path);
      assert.equal(await page.locator('[data-announce]').count(), 0, 'a list that nobody searched is said');
      await page.getByRole('searchbox').fill(query);
      await page.keyboard.press('Enter');
      await says(page, sentence);
      assert.equal(await focused(page.getByRole('heading', { level: 1 })), true);
    }
  }));

  it('is said after a change, and the focus starts at the heading of the list', () => withPage(async (page) => {
    const { secret } = await generate(page, lists.personal, { description: 'To be gone' });
    server.remember(secret, 'the gone secret');
    await remove(page, lists.personal, 'To be gone');
    await says(page, /To be gone.* was deleted/);
    assert.equal(await focused(page.getByRole('heading', { level: 1 })), true);
    await page.keyboard.press('Tab');
    assert.equal(await focused(page.getByRole('link', { name: /live$/ })), true);
  }));
});

it('menus of filters stay within their row, wherever its lines break', () => withPage(async (page) => {
  for (const width of [1024, 1060, 1100, 1140, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await open(page, lists.api.path);
    for (const menu of await page.locator('main nav > details[data-menu]').all()) {
      await menu.locator('summary').click();
      await eventually(`${await menu.innerText()} opens within its row at ${width} px`, () => menu.evaluate((element) => {
        const [row, list] = [element.parentElement, element.lastElementChild].map((each) => each.getBoundingClientRect());
        return list.width > 0 && list.left >= row.left && list.right <= row.right;
      }));
      await menu.locator('summary').click();
    }
  }
}));

it('menus close on Escape, which gives the focus back, and on a press outside', () => withPage(async (page) => {
  await open(page, lists.api.path);
  const menu = page.locator('details[data-menu]', { hasText: 'dana@acme.example' });
  const summary = menu.locator('summary');

  await summary.click();
  await page.getByRole('button', { name: 'Sign out' }).focus();
  await page.keyboard.press('Escape');
  assert.equal(await closed(menu), true, 'open after Escape');
  assert.equal(await focused(summary), true, 'the focus is lost');

  await summary.click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  await page.getByRole('heading', { level: 1 }).click();
  assert.equal(await closed(menu), true, 'open after a press outside');
}));

it('the summary of errors takes the focus, and its links lead to the fields', () => withPage(async (page) => {
  await open(page, `${lists.api.path}/new`);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST'),
    page.getByRole('button', { name: 'Create token' }).click(),
  ]);
  assert.equal(answer.status(), 422);
  const summary = page.locator('[data-errors]');
  await summary.waitFor();
  assert.equal(await focused(summary), true);
  await summary.getByRole('link', { name: 'Description is required' }).click();
  assert.equal(await focused(page.getByLabel('Description')), true);
}));

it('a form is sent once however often its button is pressed, and can be sent again later', () => withPage(async (page) => {
  await open(page, `${lists.personal.path}/new`);
  // "Nothing to show" leaves the page as it is after the submission, as a slow server does for a while; a request that
  // is held back would also hold back whatever the test asks of the page.
  const address = (url) => url.pathname === lists.personal.path;
  let sent = 0;
  await page.route(address, (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    sent++;
    return route.fulfill({ status: 204 });
  });
  await page.getByLabel('Description').fill('Pressed twice');
  const button = page.getByRole('button', { name: 'Create token' });
  await button.click();
  await eventually('the button goes off', () => button.isDisabled());
  await button.click({ force: true });
  await page.getByLabel('Description').press('Enter');
  await page.evaluate(() => new Promise((done) => { setTimeout(done); }));
  assert.equal(sent, 1);

  await page.unroute(address);
  await page.reload();
  await page.getByLabel('Description').fill('Pressed twice');
  await button.click();
  await heading(page, 'Your token was generated');

  await page.goBack();
  assert.equal(await button.isEnabled(), true);
  await open(page, lists.personal.path);
  assert.equal(await row(page, 'Pressed twice').count(), 1);
}));
