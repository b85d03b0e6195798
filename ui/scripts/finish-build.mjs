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

/** The chunks of the first page with all that they import at once. */
function firstLoad(manifest) {
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
  for (const name of FIRST_PAGE) {
    if (!manifest[name]) throw new Error(`the build has no chunk for ${name}`);
    follow(name);
  }
  return [...wanted];
}

const manifest = JSON.parse(await readFile(join(dist, "manifest.json"), "utf8"));
const files = firstLoad(manifest);
let bytes = 0;
for (const file of files) bytes += gzipSync(await readFile(join(dist, file))).length;
console.log(`first load: ${(bytes / 1024).toFixed(1)} KB of script, gzip, in ${files.length} files`);
if (bytes > FIRST_LOAD_BYTES_MAX) {
  console.error(`first load is over ${FIRST_LOAD_BYTES_MAX / 1024} KB: load what a page needs with the page`);
  process.exit(1);
}

for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name) || entry.name === "index.html") continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const content = await readFile(path);
  if (content.length < COMPRESSED_BYTES_MIN) continue;
  await writeFile(`${path}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
}
