// Builds the pages below dist/, which the server embeds: every asset is our own, nothing comes from another origin.
import { fileURLToPath } from 'node:url';

import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

const server = loadEnv('', '.', 'TROUPE_').TROUPE_URL ?? 'http://127.0.0.1:8080';
const source = (path: string) => fileURLToPath(new URL(`../clients/${path}`, import.meta.url));

export default defineConfig({
  base: '/',
  plugins: [
    react(),
    // React Aria speaks thirty languages; the console has two.
    { ...optimizeLocales.vite({ locales: ['en-US', 'de-DE'] }), enforce: 'pre' },
  ],
  resolve: {
    // Our own packages are built from their sources; what they need is what the pages have.
    alias: [
      { find: '@troupe/react/urql', replacement: source('react/src/urql.ts') },
      { find: '@troupe/react', replacement: source('react/src/index.ts') },
      { find: '@troupe/client', replacement: source('client/src/index.ts') },
    ],
    dedupe: ['react', 'react-dom', 'graphql', 'graphql-ws', 'eventsource-parser', 'wonka', '@urql/core'],
  },
  build: {
    outDir: 'dist',
    manifest: 'manifest.json',
    rolldownOptions: {
      input: { console: 'index.html', graphiql: 'graphiql.html' },
      // "use no memo" speaks to React's compiler, which has done its work before a library is published.
      onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log),
    },
    // Monaco, the editor of GraphiQL, is 3 MB whatever we do; it comes from the same machine or a warm cache.
    chunkSizeWarningLimit: 6000,
    license: { fileName: 'assets/licenses.md' },
  },
  worker: { format: 'es' },
  // `npm run dev` reloads a page while it is being edited; the API is that of a running `troupe dev`.
  server: { proxy: { '/graphql': { target: server, ws: true }, '/documents': { target: server } } },
});
