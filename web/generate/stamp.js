// Writes into each generated file which operations it was made of, so that a test finds one that is out of date.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const pages = JSON.parse(readFileSync(new URL('pages.json', import.meta.url), 'utf8'));

for (const page of pages) {
  const operations = readFileSync(new URL(`../src/console/${page}/operations.graphql`, import.meta.url));
  const generated = new URL(`../src/console/${page}/operations.generated.ts`, import.meta.url);
  const digest = createHash('sha256').update(operations).digest('hex');
  writeFileSync(generated, `// Made by \`npm run generate\` of operations.graphql ${digest}; do not edit.\n${readFileSync(generated, 'utf8')}`);
}
