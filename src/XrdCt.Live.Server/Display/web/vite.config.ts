import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds a running server: `XRDCT_URL=http://127.0.0.1:8080 npm run dev`. */
declare const process: { env: Record<string, string | undefined> };
const server = process.env.XRDCT_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  // Relative addresses: the page also works behind a proxy that serves it in a folder.
  base: './',
  plugins: [react()],
  server: {
    proxy: {
      '/live': { target: server, ws: true, changeOrigin: true, rewriteWsOrigin: true },
      '/api': { target: server, changeOrigin: true },
    },
  },
  // The encoded example that the server's tests and ours share.
  assetsInclude: ['**/*.bin'],
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
