// The pages of the main job as people see them who set something up differently: forced colours, paper, 400 % zoom, the
// narrowest phone, right to left. A picture of each is left in e2e/out/modes; the ones that must not change are in
// e2e/pictures.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch, open } from './browser.mjs';
import { isolated, overlaps, sideways, unbounded, unreachable } from './layout.mjs';
import { as, generate, lists, rotate } from './pages.mjs';
import { start } from './server.mjs';

const zoomed = { width: 320, height: 256 };
const out = fileURLToPath(new URL('out/modes/', import.meta.url));

let browser, server, token;
before(async () => {
  browser = await launch();
  server = await start({ database: 'sqlite' });
  token = `${lists.api.path}/${server.seed.tenants.find(({ name }) => name === 'Acme').tokens.client_credentials.client_id}`;
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
  'the secret': (page) => once(generate(page, lists.api, { description: 'Shown in every way' })),
  'find by value': (page) => open(page, `${lists.api.path}/find`).then(() => []),
  'the question before a deletion': (page) => open(page, `${token}/delete`).then(() => []),
  'the form to rotate': (page) => open(page, `${token}/rotate`).then(() => []),
  'the secret of a rotation': (page) => once(rotate(page, token)),
  'a token in rotation': (page) => open(page, token).then(() => []),
  'the policy': (page) => open(page, '/workspace/security').then(() => []),
};

async function once(shown) {
  const { secret } = await shown;
  server.remember(secret, 'a secret shown in every way');
  return [secret];
}

it('a question is in view at 400 % zoom, although the focus starts at the way back far beneath it', async () => {
  const page = await as(browser, server, 'dana@acme.example', { viewport: zoomed });
  await open(page, `${token}/delete`);
  await page.waitForFunction(() => document.activeElement.textContent === 'Cancel');
  await page.waitForFunction(() => {
    const { top, bottom } = document.querySelector('h1').getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
  await page.done();
});

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
        await page.emulateMedia({ media: null, forcedColors: null, colorScheme: 'light' });
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

    for (const [name, viewport] of Object.entries({ '400 % zoom': zoomed, '320 px': { width: 320, height: 640 } })) {
      it(`${name}: one column, everything within reach`, () => seen(name.replaceAll(/[ %]+/g, '-'), { viewport }, async () => {
        assert.deepEqual(await page.evaluate(sideways), []);
        assert.deepEqual(await page.evaluate(overlaps), []);
        assert.deepEqual(await page.evaluate(unreachable), []);
        await page.getByLabel('Menu').click();
        assert.deepEqual(await page.evaluate(unreachable), []);
        await page.getByLabel('Menu').click();
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
