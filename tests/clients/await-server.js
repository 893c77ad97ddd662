// Waits until a `troupe dev` is ready; prints its URL, its API key and its operator's key, a line each: await-server.js <dev.json> <pid>
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const [file, pid] = process.argv.slice(2);
const deadline = Date.now() + 180_000;
let reason = `${file} has not appeared`;

while (Date.now() < deadline) {
  try {
    process.kill(Number(pid), 0);
  } catch {
    fail('the server has ended');
  }
  try {
    const { url, apiKey, operatorKey } = JSON.parse(await readFile(file, 'utf8'));
    const answer = await fetch(new URL('/readyz', url));
    if (answer.ok) {
      console.log(`${url}\n${apiKey}\n${operatorKey}`);
      process.exit(0);
    }
    reason = `/readyz answers ${answer.status}: ${await answer.text()}`;
  } catch {
    // The file does not exist yet, or is incomplete.
  }
  await sleep(100);
}
fail(`the server is not ready: ${reason}`);

function fail(sentence) {
  console.error(`clients: ${sentence}`);
  process.exit(1);
}
