// One Latchkey for a test: the real binary, on a database of its own, as a person would start it.

import { spawn, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { findLeaks } from './leaks.mjs';

const run = promisify(execFile);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The databases of this run: both, unless LATCHKEY_TEST_DATABASES=sqlite narrows it. */
export const databases = ['sqlite', 'postgres'].filter((name) =>
  [undefined, '', name].includes(process.env.LATCHKEY_TEST_DATABASES));

let binary;

/** Builds the program once in a process; Go's cache and the fixed place make the second process's build instant. */
function build() {
  binary ??= (async () => {
    const program = path.join(root, 'node_modules', '.cache', 'latchkey-e2e', 'latchkey');
    await mkdir(path.dirname(program), { recursive: true });
    await run('go', ['build', '-o', program, './cmd/latchkey'], { cwd: root });
    return program;
  })();
  return binary;
}

/**
 * Starts a server and waits until it is ready.
 *
 * @param {{database?: 'sqlite'|'postgres', seeded?: boolean, tokens?: number, settings?: Object<string, string>}} options
 *   seeded: with `latchkey seed`'s two accounts (the default) and so many more tokens; false: empty, so that the set-up link
 *   is printed. settings: more LATCHKEY_… variables.
 * @returns an object with
 *   url       where it listens, without a trailing slash
 *   seed      what `seed --json` printed, or undefined
 *   setupPath() resolves to the path of the set-up link that it printed
 *   sessions  Map from an e-mail to the browser's state in which its owner is signed in
 *   secrets   Map from each secret of this run to what it is; remember(secret, what) adds one
 *   logs()    everything written to standard error so far
 *   leaks()   what findLeaks says of the database and the logs
 *   stop()    ends it by SIGTERM, waits, removes the database; rejects when it did not end well
 */
export async function start({ database = 'sqlite', seeded = true, tokens = 0, settings = {} } = {}) {
  const program = await build();
  const folder = await mkdtemp(path.join(tmpdir(), 'latchkey-e2e-'));
  const db = database === 'postgres' ? await postgresDatabase() : sqliteDatabase(folder);
  const port = await freePort();
  const secretKey = randomBytes(32).toString('base64');
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    LATCHKEY_DATABASE_URL: db.url,
    LATCHKEY_LISTEN: `localhost:${port}`,
    LATCHKEY_SECRET_KEY: secretKey,
    LATCHKEY_LAST_USED_FLUSH: '100ms',
    ...settings,
  };

  const secrets = new Map([[secretKey, 'LATCHKEY_SECRET_KEY']]);
  let seed, seedLogs = '';
  if (seeded) {
    const { stdout, stderr } = await run(program, ['seed', '--json', ...(tokens ? ['--tokens', `${tokens}`] : [])], { cwd: folder, env });
    seed = JSON.parse(stdout);
    seedLogs = stderr;
    rememberSeed(seed, secrets);
  }

  const child = spawn(program, ['serve'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '', stderr = seedLogs;
  child.stdout.setEncoding('utf8').on('data', (text) => { stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

  const url = `http://localhost:${port}`;
  await listening(url, ended, () => stderr + stdout);

  return {
    url, seed, secrets, database,
    sessions: new Map(),
    remember: (secret, what) => { if (secret) secrets.set(secret, what); },
    logs: () => stderr,
    async setupPath() {
      // It is printed once the server listens, so a moment later than the server may have been found ready.
      for (const deadline = Date.now() + 10_000; Date.now() < deadline; await pause(25)) {
        const found = stdout.match(/\/setup\/[\w-]+\n/);
        if (found) return found[0].trimEnd();
      }
      throw new Error('no set-up link was printed');
    },
    /** Changes the database behind the server's back, PostgreSQL's only: what takes time otherwise is had so. */
    change: db.change,
    leaks: async () => findLeaks(secrets, { ...(await db.contents()), logs: stderr }),
    async stop() {
      child.kill('SIGTERM');
      const { code, signal } = await ended;
      await db.drop();
      await rm(folder, { recursive: true, force: true });
      if (code !== 0) throw new Error(`serve ended with ${signal ?? `status ${code}`}:\n${stderr}`);
    },
  };
}

/** Starts `latchkey gallery`: {url, stop, remember}, as far as newPage needs a server. */
export async function startGallery() {
  const program = await build();
  const port = await freePort();
  const env = { PATH: process.env.PATH, LATCHKEY_LISTEN: `localhost:${port}` };
  const child = spawn(program, ['gallery'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const url = `http://localhost:${port}`;
  await listening(url, ended, () => 'see above', '/');
  return { url, remember() {}, async stop() { child.kill('SIGTERM'); await ended; } };
}

/** The addresses of the gallery's pages, the sheet of parts left out. The parts show links that lead nowhere there. */
export async function galleryPaths(gallery) {
  const sheet = await (await fetch(gallery.url)).text();
  const links = new Set([...sheet.matchAll(/href="(\/[a-z0-9-]+)"/g)].map(([, path]) => path));
  const found = await Promise.all([...links].map(async (path) =>
    (await fetch(gallery.url + path, { method: 'HEAD' })).ok ? path : undefined));
  const paths = found.filter(Boolean);
  if (paths.length <= 100) throw new Error(`only ${paths.length} pages in the gallery`);
  return paths;
}

/** Waits until the path is answered, and says what the server said if it ends or is not ready within half a minute. */
async function listening(url, ended, said, path = '/readyz') {
  let gone;
  ended.then((how) => { gone = how; }, (error) => { gone = error; });
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await pause(25)) {
    if (gone) throw new Error(`serve ended before it was ready:\n${said()}`);
    const answer = await fetch(url + path).catch(() => undefined); // refused until it listens
    if (answer?.ok) return;
  }
  throw new Error(`serve was not ready within 30 s:\n${said()}`);
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, 'localhost', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function sqliteDatabase(folder) {
  const file = path.join(folder, 'latchkey.db');
  return {
    url: file,
    // The write-ahead log and deleted pages are in there too.
    contents: async () => ({ folders: [folder], text: '' }),
    drop: async () => {},
  };
}

async function postgresDatabase() {
  const server = process.env.LATCHKEY_TEST_POSTGRES_URL;
  if (!server) throw new Error('PostgreSQL tests need a server: run them as  scripts/postgres node --test …');
  const name = `lk_e2e_${randomBytes(8).toString('hex')}`;
  const sql = (statement) => run('psql', [server, '-qXAt', '-v', 'ON_ERROR_STOP=1', '-c', statement]);
  await sql(`CREATE DATABASE ${name}`);
  const url = server.replace(/\/postgres\?/, `/${name}?`);
  return {
    url,
    change: (statement) => run('psql', [url, '-qXAt', '-v', 'ON_ERROR_STOP=1', '-c', statement]),
    // The dump is what a reader of the database sees; the server's folder has its log and what was written and
    // deleted again.
    async contents() {
      const { stdout } = await run('pg_dump', ['--inserts', url], { maxBuffer: 1 << 28 });
      // A URL with its socket's folder in the query and no host is good for PostgreSQL, but not for new URL().
      const { searchParams } = new URL(server.replace('@/', '@localhost/').replace(':///', '://localhost/'));
      return { folders: [searchParams.get('host')], text: stdout };
    },
    drop: () => sql(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

function rememberSeed(seed, secrets) {
  const remember = (value, what) => { if (value) secrets.set(value, what); };
  remember(seed.vendor.api_key, 'vendor key');
  remember(seed.operator.password, "operator's password");
  for (const tenant of seed.tenants) {
    for (const user of tenant.users) remember(user.password, `password of ${user.email}`);
    for (const [kind, token] of Object.entries(tenant.tokens)) {
      remember(token.secret, `${tenant.name}'s seeded ${kind}`);
      remember(token.jwk?.d, `${tenant.name}'s seeded private key`);
    }
  }
}
