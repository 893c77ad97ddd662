// Compiles the packages in the order of their dependencies, and checks the types of the examples.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const run = (cwd, program, ...args) => execFileSync(process.execPath, [join(root, 'node_modules', program), ...args], { cwd, stdio: 'inherit' });
const tsc = (project) => run(root, 'typescript/bin/tsc', '-p', project);

for (const name of ['client', 'react']) {
  rmSync(join(root, name, 'dist'), { recursive: true, force: true });
  tsc(name);
}
run(join(root, 'examples/relay'), 'relay-compiler/cli.js', '--output', 'quiet-with-errors');
for (const project of ['tsconfig.examples.json', 'examples/relay', 'examples/next']) tsc(project);
