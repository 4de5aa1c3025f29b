// How the states of the gallery are seen, and what of them is pictured.

import { newPage, open } from './browser.mjs';
import { cut, pictured, posing, take } from './pictures.mjs';

const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };

/** How each page is seen: what newPage is given, and dir, the direction of writing, which the gallery is asked for. */
export const looks = {
  'light-wide-ltr': { colorScheme: 'light', viewport: wide },
  'dark-narrow-rtl': { colorScheme: 'dark', viewport: narrow, dir: 'rtl' },
};

/** Parts are few and everywhere, so each is seen in all four pairs of theme and width. */
export const partLooks = {
  ...looks,
  'dark-wide-rtl': { colorScheme: 'dark', viewport: wide, dir: 'rtl' },
  'light-narrow-ltr': { colorScheme: 'light', viewport: narrow },
};

/** The pages that people look at in other ways too, and those ways. media is what emulateMedia is given. */
export const mainPages = ['tokens-api-tokens', 'generate-token-api-token', 'secret-client-credentials', 'delete-token-in-use'];
export const modes = {
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

/**
 * Runs fn(page, show, {turn, relax, resize}) with a page in the look: show opens a path of the gallery in it, ready for
 * its picture; turn(look) shows the open document in another look, without loading it again; relax and resize are those
 * of posing.
 */
export async function inLook(browser, gallery, { dir, media, ...options }, fn) {
  const page = await newPage(browser, gallery, { ...pictured, ...options });
  page.setDefaultTimeout(60_000); // the sheet of parts is long
  const { pose, ...unposed } = await posing(page);
  if (media) await page.emulateMedia(media);
  // What tells of work that goes on is loaded again only while somebody looks at it.
  await page.addInitScript(() => Object.defineProperty(document, 'hidden', { get: () => true }));
  const show = async (path) => {
    await pose();
    await open(page, dir ? `${path}?dir=${dir}` : path);
  };
  const turn = async ({ colorScheme, viewport, dir = 'ltr' }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate((dir) => { document.documentElement.dir = dir; }, dir);
    await unposed.resize(viewport);
  };
  await fn(page, show, { turn, ...unposed });
  await page.done();
}

const boxOf = (page, selector) => page.evaluate(([selector, longest]) => {
  const { left, top, width, height } = document.querySelector(selector).getBoundingClientRect();
  return { x: left + scrollX, y: top + scrollY, width, height: Math.min(height, longest) };
}, [selector, longest]);

/** The picture of a whole page. */
export const takeWhole = async (page) => take(page, await boxOf(page, 'html'));

/** What is pictured of a page: not the sidebar, which all have, so that a new line in it changes the frames alone. */
export async function takePage(page, path) {
  const part = Object.keys(partial).find((beginning) => path.startsWith(beginning));
  if (part) return take(page, await boxOf(page, partial[part]));
  const framed = !path.startsWith('/frame-') && await page.locator('aside + main').count() > 0;
  return take(page, await boxOf(page, framed ? 'main' : 'html'));
}

/** The parts of the sheet, each cut out of one picture: [name, picture]. */
export async function takeParts(page) {
  // A part takes the focus, and the page may be scrolled to it by any number of pixels. It is pictured from its end, where
  // what sticks to the end of the window is in its place, on a whole pixel of the picture.
  await page.evaluate(() => { scrollTo(0, Math.floor((document.documentElement.scrollHeight - innerHeight) / 4) * 4); });
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
