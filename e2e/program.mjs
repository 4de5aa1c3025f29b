// The programs' side: what a customer's script does with the secret that a person copied from the page.

import assert from 'node:assert/strict';

/** GET /v1/whoami with the headers given, as {status, body}. */
async function whoami(server, headers) {
  const answer = await fetch(`${server.url}/v1/whoami`, { headers });
  return { status: answer.status, body: await answer.json() };
}

/** Exchanges a client id and secret for a JWT; gives {status, jwt}, jwt undefined when refused. */
export async function exchange(server, { clientId, secret }) {
  const answer = await fetch(`${server.url}/identity/resources/auth/v2/api-token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ clientId, secret }),
  });
  const { access_token: jwt } = await answer.json();
  server.remember(jwt, 'exchanged JWT');
  return { status: answer.status, jwt };
}

/**
 * A program that holds a credential and keeps asking who it is: call() gives {status, body} of /v1/whoami. One with
 * client credentials exchanges them once, here, and then uses the JWT, so that a refusal is the JWT's.
 *
 * @param {{kind: string, clientId?: string, secret: string}} credential as the secret page showed it
 */
export async function program(server, credential) {
  if (credential.kind === 'AccessToken') {
    return { call: () => whoami(server, { 'X-API-KEY': credential.secret }) };
  }
  const { status, jwt } = await exchange(server, credential);
  assert.equal(status, 200, 'exchange of a new client secret');
  return { call: () => whoami(server, { Authorization: `Bearer ${jwt}` }) };
}
