import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

/**
 * One build for every way in: Electron (`index`), Chromium (`chromium`) and the command line (`cli`), with the worker
 * threads beside them as chunks. No Electron binary is needed to run it.
 */
export default defineConfig({
  main: {
    build: {
      rollupOptions: {
        input: {
          index: 'src/main/index.ts',
          chromium: 'src/main/chromium.ts',
          cli: 'src/main/cli.ts',
          // The library: `import … from 'sluice/flow'`.
          flow: 'src/main/flow/index.ts',
        },
      },
    },
  },
  preload: {
    build: {
      // A sandboxed preload can require nothing but Electron, and the init script of a page nothing at all.
      externalizeDeps: false,
      rollupOptions: {
        input: { index: 'src/preload/index.ts', chromium: 'src/preload/chromium.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [react()],
    build: {
      minify: true,
      // Inlined assets would be `data:` URLs, which our Content-Security-Policy refuses for anything but images.
      assetsInlineLimit: 0,
      // The window loads from disk: one file of 1 MB costs nothing, and splitting it would.
      chunkSizeWarningLimit: 1000,
      modulePreload: { polyfill: false },
      rollupOptions: { input: { index: 'src/renderer/index.html' } },
    },
  },
})
