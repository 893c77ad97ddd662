// Builds the pages below dist/, which the server embeds: every asset is our own, nothing comes from another origin.
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

const server = loadEnv('', '.', 'TROUPE_').TROUPE_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    // One HTML file per page; `index.html` will be the console.
    rolldownOptions: {
      input: { graphiql: 'graphiql.html' },
      // "use no memo" speaks to React's compiler, which has done its work before a library is published.
      onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log),
    },
    // Monaco, the editor of GraphiQL, is 3 MB whatever we do; it comes from the same machine or a warm cache.
    chunkSizeWarningLimit: 6000,
    license: { fileName: 'assets/licenses.md' },
  },
  worker: { format: 'es' },
  // `npm run dev` reloads a page while it is being edited; the API is that of a running `troupe dev`.
  server: { proxy: { '/graphql': { target: server, ws: true } } },
});
