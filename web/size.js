// Fails when the console's first load has become too large: the JavaScript of index.html and of its first page, gzipped.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** In KiB. */
const MOST = 250;

const dist = new URL('dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', dist), 'utf8'));

/** A chunk with everything that it imports at once. */
function loaded(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const other of manifest[name].imports ?? []) loaded(other, seen);
  return seen;
}

// a person with another language loads its words too
const first = new Set([...loaded('index.html'), ...loaded('src/console/strings/de/index.ts')]);
const files = [...first].map((name) => manifest[name].file).filter((file) => file.endsWith('.js'));
const sizes = files.map((file) => [file, gzipSync(readFileSync(new URL(file, dist))).length / 1024]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);

for (const [file, size] of sizes.sort((a, b) => b[1] - a[1])) console.log(`${size.toFixed(1).padStart(7)} KiB  ${file}`);
console.log(`${total.toFixed(1).padStart(7)} KiB  of at most ${MOST} KiB, gzipped`);
if (total > MOST) {
  console.error('the first load of the console is too large');
  process.exit(1);
}
