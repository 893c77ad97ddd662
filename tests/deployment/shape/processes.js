// The processes of compose.yaml on this machine: their commands and variables are read from the file, and only addresses
// and secrets are replaced.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, text, yaml } from '../repository.js';

const { TROUPE, TROUPE_TEST_DATABASE_URL: server, TROUPE_TEST_REDIS_URL: redis, PSQL = 'psql', CADDY } = process.env;

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export async function until(what, condition, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < deadline) {
    try {
      last = await condition();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`${what}: ${last}`);
}

// Starts everything that compose.yaml starts; `stop` ends it and removes the database.
export class Production {
  folder = mkdtempSync(join(tmpdir(), 'troupe-shape.'));
  database = `troupe_shape_${randomBytes(6).toString('hex')}`;
  operatorKey = randomBytes(24).toString('hex');
  processes = new Map();

  constructor(variables) {
    const url = new URL(server);
    url.pathname = `/${this.database}`;
    this.given = {
      POSTGRES_PASSWORD: 'unused',
      REDIS_PASSWORD: 'unused',
      TROUPE_ENCRYPTION_KEYS: `1:${randomBytes(32).toString('base64')}`,
      TROUPE_OPERATOR_KEY: this.operatorKey,
      ...variables,
    };
    this.replaced = {
      TROUPE_DATABASE_URL: url.href,
      TROUPE_REDIS_URL: redis,
      TROUPE_REDIS_PREFIX: this.database,
      // as the image sets it
      TROUPE_MODELS_DIR: process.env.TROUPE_MODELS_DIR ?? fileURLToPath(new URL('data/models', root)),
    };
    this.services = yaml('compose.yaml').services;
  }

  // The variables of a service, as Compose would set them.
  environment(service) {
    const substituted = (value) =>
      String(value).replaceAll(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_, name, kind, rest) => this.given[name] ?? (kind === '-' ? rest : ''));
    const named = Object.entries(this.services[service].environment).map(([key, value]) => [key, substituted(value)]);
    return { PATH: process.env.PATH, ...Object.fromEntries(named), ...this.replaced };
  }

  // Starts a service; resolves to its exit code.
  start(service, { port, probes } = {}) {
    const [, ...command] = this.services[service].command.split(' ');
    const environment = this.environment(service);
    if (port) environment.TROUPE_ADDR = `127.0.0.1:${port}`;
    if (probes) environment.TROUPE_PROBES_ADDR = `127.0.0.1:${probes}`;
    return this.launch(service, TROUPE, command, environment);
  }

  launch(name, program, args, env) {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', log, log] });
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    this.processes.set(name, { child, ended });
    return ended;
  }

  // Resolves when every process is ready.
  async startAll() {
    execFileSync(PSQL, [server, '-qX', '-c', `CREATE DATABASE ${this.database}`]);
    this.isCreated = true;
    const code = await this.start('migrate');
    if (code !== 0) throw new Error(`migrate ended with ${code}: ${this.log('migrate')}`);
    this.web = {};
    for (const name of ['web-1', 'web-2', 'worker']) {
      const ports = { port: name === 'worker' ? undefined : await freePort(), probes: await freePort() };
      this.start(name, ports);
      this.web[name] = ports;
    }
    for (const [name, { probes }] of Object.entries(this.web)) {
      await until(`${name} is ready`, async () => (await fetch(`http://127.0.0.1:${probes}/readyz`)).ok);
    }
    if (CADDY) await this.startProxy();
  }

  async startProxy() {
    const port = await freePort();
    const file = join(this.folder, 'Caddyfile');
    writeFileSync(file, `{\n\tadmin off\n}\n${text('deploy/compose/Caddyfile')}`);
    const env = { HOME: this.folder, ADDRESS: `http://127.0.0.1:${port}`, WEB_PROCESSES: `127.0.0.1:${this.web['web-1'].port} 127.0.0.1:${this.web['web-2'].port}` };
    this.launch('proxy', CADDY, ['run', '--adapter', 'caddyfile', '--config', file], env);
    this.proxy = `http://127.0.0.1:${port}`;
    await until('the proxy is ready', async () => (await fetch(`${this.proxy}/healthz`)).ok);
  }

  address(name) {
    return `http://127.0.0.1:${this.web[name].port}`;
  }

  // Sends SIGTERM, as a platform would; resolves to the exit code.
  end(name) {
    const { child, ended } = this.processes.get(name);
    child.kill('SIGTERM');
    return ended;
  }

  log(name) {
    return readFileSync(join(this.folder, `${name}.log`), 'utf8').slice(-4000);
  }

  async stop() {
    for (const { child } of this.processes.values()) child.kill('SIGTERM');
    for (const { child, ended } of this.processes.values()) {
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await ended;
      clearTimeout(late);
    }
    if (this.isCreated) execFileSync(PSQL, [server, '-qX', '-c', `DROP DATABASE ${this.database} WITH (FORCE)`]);
    rmSync(this.folder, { recursive: true });
  }
}
