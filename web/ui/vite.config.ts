import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

// The page is built into web/page, from where the Go program embeds it. The
// placeholder there comes back from public/.
export default defineConfig({
  plugins: [svelte()],
  build: { target: 'chrome90', outDir: '../page', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
})
