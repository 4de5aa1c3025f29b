// The vendor's side: what its own backend asks of Latchkey with its vendor key, by the routes of Frontegg's clients.

import assert from 'node:assert/strict';

/** An answer as {status, body}; the body is undefined where there is none. */
async function answerOf(response) {
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

/**
 * Posts JSON without saying who asks, as whoever signs in does.
 *
 * @returns {Promise<{status: number, body: any}>}
 */
export async function post(server, path, body) {
  return answerOf(await fetch(server.url + path, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  }));
}

/**
 * Signs the vendor's backend in with the seed's key, and gives the function by which it asks:
 * ask(method, path below /identity/resources/, {tenantId?, userId?, body?}) gives {status, body}.
 */
export async function vendor(server) {
  const { client_id: clientId, api_key: secret } = server.seed.vendor;
  const { status, body: { token } } = await post(server, '/auth/vendor', { clientId, secret });
  assert.equal(status, 200, 'the vendor signs in');
  server.remember(token, 'vendor JWT');

  return async function ask(method, path, { tenantId, userId, body } = {}) {
    const headers = { 'Content-Type': 'application/json', 'x-access-token': token };
    if (tenantId) headers['frontegg-tenant-id'] = tenantId;
    if (userId) headers['frontegg-user-id'] = userId;
    const answer = await answerOf(await fetch(`${server.url}/identity/resources/${path}`, {
      method, headers, body: body && JSON.stringify(body),
    }));
    if (answer.body?.secret) server.remember(answer.body.secret, `secret made at ${path}`);
    return answer;
  };
}
