// Headless Chromium, and the example pages as sites of their own.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { transformAsync } from '@babel/core';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

import { createSession } from './server.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** How the Chromium or Chrome on PATH is started; scripts/chromium.sh installs one. */
function options() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const executablePath = process.env.CHROMIUM ?? folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync);
  if (!executablePath) throw new Error('there is no Chromium on PATH, and CHROMIUM does not name one');
  // the second name is the origin of a page that the server does not know
  const args = ['--no-sandbox', '--host-resolver-rules=MAP foreign.example 127.0.0.1'];
  return { executablePath, args };
}

export function launch() {
  return chromium.launch(options());
}

/** A browser with a profile in this folder: it compiles the scripts of a page once, which a profile in memory does for each page. */
export function launchWithProfile(folder, more) {
  return chromium.launchPersistentContext(folder, { ...options(), ...more });
}

const CLIENTS = fileURLToPath(new URL('../../', import.meta.url));
const RELAY = createRequire(import.meta.url).resolve('babel-plugin-relay');

/** The examples' own address of the API becomes that of the server under test. */
export function addressed(text, troupe) {
  return text.replace('https://troupe.example.com/graphql', troupe);
}

/** Replaces the operations in the text of a module by what Relay's compiler has made of them. */
async function relayed(text, filename) {
  if (!text.includes("from 'react-relay'")) return text;
  const options = { babelrc: false, configFile: false, parserOpts: { plugins: ['typescript', 'jsx'] } };
  const { code } = await transformAsync(text, { ...options, filename, plugins: [[RELAY, { eagerEsModules: true }]] });
  return code;
}

/** Bundles a page of these sources, in a folder of clients. */
export async function bundle(contents, folder, troupe) {
  const examples = {
    name: 'examples',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\/examples\/.*\.tsx$/ }, async ({ path }) => ({
        contents: addressed(await relayed(await readFile(path, 'utf8'), path), troupe),
        loader: 'tsx',
      })),
  };
  const { outputFiles } = await build({
    stdin: { contents, loader: 'tsx', resolveDir: join(CLIENTS, folder) },
    bundle: true,
    // the package says that importing it has no effect, which its examples have
    ignoreAnnotations: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    plugins: [examples],
  });
  return outputFiles[0].text;
}

/** Serves a page, with a script if there is one, and the sessions of its person. */
export async function servePage({ page, script, session }) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/session') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(await session()));
    } else if (pathname === '/chat.js') {
      response.setHeader('content-type', 'text/javascript');
      response.end(script);
    } else {
      response.setHeader('content-type', 'text/html');
      response.end(page);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return { url: `http://127.0.0.1:${port}/`, foreignUrl: `http://foreign.example:${port}/`, close: () => (server.close(), server.closeAllConnections()) };
}

/** Serves a script as a page, by default the example chat, which uses the API at `troupe`; its people are logged in as `endUser`. */
export async function serveChat({ troupe, endUser, source = "import './chat.tsx';", folder = 'react/examples', session = () => createSession({ endUser }) }) {
  const script = await bundle(source, folder, troupe);
  const page = `<!doctype html><html lang="en" data-troupe="${troupe}"><title>Chat</title><body></body><script type="module" src="/chat.js"></script></html>`;
  return servePage({ page, script, session });
}
