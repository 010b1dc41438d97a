import { defineConfig } from 'vitest/config'

/**
 * Unit tests run beside each other. The others own real servers, threads and processes and run in single file, so
 * that they do not take each other's two cores.
 */
export default defineConfig({
  test: {
    // Hang guards, not measurements: a busy machine of two cores must not fail a test.
    testTimeout: 60_000,
    hookTimeout: 180_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { extends: true, test: { name: 'architecture', include: ['test/architecture.test.ts'] } },
      ...['integration', 'conformance', 'electron'].map((name) => ({
        extends: true as const,
        test: { name, include: [`test/${name}/**/*.test.ts`], fileParallelism: false },
      })),
    ],
    // Real processes, so that worker threads start under plain Node.
    pool: 'forks',
  },
})
