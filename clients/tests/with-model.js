// Runs a command while a scripted model and a Pinecone in memory are up, with the variables that make a server use them:
// with-model.js <command…>
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { startModel } from './support/model.js';
import { startPinecone } from './support/pinecone.js';

const model = await startModel();
const pinecone = await startPinecone();
const [command, ...args] = process.argv.slice(2);
const env = { ...process.env, TROUPE_PINECONE_URL: pinecone.url, TROUPE_OPENAI_BASE_URL: model.url, TROUPE_OPENAI_API_KEY: 'scripted', TROUPE_CHAT_MODEL: 'scripted', TROUPE_EMBEDDING_MODEL: 'embedded' };
const child = spawn(command, args, { env, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const [code] = await once(child, 'exit');
model.close();
pinecone.close();
process.exitCode = code ?? 1;
