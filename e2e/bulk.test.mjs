// Many tokens at once, and the list as a file: in a real browser, with and without script, on both databases.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { axe, eventually, fitsEveryWidth, launch, open } from './browser.mjs';
import { as, heading, lists } from './pages.mjs';
import { databases, start } from './server.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

const main = (page) => page.getByRole('main');
const boxes = (page) => main(page).getByRole('row').getByRole('checkbox', { name: /^Select (?!all)/ });

/** Types the number that the page asks for and presses its one red button. */
async function confirm(page, count) {
  await main(page).getByLabel(`Type ${count} to confirm`).fill(`${count}`);
  await main(page).getByRole('button', { name: /tokens?$/ }).click();
}

/** Waits for the end of what was begun; without script the person asks again and again. */
async function finished(page, says, javaScriptEnabled) {
  const done = main(page).getByText(says);
  if (javaScriptEnabled) {
    await done.waitFor();
  } else {
    await eventually(says, async () => await done.count() > 0 || (await page.reload(), false));
  }
  await main(page).getByRole('link', { name: 'Back to the list' }).waitFor();
}

for (const database of databases) {
  describe(`on ${database}, many at once`, () => {
    let server;
    before(async () => { server = await start({ database, tokens: 3000 }); });
    after(() => server?.stop());

    for (const javaScriptEnabled of [true, false]) {
      const script = javaScriptEnabled ? 'with script' : 'without script';

      it(`three chosen tokens are deleted, ${script}`, async () => {
        const page = await as(browser, server, 'dana@acme.example', { javaScriptEnabled });
        await open(page, lists.api.path);
        const bar = page.getByRole('group', { name: 'Chosen tokens' });
        assert.equal(await bar.isVisible(), false, 'the bar is there before anything is chosen');
        const gone = [];
        for (const i of [0, 1, 2]) {
          gone.push(await boxes(page).nth(i).getAttribute('value'));
          const { width, height } = await boxes(page).nth(i).evaluate((box) => {
            const { width, height } = getComputedStyle(box, '::after');
            return { width: parseFloat(width), height: parseFloat(height) };
          });
          assert.ok(width >= 24 && height >= 24, `a box is hit within ${width} × ${height} px`);
          await boxes(page).nth(i).check();
        }
        await bar.waitFor();
        await fitsEveryWidth(page);
        if (javaScriptEnabled) await axe(page, 'a list with chosen rows');
        await bar.getByRole('button', { name: 'Delete…' }).click();
        await heading(page, 'Delete 3 tokens?');
        await confirm(page, 3);
        await finished(page, '3 of 3 deleted', javaScriptEnabled);
        await main(page).getByRole('link', { name: 'Back to the list' }).click();
        await heading(page, lists.api.title);
        for (const id of gone) assert.equal(await page.locator(`input[value="${id}"]`).count(), 0, `${id} is still in the list`);
        await page.done();
      });

      it(`all that match a search are disabled, ${script}`, async () => {
        const page = await as(browser, server, 'dana@acme.example', { javaScriptEnabled });
        await open(page, `${lists.api.path}?type=${javaScriptEnabled ? 'AccessToken' : 'ClientCredentials'}&q=est&state=active`);
        await boxes(page).first().check();
        await page.getByRole('group', { name: 'Chosen tokens' }).getByLabel(/that match/).check();
        await main(page).getByRole('button', { name: 'Disable…' }).click();
        await heading(page, /^Disable \d+ tokens\?$/);
        const count = Number(/\d+/.exec(await main(page).getByRole('heading', { level: 1 }).innerText())[0]);
        assert.ok(count > 50, `${count} tokens are no more than a page`);
        await main(page).getByLabel(`Type ${count} to confirm`).fill('1');
        await main(page).getByRole('button', { name: /tokens$/ }).click();
        await main(page).getByText(`That isn’t the number: it is ${count}`).first().waitFor();
        await confirm(page, count);
        await finished(page, `${count} of ${count} disabled`, javaScriptEnabled);
        await page.done();
      });

      it(`the list is a file, ${script}`, async () => {
        const page = await as(browser, server, 'dana@acme.example', { javaScriptEnabled });
        await open(page, `${lists.api.path}?q=est&sort=description`);
        const [download] = await Promise.all([
          page.waitForEvent('download'), main(page).getByRole('link', { name: 'Export CSV' }).click(),
        ]);
        assert.match(download.suggestedFilename(), /^api-tokens-\d{4}-\d\d-\d\d\.csv$/);
        const lines = (await readFile(await download.path(), 'utf8')).split('\r\n');
        assert.match(lines[0], /^id,description,type,/);
        assert.equal(lines.at(-1), '');
        assert.ok(lines.length > 52, `${lines.length} lines are no more than a page`);
        for (const line of lines.slice(1, -1)) assert.match(line, /est/i);
        await page.done();
      });
    }
  });
}
