// Prints the CSS masks of the icons in use, one rule each, for scripts/generate.
// Icons before the text are the constants of views/ui/icon.go that some page or
// component names; icons after the text are the "e-name" classes in markup.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const shapes = join(root, "node_modules/lucide-static/icons");
const declarations = "views/ui/icon.go";

const sources = ["views", "handlers"].flatMap(walk)
  .filter((name) => /\.(templ|go)$/.test(name) && !/_(templ|test)\.go$/.test(name) && name !== declarations);
const text = sources.map((name) => readFileSync(join(root, name), "utf8")).join("\n");
const before = [...readFileSync(join(root, declarations), "utf8").matchAll(/^\t(Icon\w+)\s+(?:Icon\s+)?= "([a-z0-9-]+)"$/gm)]
  .filter(([, constant]) => new RegExp(`\\b${constant}\\b`).test(text))
  .map(([, , name]) => name);
const after = [...text.matchAll(/\be-([a-z][a-z0-9-]+)/g)].map(([, name]) => name);

const rules = [...rulesOf("i", before), ...rulesOf("e", after)];
process.stdout.write(`@layer components{${rules.join("")}}\n`);

function walk(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

function rulesOf(letter, names) {
  return [...new Set(names)].sort().map((name) => `.${letter}-${name}{--${letter}:url("data:image/svg+xml,${mask(name)}")}`);
}

// mask is the icon with a thinner stroke and nothing that a mask ignores.
function mask(name) {
  return readFileSync(join(shapes, `${name}.svg`), "utf8")
    .replace(/<!--.*?-->/s, "")
    .replace(/\s+class="[^"]*"/, "")
    .replace(/\s+width="24"\s+height="24"/, "")
    .replace('stroke="currentColor"', 'stroke="#000"')
    .replace('stroke-width="2"', 'stroke-width="1.75"')
    .replace(/\s+/g, " ")
    .replace(/> </g, "><")
    .replace(/ ?\/>/g, "/>")
    .replace(/" >/g, '">')
    .trim()
    .replace(/"/g, "'")
    .replace(/</g, "%3c")
    .replace(/>/g, "%3e")
    .replace(/#/g, "%23");
}
