// Writes the types and operations of the packages from schema.graphql; `--check` only compares. One program for both
// languages, so that they have the same operations and the same types.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { python } from './python.js';
import { load } from './schema.js';
import { typescript } from './typescript.js';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The generated files and what they must contain. */
export function generated() {
  const loaded = load(path('../../schema.graphql'));
  return new Map([
    [path('../client/src/generated.ts'), typescript(loaded)],
    [path('../python/src/troupe_client/generated.py'), python(loaded)],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of generated()) {
    if (!process.argv.includes('--check')) writeFileSync(file, text);
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${file} is not current: npm run generate writes it`);
      process.exitCode = 1;
    }
  }
}
