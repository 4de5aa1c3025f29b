// What the comparison with a reference picture finds, and what it overlooks.

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { launch } from './browser.mjs';
import { inLook, looks, takePage } from './gallery.mjs';
import { compare, reduce, switches } from './pictures.mjs';
import { startGallery } from './server.mjs';

let browser, gallery;
before(async () => {
  browser = await launch(switches);
  gallery = await startGallery();
});
after(async () => {
  await browser?.close();
  await gallery?.stop();
});

const path = '/tokens-api-tokens';

const changes = {
  'one word': () => { const cell = document.querySelector('td time'); cell.textContent = cell.textContent.replace('Nov', 'Dec'); },
  'one letter': () => { const title = document.querySelector('td .title'); title.textContent = title.textContent.replace(/[aeo]/, 'u'); },
  'a button moved by two pixels': () => { document.querySelector('main a.bg-accent').style.translate = '2px'; },
  'the colour of a button': () => { document.documentElement.style.setProperty('--accent', '#17794f'); },
  'the colour of an area': () => { document.documentElement.style.setProperty('--surface', '#fcfefd'); },
  'the colour of small text': () => { document.documentElement.style.setProperty('--muted', '#64716a'); },
  'the weight of a heading': () => { document.querySelector('h1').style.fontWeight = 500; },
  'a row fewer': () => { document.querySelector('tbody tr:last-child').remove(); },
};

it('finds any change of a page, and nothing in the same page again', async () => {
  await inLook(browser, gallery, looks['light-wide-ltr'], async (page, show) => {
    /** The word that compare has for what change, run in the page, does to it. */
    const afterwards = async (change) => {
      await show(path);
      await page.evaluate(change);
      return compare(reference, await takePage(page, path))?.why;
    };
    await show(path);
    const reference = reduce(await takePage(page, path));
    assert.equal(await afterwards(() => {}), undefined);
    for (const [what, change] of Object.entries(changes)) assert.ok(await afterwards(change), what);
  });
});

it('overlooks edges that are smoothed a little differently', async () => {
  await inLook(browser, gallery, looks['dark-narrow-rtl'], async (page, show) => {
    await show(path);
    const picture = await takePage(page, path);
    const reference = reduce(picture);
    const { data, width, height } = picture;
    const smoothed = Buffer.from(data);
    for (let at = width * 4; at < data.length; at++) {
      const edge = data[at] !== data[at - 4] || data[at] !== data[at - width * 4];
      if (edge && at % 4 < 3) smoothed[at] = Math.min(255, data[at] + at % 4);
    }
    assert.equal(compare(reference, { width, height, data: smoothed })?.why, undefined);
  });
});
