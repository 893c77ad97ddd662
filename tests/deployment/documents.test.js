// What docs/security.md and docs/operations.md name in this repository is there.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { root, text } from './repository.js';

const named = (page) => new Set(text(page).match(/(?<=`)(?:src|tests|scripts|deploy)\/[\w./-]+/g));

test('the files that prove the promises about security exist', () => {
  const paths = named('docs/security.md');
  assert.ok(paths.size > 20, `${paths.size} paths`);
  for (const path of paths) assert.ok(existsSync(new URL(path, root)), path);
});

test('every promise about security names where it is tested', () => {
  const [, table] = text('docs/security.md').split('| promise | how it holds | tested by |\n|---|---|---|\n');
  const rows = table.split('\n\n')[0].split('\n');
  assert.ok(rows.length > 15, `${rows.length} rows`);
  for (const row of rows) assert.match(row.split('|').at(-2), /`(src|tests)\//, row);
});

test('the files that operators are told to use exist', () => {
  for (const path of named('docs/operations.md')) assert.ok(existsSync(new URL(path, root)), path);
});
