// The Dockerfile, as far as it can be read: what it copies is there and not left out, and who runs the program.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { documentedDefault, root, text } from './repository.js';

// The instructions, with continued lines joined.
const instructions = text('Dockerfile')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim())
  .map((line) => line.trim().split(/\s+/));
const arguments_ = (name) => instructions.filter(([first]) => first === name).map(([, ...rest]) => rest);

const ignored = text('.dockerignore')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'));
const isIgnored = (path) => ignored.some((pattern) => path === pattern || path.startsWith(`${pattern}/`) || (pattern === '*.md' && /^[^/]*\.md$/.test(path)));

test('every file that is copied exists and is sent to the build', () => {
  const copied = arguments_('COPY').filter(([first]) => !first.startsWith('--from'));
  const sources = copied.flatMap((paths) => paths.slice(0, -1));
  assert.ok(sources.includes('app.yaml'));
  for (const source of sources.filter((path) => path !== '.')) {
    assert.ok(existsSync(new URL(source, root)), source);
    assert.ok(!isIgnored(source), `${source} is in .dockerignore`);
  }
});

test('what the program includes at its build is sent to it', () => {
  const included = ['agents/template.schema.json', 'demo/handbook.md', 'schema.graphql', 'Cargo.lock', 'scripts/web.sh', 'web/package.json'];
  for (const path of included) assert.ok(existsSync(new URL(path, root)) && !isIgnored(path), path);
});

test('secrets and local data are not sent', () => {
  for (const path of ['.env', '.git', 'data', 'target']) assert.ok(isIgnored(path), path);
});

test('the compiler is that of rust-toolchain.toml', () => {
  const [, version] = text('rust-toolchain.toml').match(/channel = "([^"]+)"/);
  const base = arguments_('FROM').find(([, , stage]) => stage === 'build')[0];
  assert.match(base, new RegExp(`^rust:${version}(\\.\\d+)?-`));
});

test('the program does not run as root, and a command replaces it', () => {
  const lastStage = instructions.map(([first]) => first).lastIndexOf('FROM');
  const user = instructions.findLastIndex(([first]) => first === 'USER');
  assert.ok(user > lastStage);
  assert.match(instructions[user][1], /^[1-9]\d*$/);
  assert.deepEqual(arguments_('ENTRYPOINT'), []);
});

test('the ports are those of the program', () => {
  const [exposed] = arguments_('EXPOSE');
  assert.match(documentedDefault('TROUPE_ADDR'), new RegExp(`\\b${exposed[0]}\\b`));
  const probes = arguments_('ENV').flat().find((setting) => setting.startsWith('TROUPE_PROBES_ADDR='));
  assert.equal(probes.split(':')[1], exposed[1]);
});
