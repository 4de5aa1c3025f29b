// The pages, as a person knows them: labels, buttons and headings, no selectors of the markup.

import assert from 'node:assert/strict';

import { newPage, open } from './browser.mjs';

/** The two token pages of the portal. */
export const lists = {
  api: { path: '/workspace/tokens', title: 'API Tokens', button: 'Delete API Token', needsRoles: true },
  personal: { path: '/account/tokens', title: 'Personal Access Tokens', button: 'Delete Personal Token', needsRoles: false },
};

/** The two kinds, by the words of the Console. */
export const kinds = {
  ClientCredentials: { label: /^Client credentials/ },
  AccessToken: { label: /^Access tokens/ },
};

const main = (page) => page.getByRole('main');

export async function signIn(page, email, password) {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in');
}

/**
 * A page on which one of the seed's people, or the operator, is signed in. Whoever was signed in before on this server
 * is not asked again: the pages share a session, as the windows of a browser do.
 */
export async function as(browser, server, email, options = {}) {
  const people = [server.seed.operator, ...server.seed.tenants.flatMap(({ users }) => users)];
  const { password } = people.find((person) => person.email === email);
  const storageState = server.sessions.get(email);
  const page = await newPage(browser, server, { storageState, ...options });
  if (!storageState) {
    await signIn(page, email, password);
    server.sessions.set(email, await page.context().storageState());
  }
  return page;
}

/** Fills the set-up link's page and sends it. */
export async function makeOperator(page, { name, email, password }) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button').last().click();
}

export async function heading(page, name) {
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/**
 * Makes a token by the form and gives what the page shows once: {kind, secret, clientId?}. The page is left open on it.
 */
export async function generate(page, list, { description, roles = ['Editor'], expiry = 'After 90 days' }) {
  await page.goto(list.path);
  await main(page).getByRole('link', { name: 'Generate Token' }).first().click();
  await heading(page, 'Generate Token');
  await page.getByLabel('Description').fill(description);
  if (list.needsRoles) {
    for (const role of roles) await page.getByRole('checkbox', { name: new RegExp(`^${role}`) }).check();
  }
  await page.getByRole('radio', { name: new RegExp(`^${expiry}`) }).check();
  const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await page.getByRole('button', { name: 'Create token' }).click();
  const answer = await answered;
  assert.equal(answer.status(), 201);
  assert.match(answer.headers()['cache-control'], /no-store/);
  return readSecret(page);
}

/** Rotates the token whose page is at the path; gives, and leaves open, the same as generate. */
export async function rotate(page, path) {
  await open(page, `${path}/rotate`);
  await page.getByRole('button', { name: 'Rotate the secret' }).click();
  return readSecret(page, 'Your new secret');
}

/** Reads the secret page. */
export async function readSecret(page, title = 'Your token was generated') {
  await heading(page, title);
  const shown = async (label) => (await page.getByLabel(label, { exact: true }).innerText()).trim();
  if (await page.getByLabel('Access Token', { exact: true }).count() > 0) {
    return { kind: 'AccessToken', secret: await shown('Access Token') };
  }
  return { kind: 'ClientCredentials', clientId: await shown('Client ID'), secret: await shown('Secret Key') };
}

/** Presses a copy button of the secret page and gives what is in the clipboard. Needs script and the permissions. */
export async function copy(page, label) {
  await page.getByRole('button', { name: `Copy ${label}` }).click();
  await page.getByText('Copied').first().waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Leaves the secret page. */
export async function saved(page, list) {
  await page.getByRole('link', { name: 'I have saved it' }).or(page.getByRole('button', { name: 'I have saved it' })).click();
  await heading(page, list.title);
}

/** The row of a token in the list that is open. */
export function row(page, description) {
  return page.getByRole('row').filter({ hasText: description });
}

/** What the list says under a column's heading for a token. */
export async function cell(page, description, column) {
  const headings = await page.getByRole('columnheader').allInnerTexts();
  const index = headings.findIndex((text) => text.trim() === column);
  assert.notEqual(index, -1, `no column ${column} among ${headings.join(', ')}`);
  return (await row(page, description).getByRole('cell').nth(index).innerText()).trim();
}

/** Looks for a token by its secret, from the list that is open. */
export async function find(page, secret) {
  await main(page).getByRole('link', { name: 'Find by value' }).click();
  await heading(page, 'Find by value');
  await page.getByLabel('Secret', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Find token' }).click();
}

/** Opens the delete page from the list, reads its question, and confirms. */
export async function remove(page, list, description) {
  await page.goto(list.path);
  await row(page, description).getByRole('link', { name: /^Delete/ }).click();
  await heading(page, new RegExp(`Delete .${escape(description)}`));
  await page.getByRole('button', { name: list.button }).click();
  await heading(page, list.title);
  assert.equal(await row(page, description).count(), 0, 'the deleted token is still listed');
}

/** The operator chooses the kind of new tokens for the environment. */
export async function setKind(page, kind) {
  await page.goto('/console/authentication/m2m');
  await page.getByRole('radio', { name: kinds[kind].label }).check();
  await save(page);
}

/** The operator rotates the key that signs the JWTs of Frontegg's dialect. */
export async function rotateSigningKey(page) {
  await page.goto('/console/keys');
  await page.getByRole('link', { name: 'Rotate the RS256 key' }).click();
  await press(page, 'Rotate the RS256 key');
  await heading(page, 'Keys');
}

/** The operator sets an account's M2M authentication: Inherit, On or Off. */
export async function setAccountM2M(page, tenantID, choice) {
  await page.goto(`/console/accounts/${tenantID}`);
  // The kind of new tokens can be inherited too; its choice comes second on the page.
  await page.getByRole('radio', { name: new RegExp(`^${choice}`) }).first().check();
  await save(page);
}

async function save(page) {
  await press(page, 'Save changes');
  // What would refuse live tokens is asked about on a page of its own.
  if (await page.getByRole('button', { name: 'Switch off', exact: true }).count() > 0) await press(page, 'Switch off');
}

async function press(page, name) {
  const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
  await page.getByRole('button', { name }).first().click();
  const status = (await answered).status();
  assert.ok(status < 400, `${name} was answered ${status}`);
  await page.waitForLoadState();
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
