// Reference pictures: how one is taken, kept small, compared and filed.
//
// A picture is half the size of what a person sees, which keeps a page to some 7 KB. Builds of Chromium agree on it
// pixel for pixel, because hinting, in which they differ, is off.

import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

/** Pixels of the page in one pixel of its picture. */
const scale = 2;

/** What launch needs for a browser that takes pictures. */
export const switches = ['--force-color-profile=srgb', '--disable-lcd-text'];

/** What newPage needs, besides the look, for pages of which pictures are taken. */
export const pictured = { deviceScaleFactor: 1 / scale };

/**
 * Readies a page of newPage(…, pictured) for pictures, on which letters come out alike in each build of the browser.
 *
 * @returns {Promise<{pose: Function, relax: Function, resize: Function}>} relax() shows the open document as people see
 *   it; pose() comes before the next that is to be pictured, and gives the page its own size again; resize({width,
 *   height}) gives it another, in either state
 */
export async function posing(page) {
  await page.addInitScript(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { text-rendering: geometricPrecision !important }');
    document.adoptedStyleSheets = [sheet];
  });
  const own = page.viewportSize();
  let posed = true;
  // Playwright gives a context one scale for good, and another context would have to load everything again. Begun only
  // when it is needed: beside a second session, a page shown as on paper is drawn for the screen.
  let session;
  const drawn = (size, deviceScaleFactor) =>
    session.send('Emulation.setDeviceMetricsOverride', { ...size, deviceScaleFactor, mobile: false });
  return {
    // A picture is drawn at the size that playwright knows of.
    resize: (size) => (posed ? page.setViewportSize(size) : drawn(size, 1)),
    async pose() {
      posed = true;
      await page.setViewportSize(own);
      if (session) await drawn(own, pictured.deviceScaleFactor);
    },
    async relax() {
      session ??= await page.context().newCDPSession(page);
      await page.evaluate(() => { document.adoptedStyleSheets = []; });
      posed = false;
    },
  };
}

/**
 * Takes a picture of a part of the page that is open.
 *
 * @param box {x, y, width, height} in pixels of the page
 * @returns {Promise<PNG>}
 */
export async function take(page, box) {
  return PNG.sync.read(await page.screenshot({ fullPage: true, clip: box, animations: 'disabled', caret: 'hide' }));
}

/** The part of a picture within a box in pixels of the page; the box may reach beyond the picture. */
export function cut(picture, box) {
  const [left, top] = [box.x, box.y].map((edge) => Math.max(0, Math.floor(edge / scale)));
  const right = Math.min(picture.width, Math.ceil((box.x + box.width) / scale));
  const bottom = Math.min(picture.height, Math.ceil((box.y + box.height) / scale));
  const part = new PNG({ width: right - left, height: bottom - top });
  PNG.bitblt(picture, part, left, top, part.width, part.height, 0, 0);
  return part;
}

const frequent = 0.0005; // the share of a picture that makes a colour worth keeping as it is
const step = 12; // levels of 255 to which the others are rounded

/** The picture in few colours: those of areas stay as they are, those of the edges of letters are rounded. */
export function reduce(picture) {
  const enough = Math.max(100, frequent * picture.width * picture.height);
  const rounded = recoloured(picture, (counts) => (colour) => {
    if (counts.get(colour) >= enough) return colour;
    return channels(colour).reduce((all, level) => all * 256 + Math.round(level / step) * step, 0) * 256 + 255;
  });
  // More colours than a PNG's palette can hold, which no page has had yet: the rarest become their neighbour.
  return recoloured(rounded, (counts) => {
    const byUse = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
    const [kept, rare] = [byUse.slice(0, 256), new Set(byUse.slice(256))];
    return (colour) => (rare.has(colour) ? kept.reduce((a, b) => (apart(a, colour) <= apart(b, colour) ? a : b)) : colour);
  });
}

/** A copy in which each colour is what choose, which is given how many pixels each has, makes of it. */
function recoloured({ width, height, data }, choose) {
  const counts = new Map();
  eachColour(data, (colour, pixels) => { counts.set(colour, (counts.get(colour) ?? 0) + pixels); });
  const chosen = choose(counts);
  const instead = new Map([...counts.keys()].map((colour) => [colour, chosen(colour)]));
  const copy = Buffer.from(data);
  eachColour(data, (colour, pixels, at) => {
    const other = instead.get(colour);
    for (let end = at + pixels * 4; colour !== other && at < end; at += 4) copy.writeUInt32BE(other, at);
  });
  return { width, height, data: copy };
}

/** Calls fn(colour, pixels, at) for each run of pixels of one colour, which begins at that byte. */
function eachColour(data, fn) {
  for (let at = 0, next = 0; at < data.length; at = next) {
    const colour = data.readUInt32BE(at);
    for (next = at + 4; next < data.length && data.readUInt32BE(next) === colour;) next += 4;
    fn(colour, (next - at) / 4, at);
  }
}

const channels = (colour) => [colour >>> 24, (colour >>> 16) & 255, (colour >>> 8) & 255];
const apart = (a, b) => channels(a).reduce((sum, level, at) => sum + (level - channels(b)[at]) ** 2, 0);

/** A reduced picture as a PNG with a palette: a third of what pngjs, which writes none, would make of it. */
export function encode({ width, height, data }) {
  const palette = new Map();
  const rows = Buffer.alloc((width + 1) * height); // each begins with 0: no filter
  eachColour(data, (colour, pixels, at) => {
    if (!palette.has(colour)) palette.set(colour, palette.size);
    for (let pixel = at / 4; pixel < at / 4 + pixels; pixel++) rows[pixel + Math.floor(pixel / width) + 1] = palette.get(colour);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // eight bits a pixel, indexed
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from([...palette.keys()].flatMap(channels))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name, content) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** Of 256 pixels in a square, so many may differ. */
const few = 3;
const square = 16;

/**
 * Compares a picture with its reference. A letter more or less, a part moved by a pixel of the page and a shade that
 * the eye can just tell apart are differences; rounding and a little more or less smoothing of an edge are not.
 *
 * @returns what differs in a few words, and the picture of it, if there is one: {why, diff}; undefined when nothing does
 */
export function compare(reference, actual) {
  const { width, height } = reference;
  if (actual.width !== width || actual.height !== height) {
    return { why: `is ${actual.width * scale} × ${actual.height * scale} px, was ${width * scale} × ${height * scale} px` };
  }
  const reduced = reduce(actual);
  if (reduced.data.equals(reference.data)) return undefined;
  const diff = new PNG({ width, height });
  const most = ({ data }, options) => pixelmatch(reference.data, data, diff.data, width, height, { windowSize: square, ...options });
  // Rounding moves the edges of letters by less than 0.04. What is not near an edge is held to more.
  if (most(actual, { threshold: 0.05 }) > few) return { why: 'looks different', diff };
  if (most(reduced, { threshold: 0.004, includeAA: true, ignoreMask: edges(reference) }) > few) return { why: 'has another shade', diff };
  return undefined;
}

/** A byte for each pixel: 1 where a neighbour, or one of the neighbours' own, has another colour. */
function edges({ width, height, data }) {
  const colours = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const mask = new Uint8Array(width * height);
  const mark = (x, y) => {
    for (let row = Math.max(0, y - 2); row <= Math.min(height - 1, y + 1); row++) {
      mask.fill(1, row * width + Math.max(0, x - 2), row * width + Math.min(width, x + 2));
    }
  };
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if ((x > 0 && colours[at] !== colours[at - 1]) || (y > 0 && colours[at] !== colours[at - width])) mark(x, y);
    }
  }
  return mask;
}

/**
 * The folder of reference pictures, each compared once in a run.
 *
 * @param {{folder: string, out: string, update: boolean}} options out: where the pictures of what differs are put;
 *   update: make the references what the pages are, leaving alone those that differ in nothing
 */
export function album({ folder, out, update }) {
  const seen = new Set();
  const faults = [];
  const file = (name) => path.join(folder, `${name}.png`);
  const put = async (to, content) => {
    await mkdir(path.dirname(to), { recursive: true });
    await writeFile(to, content);
  };

  return {
    /** Compares the picture with the reference of that name, such as light-wide-ltr/tokens. */
    async check(name, picture) {
      if (seen.has(name)) throw new Error(`two pictures are called ${name}`);
      seen.add(name);
      const reference = await readFile(file(name)).catch(() => undefined);
      const difference = reference ? compare(PNG.sync.read(reference), picture) : { why: 'is new' };
      if (!difference) return;
      if (update) return put(file(name), encode(reduce(picture)));
      faults.push(`${name} ${difference.why}`);
      await put(path.join(out, `${name}.actual.png`), PNG.sync.write(picture));
      if (reference) await put(path.join(out, `${name}.reference.png`), reference);
      if (difference.diff) await put(path.join(out, `${name}.diff.png`), PNG.sync.write(difference.diff));
    },

    /** What was wrong, sorted: pictures that differ, are new, or are left over because nothing looks like that any more. */
    async faults() {
      const files = await readdir(folder, { recursive: true }).catch(() => []);
      for (const name of files.filter((entry) => entry.endsWith('.png')).map((entry) => entry.slice(0, -'.png'.length))) {
        if (seen.has(name)) continue;
        if (update) await rm(file(name));
        else faults.push(`${name} is left over`);
      }
      return faults.sort();
    },
  };
}
