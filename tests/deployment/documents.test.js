// What docs/security.md and docs/operations.md name in this repository is there, and each alert has its tests.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { root, text, yaml } from './repository.js';

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

test('promtool tests of every alert when it fires and when it does not', () => {
  const rules = yaml('deploy/observability/alerts.yaml').groups.flatMap((group) => group.rules.map((rule) => rule.alert));
  const cases = yaml('deploy/observability/alerts.test.yaml').tests.flatMap((test) => test.alert_rule_test);
  const named = (fires) => cases.filter((entry) => Boolean(entry.exp_alerts) === fires).map((entry) => entry.alertname).sort();
  assert.deepEqual(named(true), rules.toSorted());
  assert.deepEqual(named(false), rules.toSorted());
});
