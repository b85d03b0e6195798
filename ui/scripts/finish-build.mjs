// After `vite build`: compresses what is text, and fails when the first load would be too heavy.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** A first visit loads at most this much script, gzip. */
const FIRST_LOAD_BYTES_MAX = 250 * 1024;
const TEXT = /\.(js|css|html|svg|json)$/;
const COMPRESSED_BYTES_MIN = 1024;

const dist = new URL("../dist/", import.meta.url).pathname;

/** What a first visit shows: the frame, and the explorer in it. */
const FIRST_PAGE = ["src/app/AppLayout.tsx", "src/pages/explorer/Explorer.tsx"];

/** The chunks of the first page with all that they import at once, and the script that runs before them. */
function firstLoad(manifest, first) {
  const wanted = new Set();
  const follow = (name) => {
    const chunk = manifest[name];
    if (!chunk || wanted.has(chunk.file)) return;
    wanted.add(chunk.file);
    (chunk.imports ?? []).forEach(follow);
  };
  Object.entries(manifest)
    .filter(([, chunk]) => chunk.isEntry)
    .forEach(([name]) => follow(name));
  // In a chunk of their own only when they are loaded behind the entry.
  FIRST_PAGE.forEach(follow);
  return [...wanted, ...first];
}

const manifest = JSON.parse(await readFile(join(dist, "manifest.json"), "utf8"));
const first = (await readdir(join(dist, "assets"))).filter((name) => /^first-.*\.js$/.test(name)).map((name) => `assets/${name}`);
if (first.length !== 1) throw new Error("the build has one script that runs first");
const files = firstLoad(manifest, first);
let bytes = 0;
for (const file of files) bytes += gzipSync(await readFile(join(dist, file))).length;
console.log(`first load: ${(bytes / 1024).toFixed(1)} KB of script, gzip, in ${files.length} files`);
if (bytes > FIRST_LOAD_BYTES_MAX) {
  console.error(`first load is over ${FIRST_LOAD_BYTES_MAX / 1024} KB: load what a page needs with the page`);
  process.exit(1);
}

await checkStyles();

for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name) || entry.name === "index.html") continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const content = await readFile(path);
  if (content.length < COMPRESSED_BYTES_MIN) continue;
  await writeFile(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
}

/** Each class of the library's that is in a script must be in a style sheet: `src/app/styles.ts` names the components. */
async function checkStyles() {
  const assets = await readdir(join(dist, "assets"));
  const read = async (ending) => {
    const texts = assets.filter((name) => name.endsWith(ending)).map((name) => readFile(join(dist, "assets", name), "utf8"));
    return (await Promise.all(texts)).join("\n");
  };
  const [scripts, styles] = [await read(".js"), await read(".css")];
  const library = new URL("../node_modules/@mantine/core/styles/", import.meta.url).pathname;
  for (const name of await readdir(library)) {
    const classes = (await readFile(join(library, name), "utf8")).match(/(?<=\.)m_[0-9a-f]+/g) ?? [];
    const missing = classes.find((name) => scripts.includes(name) && !styles.includes(name));
    if (missing === undefined) continue;
    console.error(`a component is used without its styles: add ${name} to src/app/styles.ts`);
    process.exit(1);
  }
}
