// Debian's Chromium without a window, driven by playwright-core, and what every page is held to.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Each look in which a page must be right. */
export const looks = ['light', 'dark'].flatMap((colorScheme) =>
  [{ width: 1440, height: 900 }, { width: 390, height: 844 }].map((viewport) =>
    ({ name: `${colorScheme}, ${viewport.width} px`, colorScheme, viewport })));

/** Starts the browser of a test file, with more switches if it needs them. The caller closes it. */
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROME_PATH || '/usr/bin/chromium-headless-shell',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', ...more],
  });
}

/**
 * A page in a context of its own: nobody is signed in. Anything that the browser complains of (a script's error, a
 * breach of the content security policy) fails the test when context.close() is called through `page.done()`.
 *
 * @param options asks: the page is none of Latchkey's and may ask an API by script; all others are of playwright's
 *   newContext, such as {javaScriptEnabled: false}
 */
export async function newPage(browser, server, { asks = false, ...options } = {}) {
  const context = await browser.newContext({
    baseURL: server.url, viewport: looks[0].viewport, reducedMotion: 'reduce', locale: 'en-GB', ...options,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints = [];
  // Pages are whole when they arrive: none of ours asks an API for more.
  const expected = ['document', 'stylesheet', 'script', 'font', 'image', 'other', ...(asks ? ['fetch', 'preflight'] : [])];
  page.on('request', (request) => {
    if (!expected.includes(request.resourceType())) {
      complaints.push(`${request.resourceType()} of ${request.url()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('console', (message) => {
    // The browser also logs each answer of 400 and above; a test that wants one looks at it itself.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  page.done = async () => {
    for (const { name, value } of await context.cookies()) {
      if (value.length >= 24) server.remember(value, `cookie ${name}`);
    }
    await context.close();
    assert.deepEqual(complaints, [], 'the browser complained');
  };
  return page;
}

/** Opens an address and asserts the status, 200 unless told. */
export async function open(page, path, status = 200) {
  const answer = await page.goto(path);
  assert.equal(answer.status(), status, `GET ${path}`);
}

/** Shows the page as it stands in each look, all unless told, without loading it again, and runs fn(look). */
export async function eachLook(page, fn, some = looks) {
  for (const look of some) {
    await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(look.viewport);
    await fn(look);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(looks[0].viewport);
}

/** Asserts that axe finds nothing. */
export async function axe(page, what = page.url()) {
  if (!await page.evaluate(() => 'axe' in globalThis)) await readAxe(page);
  const violations = await page.evaluate(async () => {
    // Of what axe can load before it begins, no rule that it runs asks for the style sheets.
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'], preload: { assets: ['media'] } });
    return violations.map(({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.slice(0, 5).map((node) => `    ${node.target.join(' ')}: ${node.failureSummary}`).join('\n')}`);
  });
  assert.deepEqual(violations, [], `axe on ${what}`);
}

/**
 * Reads axe into the document that is open and into all that the page opens later: to hand it over takes longer than to
 * run it, so the browser is given it once. The content security policy, which forbids it, doesn't bind the debugger.
 */
async function readAxe(page) {
  const source = await axeSource;
  await page.addInitScript(source);
  const session = await page.context().newCDPSession(page);
  const { exceptionDetails } = await session.send('Runtime.evaluate', { expression: source });
  await session.detach();
  assert.equal(exceptionDetails, undefined, 'axe could not be read');
}

/**
 * Asserts that the page can't be pushed sideways, from the narrowest phone to a laptop, what is folded away included.
 *
 * @param resize sets the window's size, {width, height}; it has the page's own again afterwards
 */
export async function fitsEveryWidth(page, what = page.url(), resize = (size) => page.setViewportSize(size)) {
  const usual = page.viewportSize();
  for (const width of [320, 390, 768, 1280]) {
    await resize({ width, height: 100 }); // no page asks for the height, and less is drawn
    const { content, window } = await page.evaluate(() => {
      const folded = [...document.querySelectorAll('main details:not([open], [data-menu])')];
      for (const part of folded) part.open = true;
      const { scrollWidth: content, clientWidth: window } = document.documentElement;
      for (const part of folded) part.open = false;
      return { content, window };
    });
    assert.ok(content <= window, `${what} is ${content} px wide in a window of ${window} px`);
  }
  await resize(usual);
}

/** Calls fn until it gives something true, for at most ten seconds; fn waits by itself (a reload, an expectation). */
export async function eventually(what, fn) {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const got = await fn();
    if (got) return got;
  }
  assert.fail(`in ten seconds it never came true that ${what}`);
}
