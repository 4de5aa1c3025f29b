// Looks for plain secrets where none may be.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Shorter ones would be found by accident, so they can't be looked for. */
const shortest = 12;

/** The forms in which a secret might lie about: as it is, in an address, as a dumped byte string, and in base64. */
function formsOf(secret) {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')];
}

/**
 * @param {Map<string, string>} secrets from each secret to what it is
 * @param {{folders: string[], text: string, logs: string}} places folders are read as they lie on the disk
 * @returns {Promise<string[]>} one line for each secret and place in which it was found; it does not repeat the secret
 */
export async function findLeaks(secrets, { folders, text, logs }) {
  const whose = new Map();
  for (const [secret, what] of secrets) {
    if (secret.length < shortest) throw new Error(`${what} is too short to look for`);
    for (const form of formsOf(secret)) whose.set(form, what);
  }
  const scratch = await mkdtemp(path.join(tmpdir(), 'latchkey-leaks-'));
  try {
    const patterns = path.join(scratch, 'patterns');
    await writeFile(patterns, [...whose.keys()].join('\n'), { mode: 0o600 });
    await writeFile(path.join(scratch, 'dump'), text);
    await writeFile(path.join(scratch, 'logs'), logs);
    const places = [...folders, path.join(scratch, 'dump'), path.join(scratch, 'logs')];
    const hits = (await grep(patterns, places)).map(([file, found]) => {
      const place = path.dirname(file) === scratch ? path.basename(file) : file;
      return `${whose.get(found) ?? 'a secret'} is in ${place}`;
    });
    return [...new Set(hits)];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Every occurrence as [file, what was found]; files that vanish while it reads are no fault. */
async function grep(patterns, places) {
  // -Z puts a NUL after the file's name, which can't be in it.
  const args = ['-r', '-a', '-F', '-o', '-H', '-Z', '-s', '--devices=skip', '-f', patterns, '--', ...places];
  const output = await run('grep', args, { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 28 }).then(
    ({ stdout }) => stdout,
    (error) => {
      if (error.code === 1 || (error.code === 2 && error.stderr === '')) return error.stdout;
      throw error;
    });
  return output.split('\n').filter(Boolean).map((line) => line.split('\0'));
}
