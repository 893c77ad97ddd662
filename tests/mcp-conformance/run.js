// Runs all checks against the Troupe at TROUPE_URL, with TROUPE_API_KEY.
import { startProxy } from './proxy.js';
import { runInspector } from './inspector.js';
import { runSuite } from './suite.js';

const { TROUPE_URL: url, TROUPE_API_KEY: key } = process.env;
const proxy = await startProxy(url, key);
const sums = [await runSuite(proxy.url), await runInspector(url, key)];
proxy.stop();
const all = sums.reduce((one, other) => ({ passed: one.passed + other.passed, failed: one.failed + other.failed }));
console.log(`${all.passed} passed, ${all.failed} failed`);
process.exitCode = all.failed ? 1 : 0;
