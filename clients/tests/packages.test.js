// The packages as they are packed: types that are current, versions that are the server's, and all their files.
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { generated } from '../generate/main.js';

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const packed = process.env.PACKED;
assert(packed, 'scripts/client-packages.sh packs the packages and runs these tests');

test('operations and types are those of schema.graphql; `npm run generate` writes them', () => {
  for (const [file, text] of generated()) assert.ok(readFileSync(file, 'utf8') === text, `${file} is not current`);
});

test('the versions are that of the server', () => {
  const [, version] = /^version = "(.*)"$/m.exec(read('../Cargo.toml'));
  const client = JSON.parse(read('client/package.json'));
  const react = JSON.parse(read('react/package.json'));
  assert.deepEqual([client.version, react.version, react.dependencies['@troupe/client']], [version, version, version]);
  assert.equal(/^version = "(.*)"$/m.exec(read('python/pyproject.toml'))[1], version);
});

test('each package has its code, its types and its README', () => {
  const contents = (pattern, list) => {
    const [name, ...others] = readdirSync(packed).filter((file) => pattern.test(file));
    assert.deepEqual([typeof name, others], ['string', []]);
    return list(`${packed}/${name}`);
  };
  const tar = (file) => execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).split('\n');
  const client = contents(/^troupe-client.*\.tgz$/, tar);
  for (const name of ['dist/index.js', 'dist/index.d.ts', 'README.md']) assert.ok(client.includes(`package/${name}`), name);
  const react = contents(/^troupe-react.*\.tgz$/, tar);
  for (const name of ['dist/index.js', 'dist/apollo.d.ts', 'dist/urql.js', 'README.md']) assert.ok(react.includes(`package/${name}`), name);
  const python = contents(/^troupe_client.*\.tar\.gz$/, tar);
  for (const name of ['py.typed', 'client.py', 'generated.py']) assert.ok(python.some((file) => file.endsWith(`/troupe_client/${name}`)), name);
  assert.ok(readdirSync(packed).some((file) => file.endsWith('-py3-none-any.whl')));
});
