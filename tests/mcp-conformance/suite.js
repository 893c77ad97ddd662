// The public conformance suite against /mcp/crm and /mcp/agents, in both revisions with such servers. Only scenarios for
// any server run: the others call tools, prompts and resources of the suite's own example server.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const suite = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/dist/index.js');

const SERVERS = ['crm', 'agents'];
const SCENARIOS = {
  '2025-11-25': [
    'server-initialize',
    'server-session-lifecycle',
    'ping',
    'tools-list',
    'server-sse-multiple-streams',
    'dns-rebinding-protection',
  ],
  '2026-07-28': [
    'server-stateless',
    'tools-list',
    'server-sse-multiple-streams',
    'dns-rebinding-protection',
    'caching',
    'http-header-validation',
  ],
};

/** Checks of a generic scenario that need the suite's own example server, or lists that Troupe does not have. */
const NOT_OURS = {
  'server-stateless': (check) => check.errorMessage?.startsWith('Not testable: server does not list the diagnostic tool'),
  // A server without prompts and resources declares that in its capabilities, and replies "method not found".
  caching: (check) =>
    /^sep-2549-(prompts|resources)-/.test(check.id) && / error -32601: (prompts|resources)\//.test(check.errorMessage ?? ''),
};

/** Runs all checks; resolves to the numbers of passed and failed ones. */
export async function runSuite(url) {
  const sum = { passed: 0, failed: 0 };
  for (const [revision, scenarios] of Object.entries(SCENARIOS)) {
    for (const server of SERVERS) {
      for (const scenario of scenarios) {
        const checks = await run(`${url}/mcp/${server}`, scenario, revision);
        const isOurs = (check) => !NOT_OURS[scenario]?.(check);
        const failed = checks.filter((check) => !['SUCCESS', 'INFO', 'SKIPPED'].includes(check.status) && isOurs(check));
        const passed = checks.filter((check) => check.status === 'SUCCESS');
        sum.failed += failed.length;
        sum.passed += passed.length;
        const mark = failed.length || !checks.length ? '✗' : '✓';
        console.log(`${mark} ${revision} /mcp/${server} ${scenario}: ${passed.length} passed, ${failed.length} failed`);
        for (const check of failed) {
          console.log(`    ${check.status} ${check.id}: ${check.errorMessage ?? check.description}`);
        }
        if (!checks.length) {
          console.log('    it checked nothing');
          sum.failed += 1;
        }
      }
    }
  }
  return sum;
}

/** The findings of one scenario, from the file that it writes. */
async function run(url, scenario, revision) {
  const folder = await mkdtemp(path.join(tmpdir(), 'troupe-conformance-'));
  const given = ['server', '--url', url, '--scenario', scenario, '--spec-version', revision, '-o', folder];
  try {
    // The exit code adds nothing to the checks.
    await new Promise((done) => execFile(process.execPath, [suite, ...given], { timeout: 300_000 }, done));
    for (const file of await readdir(folder, { recursive: true })) {
      if (path.basename(file) === 'checks.json') {
        return JSON.parse(await readFile(path.join(folder, file), 'utf8'));
      }
    }
    return [];
  } finally {
    await rm(folder, { recursive: true });
  }
}
