// The gallery: every part and every page in each of its states, those included that no link leads to. Pages with real
// data are looked at in every look elsewhere; here each theme and each width has its turn.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { axe, eachLook, fitsEveryWidth, launch, looks, newPage, open } from './browser.mjs';
import { galleryPaths, startGallery } from './server.mjs';

/** One wide and one narrow look, of different themes. */
const some = looks.filter(({ colorScheme, viewport }) => (colorScheme === 'light') === (viewport.width > 1000));

let browser, gallery;
before(async () => {
  browser = await launch();
  gallery = await startGallery();
});
after(async () => {
  await browser?.close();
  await gallery?.stop();
});

it('every state: axe finds nothing, nothing is pushed sideways, in either direction of writing', async () => {
  const paths = ['/', ...await galleryPaths(gallery)];
  const faults = [];
  const look = async (fn) => { await fn().catch((error) => faults.push(error.message)); };
  const worker = async () => {
    const page = await newPage(browser, gallery);
    for (let path; (path = paths.shift()) !== undefined;) {
      await open(page, path);
      await look(() => eachLook(page, ({ name }) => axe(page, `${path} (${name})`), some));
      await look(() => fitsEveryWidth(page, path));
      await open(page, `${path}?dir=rtl`);
      await look(() => fitsEveryWidth(page, `${path}, right to left`));
    }
    await page.done();
  };
  await Promise.all([worker(), worker()]);
  assert.deepEqual(faults, []);
});

it('the box in a table\'s head checks all of its rows, and the bar beneath counts them', async () => {
  const page = await newPage(browser, gallery);
  await open(page, '/');
  const form = page.getByRole('form', { name: 'Choose tokens' });
  const head = form.getByRole('checkbox', { name: 'Select all on this page' });
  const rows = form.getByRole('checkbox', { name: /^Select (?!all)/ });
  const bar = form.getByRole('group', { name: 'Chosen tokens' });
  const counted = () => bar.locator('.picked').evaluate((element) => getComputedStyle(element, '::before').content);
  const state = () => head.evaluate(({ checked, indeterminate }) => indeterminate ? 'some' : checked ? 'all' : 'none');

  assert.equal(await state(), 'some', 'two of three are checked when the page arrives');
  await head.check();
  assert.equal(await rows.and(page.locator(':checked')).count(), 3);
  await rows.first().uncheck();
  assert.equal(await state(), 'some');
  await rows.first().check();
  assert.equal(await state(), 'all');
  await head.uncheck();
  assert.equal(await rows.and(page.locator(':checked')).count(), 0);
  assert.equal(await bar.isVisible(), false, 'the bar stays without a choice');
  await rows.first().check();
  assert.equal(await bar.isVisible(), true, 'no bar beneath a choice');
  await bar.getByRole('checkbox', { name: 'All 214 that match' }).check();
  assert.equal(await bar.locator('.picked').isVisible(), false, 'the number of boxes beside the choice of all');
  await page.done();
});
