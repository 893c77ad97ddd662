// The operations of the console: of this schema, and what is generated is of these operations.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { buildSchema, parse, validate } from 'graphql';

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const schema = buildSchema(read('../schema.graphql'));
const pages = JSON.parse(read('generate/pages.json'));

for (const page of pages) {
  test(`the operations of ${page} are valid, and their documents are generated`, () => {
    const operations = read(`src/console/${page}/operations.graphql`);
    assert.deepEqual(validate(schema, parse(operations)), []);
    const digest = createHash('sha256').update(operations).digest('hex');
    const generated = read(`src/console/${page}/operations.generated.ts`);
    assert.ok(generated.split('\n')[0].includes(digest), `run \`npm ci --prefix generate && npm run generate\` in web/: ${page} has changed`);
  });
}
