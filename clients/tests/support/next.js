// The example for Next.js as its developer starts it, with `next dev`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('../../examples/next', import.meta.url));

/** Starts it with these variables, and returns its address. */
export async function startNext(variables) {
  const next = createRequire(import.meta.url).resolve('next/dist/bin/next');
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...variables };
  const child = spawn(process.execPath, [next, 'dev', '-H', '127.0.0.1', '-p', '0'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const close = () => (child.kill(), ended);
  const output = [];
  for await (const line of createInterface(child.stdout)) {
    output.push(line);
    const [, url] = /Local:\s+(http:\S+)/.exec(line) ?? [];
    if (!url) continue;
    child.stdout.resume();
    return { url, close };
  }
  throw new Error(`next dev ended: ${output.join('\n')}`);
}
