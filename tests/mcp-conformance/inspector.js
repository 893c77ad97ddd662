// The inspector's command line can list and call tools with a key, and is refused without one.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const inspector = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector-cli/package.json')),
  // The package's entry point starts this file at the path that it has in the full inspector, which differs here.
  'build/index.js',
);

/** Runs all checks; resolves to the numbers of passed and failed ones. */
export async function runInspector(url, key) {
  const sum = { passed: 0, failed: 0 };
  const check = (name, holds, seen) => {
    sum[holds ? 'passed' : 'failed'] += 1;
    console.log(`${holds ? '✓' : '✗'} inspector: ${name}`);
    if (!holds) console.log(`    ${JSON.stringify(seen)}`);
  };
  for (const [server, tool] of [
    ['crm', 'find_contacts'],
    ['pricing', 'list_price_lists'],
    ['tickets', 'count_tickets'],
    ['content', 'list_documents'],
    ['agents', 'ask_support'],
  ]) {
    const listed = await ask(`${url}/mcp/${server}`, key, ['--method', 'tools/list']);
    check(`/mcp/${server} lists ${tool}`, names(listed).includes(tool), listed);
    const nothing = await ask(`${url}/mcp/${server}`, undefined, ['--method', 'tools/list']);
    check(`/mcp/${server} says nothing without a key`, nothing.code !== 0 && !names(nothing).length, nothing);
  }
  const call = (tool, ...given) => [
    '--method', 'tools/call', '--tool-name', tool, ...given.flatMap((argument) => ['--tool-arg', argument]),
  ];
  const made = await ask(`${url}/mcp/crm`, key, call('create_contact', 'name=Ada Lovelace', 'email=ada@example.com'));
  check('a contact is created', made.answer?.structuredContent?.name === 'Ada Lovelace', made);
  const found = await ask(`${url}/mcp/crm`, key, call('find_contacts', 'query=lovelace'));
  check('and found', found.answer?.structuredContent?.contacts?.length === 1, found);
  const stranger = await ask(`${url}/mcp/crm`, 'trp_nobody', call('find_contacts', 'query=lovelace'));
  check('but not with a wrong key', stranger.code !== 0 && !stranger.answer, stranger);
  return sum;
}

const names = ({ answer }) => (answer?.tools ?? []).map((tool) => tool.name);

function ask(url, key, given) {
  const header = key ? ['--header', `Authorization: Bearer ${key}`] : [];
  const all = [inspector, url, '--transport', 'http', ...given, ...header];
  return new Promise((done) =>
    // The inspector looks for its own version in its working directory.
    execFile(process.execPath, all, { cwd: path.dirname(inspector), timeout: 180_000 }, (error, stdout, stderr) => {
      let answer;
      try {
        answer = JSON.parse(stdout);
      } catch {
        // Output that is not JSON counts as no reply.
      }
      done({ code: error ? (error.code ?? 1) : 0, answer, said: stderr.slice(0, 300) });
    }),
  );
}
