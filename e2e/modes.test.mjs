// The pages of the main job as people see them who set something up differently: forced colours, paper, 400 % zoom, the
// narrowest phone, right to left. A picture of each is left in e2e/out/modes; the ones that must not change are in
// e2e/pictures.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch, open } from './browser.mjs';
import { isolated, overlaps, sideways, unbounded, unreachable } from './layout.mjs';
import { as, generate, lists } from './pages.mjs';
import { start } from './server.mjs';

const out = fileURLToPath(new URL('out/modes/', import.meta.url));

let browser, server;
before(async () => {
  browser = await launch();
  server = await start({ database: 'sqlite' });
  await mkdir(out, { recursive: true });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** How each page is opened; what it gives are the secrets on it. */
const pages = {
  'the list': (page) => open(page, lists.api.path).then(() => []),
  'the form': (page) => open(page, `${lists.api.path}/new`).then(() => []),
  'the secret': async (page) => {
    const { secret } = await generate(page, lists.api, { description: 'Shown in every way' });
    server.remember(secret, 'the secret shown in every way');
    return [secret];
  },
};

const wide = { width: 1440, height: 900 };

for (const [what, show] of Object.entries(pages)) {
  describe(what, () => {
    let page, secrets;
    before(async () => {
      page = await as(browser, server, 'dana@acme.example');
      secrets = await show(page);
    });
    after(() => page?.done());

    /** Shows the page as it stands in another way, runs fn and takes the picture; the page is as before afterwards. */
    async function seen(name, { viewport = wide, media = {}, dir = 'ltr' }, fn) {
      await page.setViewportSize(viewport);
      await page.emulateMedia(media);
      await page.evaluate((value) => { document.documentElement.dir = value; scrollTo(0, 0); }, dir);
      try {
        await fn();
      } finally {
        await page.screenshot({ path: `${out}${what.replaceAll(' ', '-')}-${name}.png`, fullPage: true });
        await page.emulateMedia({ media: null, forcedColors: null });
      }
    }

    for (const colorScheme of ['light', 'dark']) {
      it(`forced colours, ${colorScheme}: an edge says what a fill says otherwise`, () =>
        seen(`forced-colours-${colorScheme}`, { media: { forcedColors: 'active', colorScheme } }, async () => {
          assert.deepEqual(await page.evaluate(unbounded), []);
        }));
    }

    it('paper: no secret, nothing to press', () => seen('paper', { media: { media: 'print' }, viewport: { width: 720, height: 1020 } }, async () => {
      const text = await page.evaluate(() => document.body.innerText);
      for (const secret of secrets) assert.equal(text.includes(secret), false, 'a secret is printed');
      const pressed = page.locator('button, summary, a[href].bg-accent, nav a, [role="search"]').filter({ visible: true });
      assert.deepEqual(await pressed.allInnerTexts(), []);
      await page.getByRole('heading', { level: 1 }).waitFor();
      assert.deepEqual(await page.evaluate(overlaps), []);
    }));

    for (const [name, viewport] of Object.entries({ '400 % zoom': { width: 320, height: 256 }, '320 px': { width: 320, height: 640 } })) {
      it(`${name}: one column, everything within reach`, () => seen(name.replaceAll(/[ %]+/g, '-'), { viewport }, async () => {
        assert.deepEqual(await page.evaluate(sideways), []);
        assert.deepEqual(await page.evaluate(overlaps), []);
        assert.deepEqual(await page.evaluate(unreachable), []);
        await page.getByRole('group').filter({ hasText: 'Menu' }).locator('summary').first().click();
        assert.deepEqual(await page.evaluate(unreachable), []);
        await page.keyboard.press('Escape');
      }));
    }

    for (const [name, viewport] of Object.entries({ wide, narrow: { width: 390, height: 844 } })) {
      it(`right to left, ${name}: mirrored, but what programs read`, () => seen(`right-to-left-${name}`, { viewport, dir: 'rtl' }, async () => {
        assert.deepEqual(await page.evaluate(sideways), []);
        assert.deepEqual(await page.evaluate(overlaps), []);
        assert.deepEqual(await page.evaluate(isolated), []);
        if (viewport === wide) {
          const [aside, main] = await Promise.all(['aside', 'main'].map((name) => page.locator(`body > ${name}`).boundingBox()));
          assert.ok(aside.x > main.x, 'the sidebar is not mirrored');
        }
      }));
    }
  });
}
