// Every state of the gallery against its reference picture. What differs, is new or is left over is listed and lies in
// e2e/out/pictures to be looked at; UPDATE_PICTURES=1 makes the references what the pages are.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch, newPage, open } from './browser.mjs';
import { album, compare, cut, pictured, reduce, steady, take } from './pictures.mjs';
import { galleryPaths, startGallery } from './server.mjs';

const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };

/** How each page is seen: what newPage is given, and dir, the direction of writing, which the gallery is asked for. */
const looks = {
  'light-wide-ltr': { colorScheme: 'light', viewport: wide },
  'dark-narrow-rtl': { colorScheme: 'dark', viewport: narrow, dir: 'rtl' },
};

/** Parts are few and everywhere, so each is seen in all four pairs of theme and width. */
const partLooks = {
  ...looks,
  'dark-wide-rtl': { colorScheme: 'dark', viewport: wide, dir: 'rtl' },
  'light-narrow-ltr': { colorScheme: 'light', viewport: narrow },
};

/** The pages that people look at in other ways too, and those ways. media is what emulateMedia is given. */
const mainPages = ['tokens-api-tokens', 'generate-token-api-token', 'secret-client-credentials', 'delete-token-in-use'];
const modes = {
  'forced-colours': { viewport: wide, media: { forcedColors: 'active' } },
  'forced-colours-dark': { viewport: narrow, colorScheme: 'dark', media: { forcedColors: 'active' } },
  print: { viewport: { width: 720, height: 1020 }, colorScheme: 'dark', media: { media: 'print' } },
  'zoom-400': { viewport: { width: 320, height: 256 } },
  'right-to-left': { viewport: wide, dir: 'rtl' },
};

/** Longer pages are cut here: below stand only more rows of the same. */
const longest = 3000;

/** States of one part of a page, and that part: the rest is the page's own picture again, many times over. */
const partial = { '/one-token-test-': 'main section:has([name="check"])' };

let browser, gallery, pictures;
before(async () => {
  browser = await launch(['--force-color-profile=srgb', '--disable-lcd-text']);
  gallery = await startGallery();
  const [folder, out] = ['pictures', 'out/pictures'].map((name) => fileURLToPath(new URL(name, import.meta.url)));
  await rm(out, { recursive: true, force: true });
  pictures = album({ folder, out, update: process.env.UPDATE_PICTURES === '1' });
});
after(async () => {
  await browser?.close();
  await gallery?.stop();
});

/** Runs fn(page, show) with a page in the look; show opens a path of the gallery in it. */
async function inLook({ dir, media, ...options }, fn) {
  const page = await newPage(browser, gallery, { ...pictured, ...options });
  page.setDefaultTimeout(60_000); // the sheet of parts is long
  await steady(page);
  if (media) await page.emulateMedia(media);
  await fn(page, (path) => open(page, dir ? `${path}?dir=${dir}` : path));
  await page.done();
}

const boxOf = (page, selector) => page.evaluate(([selector, longest]) => {
  const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
  return { x: left + scrollX, y: top + scrollY, width, height: Math.min(height, longest) };
}, [selector, longest]);

/** What is pictured of a page: not the sidebar, which all have, so that a new line in it changes the frames alone. */
async function takePage(page, path) {
  const part = Object.keys(partial).find((beginning) => path.startsWith(beginning));
  if (part) return take(page, await boxOf(page, partial[part]));
  const framed = !path.startsWith('/frame-') && await page.locator('aside + main').count() > 0;
  return take(page, await boxOf(page, framed ? 'main' : 'html'));
}

/** The parts of the sheet, each cut out of one picture: [name, picture]. */
async function takeParts(page) {
  const boxes = await page.evaluate(() => [...document.querySelectorAll('main > .grid > [id]')].map((part) => {
    // On whole pixels of the picture, wherever the parts before it end.
    part.style.minBlockSize = `${Math.ceil(part.getBoundingClientRect().height / 4) * 4}px`;
    return part;
  }).map((part) => {
    const { left, top, width, height } = part.getBoundingClientRect();
    return [part.id, { x: left + scrollX, y: top + scrollY, width, height }];
  }));
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }));
  const sheet = await take(page, { x: 0, y: 0, width, height });
  // A ring of the focus stands beyond its part.
  return boxes.map(([name, { x, y, width, height }]) => [name, cut(sheet, { x: x - 8, y: y - 8, width: width + 16, height: height + 16 })]);
}

describe('every state looks as its reference picture', () => {
  describe('seen in', { concurrency: 2 }, () => {
    for (const [name, look] of Object.entries(looks)) {
      it(name, () => inLook(look, async (page, show) => {
        for (const path of await galleryPaths(gallery)) {
          await show(path);
          await pictures.check(name + path, await takePage(page, path));
        }
      }));
    }
    for (const [name, look] of Object.entries(partLooks)) {
      it(`${name}, part by part`, () => inLook(look, async (page, show) => {
        await show('/');
        for (const [part, picture] of await takeParts(page)) await pictures.check(`parts/${name}/${part}`, picture);
      }));
    }
    for (const [name, look] of Object.entries(modes)) {
      it(name, () => inLook(look, async (page, show) => {
        for (const path of mainPages.map((slug) => `/${slug}`)) {
          await show(path);
          await pictures.check(`modes/${name}${path}`, await take(page, await boxOf(page, 'html')));
        }
      }));
    }
  });

  it('none differs, is new or is left over', async () => {
    assert.deepEqual(await pictures.faults(), [], 'look at e2e/out/pictures; what should look so is made the reference by ' +
      'UPDATE_PICTURES=1 node --test e2e/pictures.test.mjs, and committed with the change that explains it');
  });
});

describe('the comparison', () => {
  /** The word that compare has for what change, run in the page, does to one page. */
  async function afterwards(change) {
    let found;
    await inLook(looks['light-wide-ltr'], async (page, show) => {
      await show('/tokens-api-tokens');
      const reference = reduce(await takePage(page, '/tokens-api-tokens'));
      await show('/tokens-api-tokens');
      await page.evaluate(change);
      found = compare(reference, await takePage(page, '/tokens-api-tokens'))?.why;
    });
    return found;
  }

  it('finds nothing in the same page again', async () => {
    assert.equal(await afterwards(() => {}), undefined);
  });

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
  for (const [what, change] of Object.entries(changes)) {
    it(`finds ${what}`, async () => { assert.ok(await afterwards(change)); });
  }

  it('overlooks edges that are smoothed a little differently', async () => {
    await inLook(looks['dark-narrow-rtl'], async (page, show) => {
      await show('/tokens-api-tokens');
      const picture = await takePage(page, '/tokens-api-tokens');
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
});
