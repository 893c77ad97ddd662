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

/** The files that a person with this language loads, with their sizes. */
function sizesFor(language) {
  const names = new Set([...loaded('index.html'), ...loaded(`src/console/strings/${language}/index.ts`)]);
  const files = [...names].map((name) => manifest[name].file).filter((file) => file.endsWith('.js'));
  return files.map((file) => [file, gzipSync(readFileSync(new URL(file, dist))).length / 1024]);
}

const sum = (sizes) => sizes.reduce((total, [, size]) => total + size, 0);
const [sizes] = ['en', 'de'].map(sizesFor).sort((one, other) => sum(other) - sum(one));
const total = sum(sizes);

for (const [file, size] of sizes.sort((a, b) => b[1] - a[1])) console.log(`${size.toFixed(1).padStart(7)} KiB  ${file}`);
console.log(`${total.toFixed(1).padStart(7)} KiB  of at most ${MOST} KiB, gzipped`);
if (total > MOST) {
  console.error('the first load of the console is too large');
  process.exit(1);
}
