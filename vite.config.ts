import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The page. `npm run dev` serves it beside a server on port 8080; the build goes where the server looks for it. */
export default defineConfig({
  root: 'web',
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows our own files only: nothing may become a data: address or an inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': { target: 'http://localhost:8080', ws: true } } },
})
