import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{server,proof,contract,cli,test,bench,web}/**/*.test.ts'],
    exclude: ['test/browser/**', 'node_modules/**', 'dist/**'],
    isolate: false,
    globalSetup: ['./test/global-database.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Faults are injected at arbitrary moments on shared machines; a repeated test is named in the report.
    retry: process.env['CI'] ? 1 : 0,
  },
})
