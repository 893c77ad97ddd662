// Compiles the packages in the order of their dependencies, and checks the types of the examples.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('.', import.meta.url));
const tsc = (project) => execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { cwd, stdio: 'inherit' });

for (const name of ['client', 'react']) {
  rmSync(`${cwd}/${name}/dist`, { recursive: true, force: true });
  tsc(name);
}
tsc('tsconfig.examples.json');
