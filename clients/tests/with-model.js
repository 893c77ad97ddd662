// Runs a command while a scripted model is up, with the variables that make a server use it: with-model.js <command…>
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { startModel } from './support/model.js';

const { url, close } = await startModel();
const [command, ...args] = process.argv.slice(2);
const env = { ...process.env, TROUPE_OPENAI_BASE_URL: url, TROUPE_OPENAI_API_KEY: 'scripted', TROUPE_CHAT_MODEL: 'scripted', TROUPE_EMBEDDING_MODEL: 'embedded' };
const child = spawn(command, args, { env, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const [code] = await once(child, 'exit');
close();
process.exitCode = code ?? 1;
