// Debian's nginx with the configuration of examples/nginx, in front of the example's API: Latchkey lets in and keeps out.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { exchange } from './program.mjs';
import { freePort, start } from './server.mjs';
import { vendor } from './vendor.mjs';

const example = new URL('../examples/nginx/', import.meta.url);

/** Runs a program until stop(), and gives what it said. One that ended by itself fails the test. */
function run(program, args, env = {}) {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '', gone = false;
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { said += text; });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => { gone = true; });
  return {
    said: () => said,
    /** Waits until it says so, or is asked and answers. */
    async until(ready) {
      for (const deadline = Date.now() + 10_000; Date.now() < deadline && !gone; await pause(25)) {
        if (await ready()) return;
      }
      throw new Error(`${program} is not ready:\n${said}`);
    },
    async stop() {
      const early = gone;
      child.kill('SIGTERM');
      await ended;
      assert.equal(early, false, `${program} had ended by itself:\n${said}`);
    },
  };
}

/** Starts the example's API on a free port: {port, stop}. */
async function startAPI() {
  const child = run(process.execPath, [fileURLToPath(new URL('upstream.mjs', example))], { PORT: '0' });
  await child.until(() => child.said().includes('Listening'));
  return { port: Number(child.said().match(/:(\d+)\n/)[1]), stop: child.stop };
}

/** Starts nginx with the example's configuration, in which only the three addresses are others: {url, said, stop}. */
async function startNginx(latchkey, api) {
  const folder = await mkdtemp(path.join(tmpdir(), 'latchkey-nginx-'));
  await chmod(folder, 0o755); // started by root, its workers are others
  const port = await freePort();
  let configuration = await readFile(new URL('nginx.conf', example), 'utf8');
  for (const [from, to] of [
    ['listen 127.0.0.1:8000;', `listen 127.0.0.1:${port};`],
    ['server 127.0.0.1:8080;', `server ${latchkey};`],
    ['server 127.0.0.1:3000;', `server 127.0.0.1:${api};`],
  ]) {
    assert.equal(configuration.split(from).length, 2, `${from} is in the example once`);
    configuration = configuration.replace(from, to);
  }
  const file = path.join(folder, 'nginx.conf');
  await writeFile(file, configuration);
  const child = run(process.env.NGINX_PATH ?? '/usr/sbin/nginx', ['-p', folder, '-c', file]);
  const url = `http://127.0.0.1:${port}`;
  await child.until(() => fetch(url).catch(() => undefined)); // refused until it listens
  return {
    url,
    said: child.said,
    async stop() {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const key = (secret) => ({ 'X-API-KEY': secret });
const bearer = (jwt) => ({ Authorization: `Bearer ${jwt}` });

let server, api, nginx, acme, dana, tokens, jwt, stopped;
before(async () => {
  [server, api] = await Promise.all([start({ settings: { LATCHKEY_TRUSTED_PROXIES: '127.0.0.1/32,::1/128' } }), startAPI()]);
  nginx = await startNginx(new URL(server.url).host, api.port);
  acme = server.seed.tenants[0];
  dana = acme.users.find(({ email }) => email.startsWith('dana@'));
  tokens = acme.tokens;
  const { client_id: clientId, secret } = tokens.client_credentials;
  ({ jwt } = await exchange(server, { clientId, secret }));
});
after(async () => {
  try {
    for (const [secret, what] of server?.secrets ?? []) assert.ok(!nginx?.said().includes(secret), `nginx logs the ${what}`);
  } finally {
    await nginx?.stop();
    await api?.stop();
    if (!stopped) await server?.stop();
  }
});

/** Asks nginx for what, such as 'GET /me': {status, challenge, request}, request as the API got it, if it did. */
async function call(what, headers, body) {
  const [method, path] = what.split(' ');
  const answer = await fetch(nginx.url + path, { method, headers, body });
  const text = await answer.text();
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    request: answer.headers.get('content-type') === 'application/json' ? JSON.parse(text) : undefined,
  };
}

/** Asserts that nginx answers by itself. */
async function refused(status, what, headers, body) {
  const answer = await call(what, headers, body);
  assert.deepEqual([answer.status, answer.request], [status, undefined], what);
  return answer;
}

/** The X-Auth headers that the API got. */
const introduced = ({ headers }) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-auth-')));

/** The API's own view of the seeded tokens. */
const editor = (id) => ({
  'x-auth-tenant': acme.id, 'x-auth-subject': id, 'x-auth-roles': 'Editor', 'x-auth-permissions': 'reports.read,reports.write',
});

describe('nginx with the example', () => {
  it('lets a good credential in, and tells the API whose it is and no secret', async () => {
    for (const [headers, id] of [[key(tokens.access_token.secret), tokens.access_token.id], [bearer(jwt), tokens.client_credentials.client_id]]) {
      for (const what of ['GET /me', 'GET /reports?page=2', 'POST /reports', 'DELETE /reports/1']) {
        const { status, request } = await call(what, headers);
        assert.equal(status, 200, what);
        assert.equal(`${request.method} ${request.url}`, what);
        assert.deepEqual(introduced(request), editor(id));
        assert.deepEqual([request.headers.authorization, request.headers['x-api-key']], [undefined, undefined]);
      }
    }
    const { request } = await call('GET /me', key(tokens.personal_access_token.secret));
    assert.equal(request.headers['x-auth-user'], dana.id);
    assert.equal(request.headers['x-auth-roles'], 'Admin,Editor');
  });

  it('keeps everybody else out, with the challenge', async () => {
    const unknown = `Bearer resource_metadata="${server.url}/.well-known/oauth-protected-resource/v1"`;
    for (const what of ['GET /me', 'GET /reports', 'POST /reports', 'OPTIONS /reports', 'HEAD /admin']) {
      assert.equal((await refused(401, what)).challenge, unknown, what);
      assert.equal((await refused(401, what, key('garbage'))).challenge, 'Bearer error="invalid_token"', what);
    }
    const both = { ...key(tokens.access_token.secret), ...bearer(jwt) };
    assert.equal((await refused(401, 'GET /me', both)).challenge, 'Bearer error="invalid_request"');
    await refused(401, `GET /me?access_token=${jwt}`);
    await refused(401, 'GET /me', bearer(tokens.access_token.secret));
  });

  it('demands roles and permissions', async () => {
    const clerk = key(tokens.access_token.secret), admin = key(tokens.personal_access_token.secret);
    await refused(403, 'GET /admin', clerk);
    await refused(403, 'POST /admin/users', bearer(jwt));
    assert.equal((await call('GET /admin', admin)).status, 200);
    const reader = await tokenOf('rae@acme.example');
    assert.equal((await call('GET /reports', key(reader.secret))).status, 200);
    await refused(403, 'POST /reports', key(reader.secret));
    await refused(403, 'OPTIONS /reports', key(reader.secret));
  });

  it('keeps an address closed that says nothing of what it demands', async () => {
    for (const headers of [{}, key(tokens.personal_access_token.secret)]) {
      for (const what of ['GET /', 'GET /mex', 'POST /anything']) await refused(403, what, headers);
    }
    for (const path of ['/_latchkey/anyone', '/_latchkey/requirement', '/_latchkey/']) {
      await refused(404, `GET ${path}`, key(tokens.personal_access_token.secret));
    }
  });

  it('takes nothing of the client for its own', async () => {
    const forged = {
      'X-Auth-Tenant': server.seed.tenants[1].id, 'X-Auth-Subject': 'x', 'X-Auth-User': dana.id, 'X-Auth-Roles': 'Admin', 'X-Auth-Permissions': 'fe.secure.*',
      'X_Auth_User': dana.id, 'X-Original-URI': '/me', 'X-Original-Method': 'GET', 'X-Forwarded-Uri': '/v1/authorize', 'X-Forwarded-For': '203.0.113.9',
    };
    const clerk = { ...key(tokens.access_token.secret), ...forged };
    const { status, request } = await call('GET /me?role=Admin&permission=none', clerk);
    assert.equal(status, 200);
    assert.deepEqual(introduced(request), editor(tokens.access_token.id));
    assert.deepEqual([request.headers.x_auth_user, request.headers['x-forwarded-for']], [undefined, '127.0.0.1']);
    await refused(403, 'GET /admin?role=Editor', clerk);
    await refused(401, 'GET /me', forged);
  });

  it('drops none of its own headers for the client', async () => {
    const headers = { ...key(tokens.access_token.secret), Connection: 'close, X-Auth-Tenant, X-Auth-Roles, X-API-Key, X-Forwarded-For' };
    const [answer] = await once(get(`${nginx.url}/me`, { headers }), 'response');
    assert.deepEqual(introduced(await json(answer)), editor(tokens.access_token.id));
  });

  it('asks without the body and hands it on', async () => {
    const body = 'x'.repeat(300_000);
    const { status, request } = await call('POST /reports', key(tokens.access_token.secret), body);
    assert.equal(status, 200);
    assert.equal(request.headers['content-length'], `${body.length}`);
    await refused(401, 'POST /reports', {}, body);
  });

  it('forgets a verdict at once', async () => {
    const ask = await vendor(server);
    const made = await ask('POST', 'tenants/access-tokens/v1', { tenantId: acme.id, body: { description: 'short-lived' } });
    const shown = key(made.body.secret);
    assert.equal((await call('GET /me', shown)).status, 200);
    assert.equal((await ask('DELETE', `tenants/access-tokens/v1/${made.body.id}`, { tenantId: acme.id })).status, 200);
    await refused(401, 'GET /me', shown);
  });

  it('lets nobody in while Latchkey is gone', async () => {
    assert.deepEqual(await server.leaks(), [], 'secrets in plain text after the whole run');
    stopped = true;
    await server.stop();
    for (const what of ['GET /me', 'POST /reports', 'GET /admin', 'GET /']) {
      await refused(500, what, key(tokens.personal_access_token.secret));
    }
  });
});

/** A personal access token of one of Acme's people, made by the vendor. */
async function tokenOf(email) {
  const { id } = acme.users.find((user) => user.email === email);
  const ask = await vendor(server);
  const { status, body } = await ask('POST', 'users/access-tokens/v1', { tenantId: acme.id, userId: id, body: { description: email } });
  assert.equal(status, 201, email);
  return body;
}
