// render.yaml and the template of a dedicated installation, against the rules of Render and against each other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { text, variables, yaml } from './repository.js';

const schema = JSON.parse(text('tests/deployment/render.schema.json'));
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);

// As the comment at the top of the template says.
const blueprints = {
  'render.yaml': yaml('render.yaml'),
  'deploy/render/dedicated.yaml': yaml('deploy/render/dedicated.yaml', (content) => content.replaceAll('CUSTOMER', 'acme')),
};

const processes = (blueprint) => blueprint.services.filter((service) => service.type !== 'keyvalue');
const groups = (blueprint) => new Map(blueprint.envVarGroups.map((group) => [group.name, group.envVars]));

// The variables of a service, with those of its groups.
function environment(blueprint, service) {
  const own = service.envVars.filter((variable) => variable.key);
  const shared = service.envVars.filter((variable) => variable.fromGroup).flatMap((variable) => groups(blueprint).get(variable.fromGroup));
  return new Map([...shared, ...own].map((variable) => [variable.key, variable]));
}

// The number of connections that Render's databases accept, less those that it keeps for itself:
// https://render.com/tutorials/postgres-on-render/connection-limits-and-pooling
function connections(plan) {
  const [, amount, unit] = plan.match(/-(\d+)(mb|gb)$/);
  const gigabytes = unit === 'gb' ? Number(amount) : 0;
  const accepted = gigabytes >= 32 ? 500 : gigabytes >= 16 ? 400 : gigabytes >= 8 ? 200 : 100;
  return accepted - 10;
}

for (const [path, blueprint] of Object.entries(blueprints)) {
  test(`${path} has only what Render knows`, () => {
    assert.ok(validate(blueprint), JSON.stringify(validate.errors, null, 1));
  });

  test(`${path} refers to what it defines`, () => {
    const services = new Map(blueprint.services.map((service) => [service.name, service]));
    const databases = new Set(blueprint.databases.map((database) => database.name));
    for (const service of processes(blueprint)) {
      for (const { fromDatabase, fromService, fromGroup } of service.envVars) {
        if (fromDatabase) assert.ok(databases.has(fromDatabase.name), fromDatabase.name);
        if (fromGroup) assert.ok(groups(blueprint).has(fromGroup), fromGroup);
        if (!fromService) continue;
        const source = services.get(fromService.name);
        assert.equal(source?.type, fromService.type, fromService.name);
        const key = fromService.envVarKey;
        if (key) assert.ok(source.envVars.some((variable) => variable.key === key), key);
      }
    }
  });

  test(`${path} sets only variables that the program reads`, () => {
    for (const service of processes(blueprint)) {
      for (const key of environment(blueprint, service).keys()) assert.ok(variables.has(key), key);
    }
  });

  test(`${path} gives every process the database, Redis and the keys`, () => {
    for (const service of processes(blueprint)) {
      const given = environment(blueprint, service);
      for (const key of ['TROUPE_DATABASE_URL', 'TROUPE_REDIS_URL', 'TROUPE_ENCRYPTION_KEYS', 'TROUPE_OPENAI_API_KEY']) {
        assert.ok(given.has(key), `${service.name} lacks ${key}`);
        assert.ok(!('value' in given.get(key)), `${key} of ${service.name} stands in the file`);
      }
    }
  });

  test(`${path} lets processes end by themselves`, () => {
    for (const service of processes(blueprint)) {
      const given = environment(blueprint, service);
      const [drain, deadline] = ['DRAIN', 'DEADLINE'].map((name) => Number(given.get(`TROUPE_SHUTDOWN_${name}_SECONDS`).value));
      assert.ok(drain < deadline && deadline < service.maxShutdownDelaySeconds, service.name);
    }
  });

  test(`${path} has a database that accepts the connections of all processes, twice during a deploy`, () => {
    const pools = processes(blueprint).map((service) => {
      const pool = Number(environment(blueprint, service).get('TROUPE_DATABASE_MAX_CONNECTIONS').value);
      // one more watches whether the database is back after an outage
      return (pool + 1) * (service.scaling?.maxInstances ?? service.numInstances);
    });
    const most = 2 * pools.reduce((sum, pool) => sum + pool, 0);
    const accepted = connections(blueprint.databases[0].plan);
    assert.ok(most <= accepted, `${most} connections, ${accepted} accepted`);
  });
}

test('an installation scales its web processes between 2 and 20 at 70% of the processor', () => {
  const web = blueprints['render.yaml'].services.find((service) => service.type === 'web');
  assert.deepEqual(web.scaling, { minInstances: 2, maxInstances: 20, targetCPUPercent: 70 });
});

test('a dedicated installation differs from the shared one in names and sizes only', () => {
  const alike = ({ services, databases, envVarGroups }, name) => {
    const comparable = JSON.parse(JSON.stringify({ services, databases, envVarGroups }).replaceAll(name, 'troupe'));
    for (const service of comparable.services) {
      delete service.scaling?.maxInstances;
      delete service.numInstances;
    }
    delete comparable.databases[0].plan;
    return comparable;
  };
  assert.deepEqual(alike(blueprints['deploy/render/dedicated.yaml'], 'troupe-acme'), alike(blueprints['render.yaml'], 'troupe'));
});

test('two installations in one workspace share no name', () => {
  const names = ({ services, databases, envVarGroups }) => [...services, ...databases, ...envVarGroups].map((entry) => entry.name);
  const [shared, dedicated] = Object.values(blueprints).map(names);
  assert.deepEqual(shared.filter((name) => dedicated.includes(name)), []);
});

test('the rules notice what Render would refuse', () => {
  const refused = {
    'an unknown field': (blueprint) => (blueprint.services[0].replicas = 2),
    'an instance count beside scaling': (blueprint) => (blueprint.services[0].numInstances = 2),
    'a target above 90%': (blueprint) => (blueprint.services[0].scaling.targetCPUPercent = 95),
    'a delay above 300 seconds': (blueprint) => (blueprint.services[0].maxShutdownDelaySeconds = 301),
    'eviction in Redis': (blueprint) => (blueprint.services[2].maxmemoryPolicy = 'allkeys-lru'),
    'Redis without a list of addresses': (blueprint) => delete blueprint.services[2].ipAllowList,
    'a database without a list of addresses': (blueprint) => delete blueprint.databases[0].ipAllowList,
    'a version that is a number': (blueprint) => (blueprint.databases[0].postgresMajorVersion = 17),
    'a group that asks for a value': (blueprint) => blueprint.envVarGroups[0].envVars.push({ key: 'TROUPE_LOG_FILTER', sync: false }),
    'a disk on a service that scales': (blueprint) => (blueprint.services[0].disk = { name: 'data', mountPath: '/data' }),
  };
  for (const [name, change] of Object.entries(refused)) {
    const blueprint = structuredClone(blueprints['render.yaml']);
    change(blueprint);
    assert.ok(!validate(blueprint), name);
  }
});
