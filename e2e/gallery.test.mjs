// The gallery: every part and every page in each of its states, those included that no link leads to. One visit serves
// all checks in both looks: the reference picture, axe, and every width. Pages with real data are looked at in all looks
// elsewhere; here each theme, width and direction of writing has its turn.
//
// What differs from its picture, is new or is left over is listed and lies in e2e/out/pictures to be looked at;
// UPDATE_PICTURES=1 makes the references what the pages are.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { axe, fitsEveryWidth, launch, newPage, open } from './browser.mjs';
import { inLook, looks, mainPages, modes, partLooks, takePage, takeParts, takeWhole } from './gallery.mjs';
import { album, switches } from './pictures.mjs';
import { galleryPaths, startGallery } from './server.mjs';

let browser, gallery, pictures;
before(async () => {
  browser = await launch(switches);
  gallery = await startGallery();
  const [folder, out] = ['pictures', 'out/pictures'].map((name) => fileURLToPath(new URL(name, import.meta.url)));
  await rm(out, { recursive: true, force: true });
  pictures = album({ folder, out, update: process.env.UPDATE_PICTURES === '1' });
});
after(async () => {
  await browser?.close();
  await gallery?.stop();
});

const [first] = Object.values(looks);
const seen = (look, fn) => inLook(browser, gallery, look, fn);

describe('every state', () => {
  describe('seen in', { concurrency: 2 }, () => {
    for (const half of [0, 1]) {
      const what = `${Object.keys(looks).join(' and ')}, half ${half + 1} of 2: axe finds nothing, nothing is pushed sideways`;
      it(what, () => seen(first, async (page, show, { turn, relax, resize }) => {
        const faults = [];
        const hold = (checked) => checked.catch((error) => faults.push(error.message));
        const paths = ['/', ...await galleryPaths(gallery)].filter((_, at) => at % 2 === half);
        for (const path of paths) {
          await show(path);
          // The pictures come first: what the other two do to the page must not be seen in them.
          for (const [name, look] of path === '/' ? [] : Object.entries(looks)) {
            await turn(look);
            await hold(takePage(page, path).then((picture) => pictures.check(name + path, picture)));
          }
          await relax();
          // Backwards, so that the page ends as the next begins.
          for (const [name, look] of Object.entries(looks).reverse()) {
            await turn(look);
            await hold(axe(page, `${path} (${name})`));
            await hold(fitsEveryWidth(page, `${path} (${name})`, resize));
          }
        }
        assert.deepEqual(faults, []);
      }));
    }
    for (const [name, look] of Object.entries(partLooks)) {
      it(`${name}, part by part`, () => seen(look, async (page, show) => {
        await show('/');
        for (const [part, picture] of await takeParts(page)) await pictures.check(`parts/${name}/${part}`, picture);
      }));
    }
    for (const [name, look] of Object.entries(modes)) {
      it(name, () => seen(look, async (page, show) => {
        for (const path of mainPages.map((slug) => `/${slug}`)) {
          await show(path);
          await pictures.check(`modes/${name}${path}`, await takeWhole(page));
        }
      }));
    }
  });

  it('looks as its reference picture: none differs, is new or is left over', async () => {
    assert.deepEqual(await pictures.faults(), [], 'look at e2e/out/pictures; what should look so is made the reference by ' +
      'UPDATE_PICTURES=1 node --test e2e/gallery.test.mjs, and committed with the change that explains it');
  });
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
